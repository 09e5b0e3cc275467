"""Findings of users that are listed under their root cause."""

from msgspec.structs import replace

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.verdicts import Finding, VerdictStatus
from auditor.engine.findings.tracked_findings import (
    Reconciled,
    Resolution,
    Transition,
)
from auditor.rule.results import Affected, GroupedUnder, RootCause
from tests.support.audit_steps import after_open, step
from tests.support.builders.findings import (
    evaluated,
    finding,
)


def seen(reconciled: Reconciled) -> Finding:
    finding = reconciled.transitions[0].finding
    assert finding
    return finding


ADA = Affected(id="00u1", name="Ada")
CAUSE = finding("email-not-login", "oty1")
EFFECT = finding(
    "login-mismatch",
    "00u1",
    affected=(ADA,),
    root_cause=RootCause(rule="email-not-login", subject="oty1"),
)


def test_people_are_listed_under_the_root_cause():
    reconciled, _ = step(PreviousAudits(), evaluated(CAUSE, EFFECT), 0)
    assert seen(reconciled).affected == (ADA,)
    statuses = {verdict.rule: verdict.status for verdict in reconciled.verdicts}
    assert statuses["login-mismatch"] is statuses["email-not-login"] is VerdictStatus.FAIL


def test_the_rule_of_a_grouped_finding_fails_with_the_root_cause_as_the_reason():
    grouped, _ = step(PreviousAudits(), evaluated(CAUSE, EFFECT), 0)
    because = {verdict.rule: verdict.reasons for verdict in grouped.verdicts}
    assert because["email-not-login"] == ()
    assert because["login-mismatch"] == (GroupedUnder(rule="email-not-login", count=1),)


def test_each_person_is_counted_once_under_the_cause():
    listed = finding("email-not-login", "oty1", affected=(ADA,))
    reconciled, _ = step(PreviousAudits(), evaluated(listed, EFFECT), 0)
    assert (seen(reconciled).affected_count, seen(reconciled).affected) == (1, (ADA,))


def test_a_person_that_the_cause_does_not_list_is_counted():
    crowd = finding("email-not-login", "oty1", affected_count=5)
    reconciled, _ = step(PreviousAudits(), evaluated(crowd, EFFECT), 0)
    assert (seen(reconciled).affected_count, seen(reconciled).affected) == (5, (ADA,))


def test_only_people_that_the_root_cause_explains_are_listed_under_it():
    alone = finding("login-mismatch", "00u2", root_cause=RootCause(rule="other", subject="oty1"))
    reconciled, _ = step(PreviousAudits(), evaluated(alone, CAUSE, EFFECT), 0)
    assert {entry.after.subject for entry in reconciled.transitions} == {"00u2", "oty1"}


def test_a_person_stays_grouped_while_the_open_cause_is_not_evaluated():
    _, memory = step(PreviousAudits(), evaluated(CAUSE, EFFECT), 0)
    reconciled, _ = step(memory, evaluated(EFFECT, unknown_rules=("email-not-login",)), 1)
    assert [entry.transition for entry in reconciled.transitions] == [Transition.NOT_EVALUATED]


def test_a_grouped_finding_opens_when_the_cause_is_fixed():
    _, memory = step(PreviousAudits(), evaluated(CAUSE, EFFECT), 0)
    reconciled, _ = step(memory, evaluated(EFFECT, rules=("email-not-login",)), 1)
    kinds = {entry.after.rule: entry.transition for entry in reconciled.transitions}
    assert kinds == {"email-not-login": Transition.RESOLVED, "login-mismatch": Transition.NEW}


def test_an_open_finding_that_is_grouped_is_not_called_fixed():
    memory = after_open(EFFECT)
    reconciled, _ = step(memory, evaluated(CAUSE, EFFECT), 2)
    ends = {e.after.rule: e.after.resolution for e in reconciled.of(Transition.RESOLVED)}
    assert ends == {"login-mismatch": Resolution.GROUPED}


def test_users_that_neither_finding_lists_are_counted_under_the_cause():
    listed = finding("email-not-login", "oty1", affected=(Affected(id="00u2", name="Bo"),))
    crowd = replace(EFFECT, affected_count=4)
    reconciled, _ = step(PreviousAudits(), evaluated(listed, crowd), 0)
    assert seen(reconciled).affected_count == 5
    assert [each.id for each in seen(reconciled).affected] == ["00u2", "00u1"]
