"""The verdicts of an audit with pending, open and grouped findings."""

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.results import Pending
from auditor.rule.severity import Basis
from tests.support.audit_steps import after_open, step
from tests.support.builders.findings import (
    TIMED_OUT,
    evaluated,
    finding,
    hours,
)

RULE = "push-flag-off"
FLAG = finding()


def test_a_pending_finding_is_not_counted():
    reconciled, _ = step(PreviousAudits(), evaluated(finding(within_grace=True)), 0)
    assert reconciled.open == ()
    (verdict,) = reconciled.verdicts
    assert verdict.status is VerdictStatus.PASS
    assert verdict.reasons == (Pending(until=hours(1), count=1),)


def test_missing_data_is_stated_beside_findings():
    gap = (RULE, "push-groups")
    open_, _ = step(PreviousAudits(), evaluated(FLAG, unknown=(gap,)), 0)
    assert (open_.verdicts[0].status, len(open_.verdicts[0].reasons)) == (VerdictStatus.FAIL, 1)
    pending, _ = step(PreviousAudits(), evaluated(finding(within_grace=True), unknown=(gap,)), 0)
    assert (pending.verdicts[0].status, len(pending.verdicts[0].reasons)) == (
        VerdictStatus.UNKNOWN,
        2,
    )


def test_an_event_rule_fails_for_its_open_finding_and_not_for_missing_data():
    memory = after_open(FLAG, sticky=(RULE,))
    attested = evaluated(sticky=(RULE,), statuses={RULE: VerdictStatus.PASS})
    assert step(memory, attested, 2)[0].verdicts[0].reasons == ()


def test_a_rule_with_pending_findings_only_passes_until_the_first_of_them_opens():
    first, second = (finding(subject=each, within_grace=True) for each in "ab")
    _, memory = step(PreviousAudits(), evaluated(first), 0)
    (verdict,) = step(memory, evaluated(first, second), 0.5)[0].verdicts
    assert (verdict.status, verdict.basis) == (VerdictStatus.PASS, Basis.REPORTED)
    assert verdict.reasons == (Pending(until=hours(1), count=2),)


def test_a_rule_with_a_pending_finding_and_missing_data_is_unknown_without_a_basis():
    seen = evaluated(finding(within_grace=True), unknown=((RULE, "push-groups"),))
    (verdict,) = step(PreviousAudits(), seen, 0)[0].verdicts
    assert (verdict.status, verdict.basis) == (VerdictStatus.UNKNOWN, None)
    assert verdict.reasons == (TIMED_OUT, Pending(until=hours(1), count=1))
