from datetime import timedelta

import pytest

from auditor.domain import unleash
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Basis, Severity
from tests.support.builders.contexts import (
    APP_ID,
    LONG_AGO,
    app,
    attestation,
    clean_snapshot,
    connection,
    missing,
    recovery,
    target,
    user,
    users,
)
from tests.support.builders.findings import reasons_of

RULE = "scim-base-url-wrong"
UNKNOWN = connection(status="UNKNOWN", auth_scheme="UNKNOWN", base_url=None)
ATTESTED = attestation(RULE)


@pytest.mark.parametrize(
    "url",
    [
        "https://unleash.example.com/scim",
        "https://unleash.example.com/scim/",
        "https://UNLEASH.example.com:443/scim",
        " https://unleash.example.com/scim ",
    ],
)
def test_every_spelling_of_the_unleash_address_passes(check, url):
    assert check(RULE, clean_snapshot(connection=connection(base_url=url))) == (
        VerdictStatus.PASS,
        (),
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://unleash.example.com/api/scim",
        "https://unleash.example.com",
        "https://unleash.example.com/SCIM",
        "http://unleash.example.com/scim",
        "https://staging.example.com/scim",
        "https://unleash.example.com.evil.example/scim",
        "https://[broken/scim",
    ],
)
def test_another_address_fails(check, url):
    status, [finding] = check(RULE, clean_snapshot(connection=connection(base_url=url)))
    assert (status, finding.subject) == (VerdictStatus.FAIL, APP_ID)
    assert finding.severity is Severity.HIGH
    assert ("the old form" in finding.message) == url.endswith(".com/api/scim")


def test_the_old_form_with_another_unleash_is_a_wrong_address(check):
    wrong = connection(base_url="https://staging.example.com/api/scim")
    assert "the old form" not in check(RULE, clean_snapshot(connection=wrong))[1][0].message


def test_a_password_in_the_address_is_not_repeated(check):
    url = "https://bot:hunter2@staging.example.com/scim?token=hunter2"
    _, [finding] = check(RULE, clean_snapshot(connection=connection(base_url=url)))
    assert "hunter2" not in str(finding)


def test_the_address_in_unleashs_own_configuration_passes(check):
    own = unleash.Instance(unleash_url="https://flags.example.com/", base_uri_path="")
    there = connection(base_url="https://flags.example.com/scim")
    assert check(RULE, clean_snapshot(connection=there, instance=own)) == (VerdictStatus.PASS, ())
    assert check(RULE, clean_snapshot(connection=there, instance=missing())) == (
        VerdictStatus.UNKNOWN,
        (),
    )


def test_the_base_path_is_part_of_the_endpoint(check):
    based = unleash.Instance(unleash_url="https://unleash.example.com", base_uri_path="/flags")
    right = connection(base_url="https://unleash.example.com/flags/scim")
    assert check(RULE, clean_snapshot(connection=right, instance=based)) == (VerdictStatus.PASS, ())
    _, [finding] = check(RULE, clean_snapshot(connection=connection(), instance=based))
    assert finding.evidence[0].expected == "https://unleash.example.com/flags/scim"


def test_an_account_that_was_linked_after_the_app_changed_is_a_proxy(ask):
    linked = users(user(created_at=LONG_AGO + timedelta(days=1)), recovery())
    verdict = ask(RULE, clean_snapshot(connection=UNKNOWN, users=linked)).verdicts[0]
    assert (verdict.status, verdict.basis) == (VerdictStatus.PASS, Basis.PROXY)


def test_a_path_before_scim_is_kept(check):
    there = target(unleash_url="https://example.com/unleash")
    right = connection(base_url="https://example.com/unleash/scim")
    assert check(RULE, clean_snapshot(connection=right, target=there)) == (VerdictStatus.PASS, ())


@pytest.mark.parametrize("silent", [UNKNOWN, missing(), connection(base_url="")])
def test_an_address_that_okta_does_not_report_needs_an_attestation(ask, silent):
    verdict = ask(RULE, clean_snapshot(connection=silent, app=app(label="Unleash EU"))).verdicts[0]
    assert verdict.status is VerdictStatus.NEEDS_ATTESTATION
    assert "Unleash EU > Provisioning > Integration" in reasons_of(verdict)
    assert "https://unleash.example.com/scim" in reasons_of(verdict)


def test_an_attestation_counts_if_okta_does_not_report_the_address(ask):
    verdict = ask(RULE, clean_snapshot(connection=UNKNOWN), attestations=[ATTESTED]).verdicts[0]
    assert verdict.status is VerdictStatus.ATTESTED
    assert reasons_of(verdict) == "attested by Ro Ott until 2027-01-31"


def test_okta_overrides_an_attestation_and_the_finding_names_its_author(check):
    wrong = clean_snapshot(connection=connection(base_url="https://staging.example.com/scim"))
    status, [finding] = check(RULE, wrong, attestations=[ATTESTED])
    contradiction = "An attestation by Ro Ott, valid until 2027-01-31, claims the opposite."
    assert (status, contradiction in finding.message) == (VerdictStatus.FAIL, True)
    assert contradiction not in check(RULE, wrong)[1][0].message
