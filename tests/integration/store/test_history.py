from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from auditor.engine.changes.diff import Change
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import State
from auditor.store import open_store
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import evaluated, finding, hours

DAY = 24
WEEK = 7 * DAY
OLD = finding(subject="old")
CHANGE = Change(
    collection="okta.app",
    path="app.status",
    before="ACTIVE",
    after="INACTIVE",
    since=hours(-1),
    until=hours(0),
)


def week(store, number: int = 1):
    """Return the history of the week that ends with the run at the start of ``number``."""
    return store.history.period(
        TARGET, since=hours((number - 1) * WEEK + 1), until=hours(number * WEEK)
    )


def test_a_period_has_its_audits(store):
    audit(store, OLD)
    audit(store, OLD, hour=DAY)
    audit(store, OLD, hour=2 * DAY)
    audit(store, OLD, hour=WEEK + 1)
    assert [run.at for run in week(store).audits] == [hours(DAY), hours(2 * DAY)]


def test_a_period_includes_the_audit_at_its_end(store):
    audit(store, OLD, hour=WEEK)
    history = week(store)
    assert len(history.audits) == len(history.findings) == 1


def test_a_period_names_the_findings_that_its_audits_reopened(store):
    new, early, at_the_end, late = (
        finding(subject=name) for name in ("new", "early", "at the end", "late")
    )
    # All but the new one are resolved and found again: before the week, at its end, and later.
    audit(store, early, at_the_end, late)
    audit(store, hour=0.5)
    audit(store, early, hour=0.75)
    audit(store, early, new, hour=DAY)
    assert week(store).reopened == frozenset()
    audit(store, early, new, at_the_end, hour=WEEK)
    audit(store, early, new, at_the_end, late, hour=WEEK + 1)
    assert week(store).reopened == {at_the_end.id}
    assert week(store, 2).reopened == {late.id}


def test_findings_are_those_open_and_those_resolved_in_the_period(store):
    gone = finding(subject="gone")
    settled = finding(subject="settled", within_grace=True)
    audit(store, OLD, gone, finding(subject="long-gone"))
    audit(store, OLD, gone, settled, hour=0.5)
    audit(store, OLD, hour=DAY)
    states = {each.subject: each.state for each in week(store).findings}
    assert states == {"old": State.OPEN, "gone": State.RESOLVED}


def test_very_many_records_are_read_completely(store):
    many = 10_001
    audit(store, *(finding(subject=f"user {number}") for number in range(many)), hour=1)
    history = week(store)
    assert len(history.findings) == many


def test_verdicts_are_those_at_the_end_of_the_period(store):
    audit(store)
    audit(store, hour=DAY, seen=evaluated(unknown_rules=("push-flag-off",)))
    audit(store, OLD, hour=WEEK + 1)
    assert [each.status for each in week(store).verdicts] == [VerdictStatus.UNKNOWN]


def test_changes_start_with_the_oldest_open_finding(store):
    later = replace(CHANGE, until=hours(DAY))
    audit(store, OLD, changes=(CHANGE,))
    audit(store, OLD, hour=DAY, changes=(later,))
    assert [each.until for each in week(store).changes] == [CHANGE.until, later.until]
    audit(store, hour=DAY + 1)
    assert [each.until for each in week(store).changes] == [later.until]


def test_changes_start_when_an_open_finding_was_first_seen_even_if_it_opened_later(store):
    within_grace = replace(OLD, within_grace=True)
    audit(store, within_grace, changes=(CHANGE,))
    audit(store, within_grace, hour=2)
    (opened,) = week(store).findings
    assert (opened.first_seen_at, opened.opened_at) == (hours(0), hours(2))
    assert [each.until for each in week(store).changes] == [CHANGE.until]


def test_the_trend_has_the_last_audit_of_each_week(store):
    for hour in (0, DAY, WEEK, WEEK + DAY, 3 * WEEK):
        audit(store, hour=hour)
    assert [run.at for run in week(store, 3).weeks] == [
        hours(DAY),
        hours(WEEK + DAY),
        hours(3 * WEEK),
    ]


def test_weeks_of_the_trend_begin_in_the_given_time_zone(store):
    # Monday at 00:00 and 03:00 UTC is Sunday evening in New York.
    for hour in (-9, -6, DAY):
        audit(store, hour=hour)
    weeks = partial(store.history.weeks, TARGET, since=hours(-9), until=hours(WEEK))
    assert [each.at for each in weeks()] == [hours(DAY)]
    in_new_york = weeks(zone=ZoneInfo("America/New_York"))
    assert [each.at for each in in_new_york] == [hours(-6), hours(DAY)]


def test_the_trend_is_limited(store):
    for number in range(4):
        audit(store, hour=number * WEEK)
    trend = store.history.weeks(
        TARGET, since=hours(3 * WEEK) - timedelta(weeks=1), until=hours(3 * WEEK)
    )
    assert len(trend) == 2


def test_a_history_is_read_in_one_transaction(store, url):
    audit(store, OLD)
    with store.database.reading():
        before = week(store)
        with open_store(url) as other:
            audit(other, hour=1)
        assert week(store) == before
    assert len(week(store).audits) == 1


def test_a_target_that_was_never_audited_has_an_empty_history(store):
    history = week(store)
    assert (history.audits, history.findings, history.weeks) == ((), (), ())


def test_equal_values_of_many_findings_are_kept_in_memory_once(store):
    audit(store, OLD, finding(subject="other"), hour=DAY)
    one, other = week(store).findings
    assert one.subject != other.subject
    assert (one.rule is other.rule, one.target is other.target) == (True, True)
    one, other = store.history.findings(TARGET)
    assert one.first_seen_at is other.first_seen_at
