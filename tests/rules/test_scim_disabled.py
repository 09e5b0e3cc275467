import pytest

from auditor.domain import unleash
from auditor.domain.collections import MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import missing, world
from tests.support.builders.findings import reasons_of

RULE = "scim-disabled"
ON = unleash.Statistics(scim_enabled=True)
OFF = unleash.Statistics(scim_enabled=False)
SILENT = unleash.Statistics()


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
def test_on_passes(check, scim, statistics):
    assert check(RULE, world(scim=scim, statistics=statistics)) == (VerdictStatus.PASS, ())


@pytest.mark.parametrize(
    ("scim", "statistics"),
    [
        (settings(enabled=False), missing()),
        (settings(enabled=None), OFF),
        (missing(), OFF),
    ],
)
def test_off_fails(check, scim, statistics):
    status, [finding] = check(RULE, world(scim=scim, statistics=statistics))
    assert (status, finding.subject) == (VerdictStatus.FAIL, "instance")
    assert finding.severity is Severity.HIGH
    assert finding.remediation.link == "https://unleash.example.com/admin/auth/scim"


@pytest.mark.parametrize("scim", [missing(), settings(enabled=None)])
@pytest.mark.parametrize("statistics", [missing(), SILENT])
def test_when_neither_says_it_is_blind(check, scim, statistics):
    assert check(RULE, world(scim=scim, statistics=statistics)) == (VerdictStatus.UNKNOWN, ())


def test_on_the_open_source_edition_the_question_does_not_arise(check):
    snapshot = world(scim=missing(MissingReason.NOT_ON_THIS_EDITION), statistics=OFF)
    assert check(RULE, snapshot) == (VerdictStatus.NOT_APPLICABLE, ())


@pytest.mark.parametrize(
    ("scim", "because"), [(missing(), "forbidden"), (settings(enabled=None), "does not state it")]
)
def test_why_it_is_blind_is_said(ask, scim, because):
    verdict = ask(RULE, world(scim=scim, statistics=missing())).verdicts[0]
    assert because in reasons_of(verdict)


@pytest.mark.parametrize(("enabled", "statistics"), [(True, OFF), (False, ON)])
def test_sources_that_contradict_each_other_are_quoted_and_unknown(ask, enabled, statistics):
    evaluated = ask(RULE, world(scim=settings(enabled=enabled), statistics=statistics))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    reason = reasons_of(evaluated.verdicts[0])
    assert "unleash.scim_settings reports it as" in reason
    assert "unleash.statistics reports it as" in reason
