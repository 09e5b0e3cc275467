import pytest

from auditor.domain import unleash
from auditor.domain.collections import MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import clean_snapshot, missing

RULE = "scim-token-missing"


def settings(has_token, *, enabled=True):
    return unleash.ScimSettings(enabled=enabled, has_token=has_token)


def test_a_token_passes(check):
    assert check(RULE, clean_snapshot(scim=settings(has_token=True))) == (VerdictStatus.PASS, ())


def test_no_token_fails(check):
    status, [finding] = check(RULE, clean_snapshot(scim=settings(has_token=False)))
    assert (status, finding.subject) == (VerdictStatus.FAIL, "instance")
    assert finding.severity is Severity.HIGH


def test_an_unreported_token_is_unknown(ask):
    evaluated = ask(RULE, clean_snapshot(scim=settings(has_token=None)))
    assert evaluated.unknown_subjects == {(RULE, "instance")}
    assert evaluated.verdicts[0].status is VerdictStatus.UNKNOWN


def test_missing_settings_are_unknown_while_scim_is_on(check):
    assert check(RULE, clean_snapshot(scim=missing())) == (VerdictStatus.UNKNOWN, ())


@pytest.mark.parametrize(
    "without_scim",
    [
        {"scim": settings(has_token=False, enabled=False)},
        {"scim": missing(), "statistics": unleash.Statistics(scim_enabled=False)},
        {"scim": missing(MissingReason.NOT_ON_THIS_EDITION)},
    ],
)
def test_while_scim_is_off_the_rule_is_not_applicable(check, without_scim):
    assert check(RULE, clean_snapshot(**without_scim)) == (VerdictStatus.NOT_APPLICABLE, ())
