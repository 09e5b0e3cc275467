"""How many users a cause affects, and which transitions belong to it."""

import pytest

from auditor.engine.causes.cause import Cause
from auditor.engine.findings.tracked_findings import FindingTransition, Reconciled, Transition
from auditor.engine.incidents.cause_entries import by_cause, count_affected
from auditor.rule.results import Affected
from tests.support.builders.findings import START, finding, tracked


def found(rule: str, subject: str, users: str = "", more: int = 0) -> FindingTransition:
    """Return a finding that lists ``users``, one letter each, and counts ``more``."""
    listed = tuple(Affected(id=each, name=each) for each in users)
    one = finding(rule, subject, affected=listed, affected_count=len(users) + more)
    return FindingTransition(transition=Transition.NEW, after=tracked(one, cause="c"), finding=one)


def unread(rule: str, subject: str, affected: int, cause: str = "c") -> FindingTransition:
    """Return a finding that the audit did not evaluate."""
    after = tracked(finding(rule, subject, affected_count=affected), cause=cause)
    return FindingTransition(transition=Transition.NOT_EVALUATED, after=after)


@pytest.mark.parametrize(
    ("entries", "affected"),
    [
        ([], 0),
        ([found("a", "x", "123"), found("a", "y", "34")], 4),
        ([found("a", "x", "12", 5), found("b", "y", "2", 1)], 8),
        ([unread("a", "x", 3), unread("a", "y", 4)], 7),
        ([unread("a", "x", 3), unread("b", "x", 4)], 4),
        ([unread("a", "x", 3, "c"), unread("b", "x", 4, "d")], 7),
        ([unread("a", "x", 3, ""), unread("b", "x", 4, "")], 7),
        ([found("a", "x", "12", 5), unread("b", "y", 2)], 9),
    ],
    ids=[
        "no finding",
        "a listed user counts once",
        "users who are only counted are added",
        "findings of one rule that were not evaluated are about different users",
        "those of several rules in one cause about the same",
        "those of several causes about different users",
        "each of those without a cause about different users",
        "users of evaluated and of other findings are added",
    ],
)
def test_how_many_users_are_affected(entries, affected):
    assert count_affected(entries) == affected


def test_each_transition_belongs_to_its_cause_and_a_pending_finding_to_none():
    pending = tracked(finding("a", "z"))
    transitions = (
        unread("a", "x", 1, "c1"),
        unread("b", "x", 1, "c2"),
        unread("b", "y", 1, "c1"),
        FindingTransition(transition=Transition.PENDING, after=pending),
    )
    causes = {each: Cause(id=each, opened_at=START) for each in ("c2", "c1")}
    entries = by_cause(Reconciled(transitions=transitions, verdicts=()), causes, ("closed",))
    assert {
        id_: [(entry.after.rule, entry.after.subject) for entry in each.open]
        for id_, each in entries.items()
    } == {"c1": [("a", "x"), ("b", "y")], "c2": [("b", "x")], "closed": []}
    assert list(entries) == ["c1", "c2", "closed"]
