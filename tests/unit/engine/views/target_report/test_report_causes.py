"""A row of the report: dates, change, acknowledgement and order of a cause."""

import pytest
from msgspec.structs import replace

from auditor.engine.incidents.incident import Acknowledgement
from auditor.rule.severity import Severity
from tests.support.builders.incidents import incident
from tests.support.builders.reports import (
    EMAIL_EVIDENCE,
    UNTIL,
    ago,
    change,
    email_not_login,
    finding,
    person,
    report,
)

CAUSE = "c0ffee"


def cause_of(*findings, **more):
    """Return the only cause of a report."""
    (cause,) = report(*findings, **more).causes
    return cause


def test_a_cause_dates_from_its_oldest_finding():
    dated = finding(cause=CAUSE, opened_at=ago(2), since=ago(30))
    undated = finding(subject="other", cause=CAUSE, opened_at=ago(10))
    older = finding(subject="older", cause=CAUSE, opened_at=ago(40))
    seen = [cause_of(dated, undated), cause_of(dated, undated, older)]
    assert [(each.since, each.since_is_dated) for each in seen] == [
        (ago(30), True),
        (ago(40), False),
    ]


def test_a_cause_is_due_with_its_first_finding_and_overdue_if_one_is():
    young = finding(subject="young", cause=CAUSE, opened_at=ago(1))
    late = finding(subject="late", cause=CAUSE, opened_at=ago(9))
    both, alone = cause_of(young, late), cause_of(young)
    assert (both.due_at, both.overdue) == (ago(2), True)
    assert (alone.due_at, alone.overdue) == (ago(-6), False)


def test_a_cause_is_being_counted_while_one_of_its_findings_is():
    counted = finding(subject="counted", cause=CAUSE)
    found = finding(subject="found", cause=CAUSE, is_counting=True)
    assert cause_of(counted, found).is_counting
    assert not cause_of(counted).is_counting


def test_a_cause_has_the_change_that_explains_all_its_findings():
    mapped = email_not_login(cause=CAUSE, opened_at=ago(1))
    follows = finding("login-mismatch", "00u1", cause=CAUSE)
    known = change(until=ago(2))
    assert cause_of(mapped, follows, changes=(known,)).change == known


def test_a_cause_has_no_change_if_two_changes_explain_its_findings():
    one = email_not_login(cause=CAUSE, opened_at=ago(1))
    evidence = replace(EMAIL_EVIDENCE, field="mapping[oty1].title.expression")
    two = finding("extra-attribute", "title", cause=CAUSE, opened_at=ago(1), evidence=(evidence,))
    changes = (change(until=ago(2)), change(evidence.field, until=ago(2)))
    seen = report(one, two, changes=changes)
    assert [each.change for each in seen.findings] == list(changes)
    assert [each.change for each in seen.causes] == [None]


def test_findings_that_no_change_explains_have_none():
    assert cause_of(finding(cause=CAUSE), finding(subject="other", cause=CAUSE)).change is None


def push_failing(group, **more):
    return finding(
        "group-push-failing", group, subject_name=group, kind="error", cause=CAUSE, **more
    )


def test_the_title_names_the_group_of_the_leading_rule_only():
    leaver = finding("user-not-removed", "7", subject_name="Ada", cause=CAUSE)
    one = cause_of(push_failing("Engineers", severity=Severity.CRITICAL), leaver)
    assert one.title == 'The push of the group "Engineers" fails'
    assert one.rules == ("group-push-failing", "user-not-removed")
    two = cause_of(*(push_failing(name, severity=Severity.CRITICAL) for name in "AB"), leaver)
    assert two.title == "The push of 2 groups fails"


def test_a_title_that_names_one_subject_stands_for_one_finding():
    titles = ("Create Users is off: new users get no account", "Okta pushes all that Unleash needs")
    off = finding(cause=CAUSE)
    assert cause_of(off).title == titles[0]
    assert cause_of(off, finding("user-not-removed", "7", cause=CAUSE)).title == titles[0]
    assert cause_of(off, finding(subject="push-groups", cause=CAUSE)).title == titles[1]


def acknowledgements(**until):
    """Return an incident acknowledged until each of these times, and one that was not."""
    known = {
        name: incident(name, acknowledgement=Acknowledgement(by=f"{name} owner", until=end))
        for name, end in until.items()
    }
    return known | {"new": incident("new")}


def test_a_row_is_acknowledged_if_each_of_its_causes_is():
    first = finding(subject="a", cause="first", affected=(person(1), person(2)))
    second, third = (finding(subject=name, cause=name) for name in ("second", "third"))
    incidents = acknowledgements(first=None, second=ago(-1))
    by_both = cause_of(first, second, incidents=incidents).acknowledgement
    assert by_both == Acknowledgement(by="first owner", until=None)
    assert cause_of(first, second, third, incidents=incidents).acknowledgement is None
    assert cause_of(third, incidents=incidents).acknowledgement is None


@pytest.mark.parametrize(("until", "holds"), [(ago(-1), True), (UNTIL, False), (ago(1), False)])
def test_an_acknowledgement_is_shown_if_it_is_in_force_at_the_end_of_the_period(until, holds):
    shown = cause_of(finding(cause="first"), incidents=acknowledgements(first=until))
    assert bool(shown.acknowledgement) is holds


def test_causes_are_sorted_by_severity_then_overdue_then_by_affected_users():
    seen = report(
        finding("many", affected=(person(1), person(2)), opened_at=ago(1)),
        finding("few", affected=(person(3),), opened_at=ago(1)),
        finding("late", opened_at=ago(9)),
        finding("worst", severity=Severity.CRITICAL, opened_at=ago(0.5)),
    )
    assert [each.rule for each in seen.causes] == ["worst", "late", "many", "few"]


def test_a_row_of_several_causes_counts_each_of_them():
    alone = (
        finding("extra-attribute", "schema", cause="first", opened_at=ago(9)),
        finding("extra-attribute", "mapping", cause="second", opened_at=ago(1)),
        finding("extra-attribute", "user", cause="third", opened_at=ago(8)),
    )
    together = (finding(cause=CAUSE, opened_at=ago(9)), finding(subject="b", cause=CAUSE))
    seen = report(*alone, *together)
    counts = {each.rule: (each.cause_count, each.overdue_count) for each in seen.causes}
    assert counts == {"extra-attribute": (3, 2), finding().rule: (1, 1)}
    assert seen.cause_count == 4
    assert seen.headline.verdict == "4 open causes."
