import pytest

from auditor.domain import unleash
from auditor.domain.collections import MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import clean_snapshot, missing
from tests.support.builders.findings import reasons_of

RULE = "scim-disabled"
ON = unleash.Statistics(scim_enabled=True)
OFF = unleash.Statistics(scim_enabled=False)
UNREPORTED = unleash.Statistics()


def settings(enabled):
    return unleash.ScimSettings(enabled=enabled, has_token=True)


@pytest.mark.parametrize(
    ("scim", "statistics"),
    [
        (settings(enabled=True), missing()),
        (settings(enabled=None), ON),
        (missing(), ON),
    ],
)
def test_scim_turned_on_passes(check, scim, statistics):
    assert check(RULE, clean_snapshot(scim=scim, statistics=statistics)) == (VerdictStatus.PASS, ())


@pytest.mark.parametrize(
    ("scim", "statistics"),
    [
        (settings(enabled=False), missing()),
        (settings(enabled=None), OFF),
        (missing(), OFF),
    ],
)
def test_scim_turned_off_fails(check, scim, statistics):
    status, [finding] = check(RULE, clean_snapshot(scim=scim, statistics=statistics))
    assert (status, finding.subject) == (VerdictStatus.FAIL, "instance")
    assert finding.severity is Severity.HIGH
    assert finding.remediation.link == "https://unleash.example.com/admin/auth/scim"


@pytest.mark.parametrize("scim", [missing(), settings(enabled=None)])
@pytest.mark.parametrize("statistics", [missing(), UNREPORTED])
def test_without_both_sources_the_rule_is_unknown(check, scim, statistics):
    assert check(RULE, clean_snapshot(scim=scim, statistics=statistics)) == (
        VerdictStatus.UNKNOWN,
        (),
    )


def test_the_rule_is_not_applicable_to_the_open_source_edition(check):
    snapshot = clean_snapshot(scim=missing(MissingReason.NOT_ON_THIS_EDITION), statistics=OFF)
    assert check(RULE, snapshot) == (VerdictStatus.NOT_APPLICABLE, ())


@pytest.mark.parametrize(
    ("scim", "because"), [(missing(), "forbidden"), (settings(enabled=None), "does not state it")]
)
def test_an_unknown_result_states_its_reason(ask, scim, because):
    verdict = ask(RULE, clean_snapshot(scim=scim, statistics=missing())).verdicts[0]
    assert because in reasons_of(verdict)


@pytest.mark.parametrize(("enabled", "statistics"), [(True, OFF), (False, ON)])
def test_contradicting_sources_are_unknown_and_quoted(ask, enabled, statistics):
    evaluated = ask(RULE, clean_snapshot(scim=settings(enabled=enabled), statistics=statistics))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    reason = reasons_of(evaluated.verdicts[0])
    assert "unleash.scim_settings reports it as" in reason
    assert "unleash.statistics reports it as" in reason
