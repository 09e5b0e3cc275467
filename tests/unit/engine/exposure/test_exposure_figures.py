"""The delays of a period in figures."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from auditor.engine.exposure.access_delay import AccessDelay, DelayKind
from auditor.engine.exposure.exposure import exposure_of, percentile

UNTIL = datetime(2026, 11, 30, tzinfo=UTC)
"""A Monday."""

SINCE = UNTIL - timedelta(days=7)
BUDGETS = {DelayKind.LEAVER: timedelta(hours=1), DelayKind.JOINER: timedelta(hours=4)}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def leaver(user: str = "00u1", *, left_ago: timedelta, took: timedelta | None = None, **changes):
    left_at = UNTIL - left_ago
    facts = {
        "kind": DelayKind.LEAVER,
        "user": user,
        "at": left_at,
        "changed_at": left_at,
        "ended_at": None if took is None else left_at + took,
        "is_over": took is not None,
    }
    return AccessDelay(**{**facts, **changes})


def figures(*delays: AccessDelay):
    return exposure_of(delays, BUDGETS, since=SINCE, until=UNTIL)


@pytest.mark.parametrize(
    ("number", "percent", "wanted"),
    [(1, 50, 1), (1, 95, 1), (20, 50, 10), (20, 95, 19), (3, 95, 3), (200, 95, 190)],
)
def test_a_percentile_is_a_delay_that_was_measured(number, percent, wanted):
    assert percentile([HOUR * each for each in range(1, number + 1)], percent) == HOUR * wanted
    assert percentile([], percent) is None


def test_users_over_the_budget_include_those_who_still_wait():
    found = figures(
        leaver("a", left_ago=2 * DAY, took=HOUR),
        leaver("b", left_ago=2 * DAY, took=HOUR + timedelta(seconds=1)),
        leaver("c", left_ago=3 * HOUR),
        leaver("d", left_ago=HOUR / 2),
        leaver("e", left_ago=2 * HOUR),
    ).leavers
    assert (found.measured, found.waiting, found.over_budget) == (2, 3, 3)
    assert (found.p50, found.worst) == (HOUR, 3 * HOUR)


def test_a_missing_stage_is_unknown_and_never_zero():
    gone = leaver("a", left_ago=DAY, is_over=True)
    undated = leaver("b", left_ago=DAY, took=HOUR, changed_at=None)
    found = figures(gone, undated)
    assert (found.leavers.unknown, found.leavers.measured, found.leavers.p50) == (2, 0, None)
    assert (found.user_days, found.is_empty) == (0, False)


def test_the_p95_of_twenty_delays_is_the_second_longest():
    hours = range(1, 21)
    leavers = [leaver(f"l{each}", left_ago=DAY, took=each * HOUR) for each in hours]
    joiners = [
        leaver(f"j{each}", left_ago=DAY, took=each * HOUR / 2, kind=DelayKind.JOINER)
        for each in hours
    ]
    found = figures(*leavers, *joiners)
    assert (found.leavers.p95, found.joiners.p95) == (19 * HOUR, 19 * HOUR / 2)
    last = found.trend[-1]
    assert (last.leaver_p95, last.joiner_p95) == (19 * HOUR, 19 * HOUR / 2)


@pytest.mark.parametrize(
    ("ended_at", "is_counted"),
    [
        (SINCE - timedelta(seconds=1), False),
        (SINCE, True),
        (UNTIL - timedelta(seconds=1), True),
        (UNTIL, False),
    ],
)
def test_a_delay_belongs_to_the_period_in_which_it_ended(ended_at, is_counted):
    begun_at = SINCE - DAY
    known = leaver("a", left_ago=8 * DAY, ended_at=ended_at, is_over=True)
    without_begin = leaver("b", left_ago=8 * DAY, changed_at=None, ended_at=ended_at, is_over=True)
    without_end = leaver("c", left_ago=8 * DAY, at=ended_at, changed_at=begun_at, is_over=True)
    found = figures(known, without_begin, without_end).leavers
    assert (found.measured, found.unknown) == ((1, 2) if is_counted else (0, 0))
    assert found.waiting == int(ended_at == UNTIL)


def test_a_user_who_leaves_at_the_end_of_the_period_does_not_wait_in_it():
    found = figures(leaver(left_ago=timedelta())).leavers
    assert (found.waiting, found.unknown) == (0, 0)


def test_exposure_counts_only_the_days_within_the_period():
    before = leaver("a", left_ago=20 * DAY, took=15 * DAY)
    waiting = leaver("b", left_ago=30 * DAY)
    undated = leaver("c", left_ago=30 * DAY, changed_at=None)
    assert figures(undated, before, waiting).user_days == pytest.approx(2 + 7)


def test_the_figures_of_a_past_period_count_a_user_who_waited_then():
    later = leaver(left_ago=2 * HOUR, took=5 * HOUR)
    found = figures(later).leavers
    assert (found.waiting, found.measured, found.worst) == (1, 0, 2 * HOUR)


def test_the_trend_has_a_gap_for_a_week_without_a_delay():
    found = figures(leaver(left_ago=10 * DAY, took=2 * HOUR))
    assert [each.leaver_p95 for each in found.trend[-3:]] == [None, 2 * HOUR, None]
    assert len(found.trend) == 12
    assert found.trend[-1].week == SINCE.date()


def test_the_last_week_of_the_trend_contains_the_instant_before_the_end_of_the_period():
    for until, week in ((UNTIL, SINCE), (UNTIL + timedelta(microseconds=1), UNTIL)):
        found = exposure_of([], BUDGETS, since=SINCE, until=until)
        assert found.trend[-1].week == week.date()


def test_the_weeks_of_the_trend_begin_in_the_zone_of_its_end():
    # Sunday 23:30 in UTC is Monday in Berlin.
    delay = leaver(left_ago=8 * DAY + HOUR, took=DAY + HOUR / 2)
    berlin = ZoneInfo("Europe/Berlin")
    until = datetime(2026, 11, 30, tzinfo=berlin)
    found = exposure_of([delay], BUDGETS, since=until - timedelta(days=7), until=until)
    assert [each.leaver_p95 for each in found.trend[-2:]] == [None, DAY + HOUR / 2]
    assert [each.leaver_p95 for each in figures(delay).trend[-2:]] == [DAY + HOUR / 2, None]


def test_two_clocks_that_differ_give_no_negative_delay():
    assert leaver(left_ago=DAY, took=-timedelta(seconds=2)).took == timedelta()


def test_a_stage_that_was_read_once_stays():
    first = leaver(left_ago=DAY, took=HOUR, pushed_at=UNTIL - DAY)
    later = leaver(left_ago=DAY, is_over=True, account="7")
    merged = first.merged(later)
    assert (merged.took, merged.pushed_at, merged.account) == (HOUR, UNTIL - DAY, "7")


def test_a_stage_that_is_read_later_is_added():
    waiting = leaver(left_ago=DAY, changed_at=None)
    over = leaver(left_ago=DAY, took=HOUR)
    assert waiting.merged(over) == over
    assert over.merged(waiting) == over
