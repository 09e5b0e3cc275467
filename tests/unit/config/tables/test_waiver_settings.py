from datetime import date

import pytest

from auditor.config.rule_settings import rules_for
from auditor.errors import ConfigError
from tests.support.builders.config_files import MINIMAL

WAIVER = 'rule = "extra-attribute"\nowner = "o"\nreason = "r"\nexpires = 2027-01-01\n'
ATTESTATION = 'rule = "extra-attribute"\nby = "b"\non = 2026-01-02\nevidence = "e"\n'


def with_targets(*names: str) -> str:
    return "".join(MINIMAL.replace("production", name) for name in names)


@pytest.mark.parametrize(
    ("table", "error"),
    [
        (
            WAIVER.replace("2027-01-01", '"soon"'),
            "waiver[0].expires: expected a date (write it without quotes: 2027-01-31)",
        ),
        (
            WAIVER.replace("2027-01-01", "2027-01-01T00:00:00Z"),
            "waiver[0].expires: expected a date (write it without quotes: 2027-01-31)",
        ),
        (
            WAIVER.replace('reason = "r"\n', ""),
            "waiver[0].reason: is missing (add reason: why it is accepted)",
        ),
        (
            f'{WAIVER}subjct = "x"',
            'waiver[0].subjct: unknown key (did you mean "subject"?)',
        ),
        (
            f'{WAIVER}target = "prodction"',
            'waiver[0].target: no target has the name "prodction" (did you mean "production"?)',
        ),
        (
            f'{WAIVER}targets = ["eu-*"]',
            (
                'waiver[0].targets[0]: no target has a name that matches "eu-*" '
                "(configured targets: production)"
            ),
        ),
        (
            f'{WAIVER}target = "production"\ntargets = ["production"]',
            "waiver[0].targets: target and targets are both set (keep one of them)",
        ),
    ],
)
def test_a_wrong_waiver_is_refused(config, table, error):
    assert config.errors(f"[[waiver]]\n{table}\n{MINIMAL}") == [error]


def test_an_attestation_does_not_expire_before_its_day(config):
    text = f"[[attestation]]\n{ATTESTATION}expires = 2026-01-01\n{MINIMAL}"
    assert config.errors(text) == [
        (
            "attestation[0].expires: is before the day of the statement, 2026-01-02 "
            "(correct one of the two dates)"
        )
    ]


def test_a_waiver_without_a_target_is_for_every_target(config):
    (waiver,) = config.load(f"[[waiver]]\n{WAIVER}\n{MINIMAL}").waivers
    assert (waiver.target, waiver.subject, waiver.expires) == (None, "*", date(2027, 1, 1))


def test_patterns_select_targets_ignoring_case(config):
    tables = (
        f'[[waiver]]\n{WAIVER}targets = ["EU-*", "us-1"]\n'
        f'[[attestation]]\n{ATTESTATION}expires = 2027-01-01\ntargets = ["us-*"]\n'
    )
    settings = config.load(tables + with_targets("eu-1", "us-1", "Eu-2", "us-2"))
    assert [waiver.target for waiver in settings.waivers] == ["eu-1", "us-1", "Eu-2"]
    assert [each.target for each in settings.attestations] == ["us-1", "us-2"]
    assert settings.waivers[0].covers("extra-attribute", "x", "", "eu-1")
    assert not any(each.covers("extra-attribute", "x", "", "us-2") for each in settings.waivers)


def test_a_waiver_is_for_a_rule_that_exists(config):
    table = WAIVER.replace("extra-attribute", "extra-atribute")
    settings = config.load(f"[[waiver]]\n{table}\n{MINIMAL}")
    with pytest.raises(ConfigError) as raised:
        rules_for(settings, settings.targets[0])
    assert str(raised.value) == (
        f'{config.file}: waiver[0].rule: no rule has the name "extra-atribute" '
        '(did you mean "extra-attribute"?)'
    )
