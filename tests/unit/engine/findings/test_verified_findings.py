"""Whether a known finding is fixed now, still open or not evaluated."""

import pytest
from msgspec.structs import replace

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import Resolution
from auditor.engine.findings.verified_finding import (
    FindingIdentity,
    VerificationStatus,
    VerifiedFinding,
    overall_status,
    verify_findings,
)
from auditor.rule.results import Affected, Evidence
from auditor.rule.severity import Severity
from tests.support.builders.findings import TIMED_OUT, evaluated, finding

RULE = "push-flag-off"
ADA = Affected(id="00u1", name="Ada")
SEEN = (Evidence(collection="okta.app", field="features", observed="off", expected="on"),)
FOUND = replace(finding(affected=(ADA,), severity=Severity.MEDIUM), evidence=SEEN)
KNOWN = FindingIdentity(id=FOUND.id, rule=RULE, subject=FOUND.subject, severity=Severity.HIGH)
RAN_BEFORE = {RULE: "c1"}

FIXED, UNKNOWN, OPEN = (
    VerificationStatus.FIXED,
    VerificationStatus.NOT_EVALUATED,
    VerificationStatus.STILL_OPEN,
)


def verify(seen, ran_before=RAN_BEFORE) -> VerifiedFinding:
    (found,) = verify_findings([KNOWN], seen, ran_before)
    return found


def test_a_violation_that_is_found_is_still_open_with_what_was_read_now():
    found = verify(evaluated(FOUND))
    assert (found.id, found.status, found.severity) == (FOUND.id, OPEN, Severity.MEDIUM)
    assert (found.message, found.evidence, found.affected_count) == (FOUND.message, SEEN, 1)
    assert verify(evaluated(replace(FOUND, has_details=False))).evidence == ()


@pytest.mark.parametrize(
    ("seen", "facts"),
    [
        ({}, (FIXED, None, None, False)),
        ({"rules": ("other",)}, (UNKNOWN, None, Resolution.RULE_REMOVED, False)),
        ({"unknown_rules": (RULE,)}, (UNKNOWN, TIMED_OUT, None, False)),
        ({"unknown": ((RULE, KNOWN.subject),)}, (UNKNOWN, TIMED_OUT, None, False)),
        ({"unknown_rules": (RULE,), "sticky": (RULE,)}, (UNKNOWN, TIMED_OUT, None, False)),
        ({"sticky": (RULE,)}, (OPEN, None, None, True)),
        ({"sticky": (RULE,), "cleared": ((RULE, KNOWN.subject),)}, (FIXED, None, None, False)),
        (
            {"statuses": {RULE: VerdictStatus.NOT_APPLICABLE}},
            (UNKNOWN, None, Resolution.NOT_APPLICABLE, False),
        ),
        (
            {"configurations": {RULE: "c2"}},
            (UNKNOWN, None, Resolution.CONFIGURATION_CHANGED, False),
        ),
    ],
)
def test_a_violation_that_is_not_found_is_fixed_only_if_its_rule_ran_as_before(seen, facts):
    found = verify(evaluated(**seen))
    assert (found.status, found.reason, found.ends_as, found.waits_for_success) == facts
    assert (found.id, found.severity, found.message) == (KNOWN.id, Severity.HIGH, "")


def test_without_the_configurations_of_the_last_audit_no_fix_is_verified():
    assert verify(evaluated(), None).ends_as is Resolution.CONFIGURATION_CHANGED


@pytest.mark.parametrize(
    ("statuses", "overall"),
    [((FIXED, OPEN, UNKNOWN), OPEN), ((FIXED, UNKNOWN), UNKNOWN), ((FIXED,), FIXED), ((), UNKNOWN)],
)
def test_the_worst_status_is_that_of_all(statuses, overall):
    verified = [replace(verify(evaluated()), status=each) for each in statuses]
    assert overall_status(verified) is overall


def test_a_status_is_shown_in_words():
    assert OPEN.label == "still open"
