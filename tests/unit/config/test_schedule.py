from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.config.schedule import parse_cron

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def times(text, start, count, zone=UTC):
    """Return the next times, as the zone's clocks show them."""
    at, found = start, []
    for _ in range(count):
        at = parse_cron(text).after(at, zone)
        found.append(f"{at.astimezone(zone):%a %d %b %H:%M}")
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7 * * * *", ["Mon 23 Nov 00:07", "Mon 23 Nov 01:07"]),
        ("0 2 * * 1", ["Mon 23 Nov 02:00", "Mon 30 Nov 02:00"]),  # APScheduler reads 1 as Tuesday
        ("0 2 * * 0", ["Sun 29 Nov 02:00", "Sun 06 Dec 02:00"]),
        ("0 2 * * 7", ["Sun 29 Nov 02:00", "Sun 06 Dec 02:00"]),
        ("0 2 * * sun", ["Sun 29 Nov 02:00", "Sun 06 Dec 02:00"]),
        ("0 2 * * 5-7", ["Fri 27 Nov 02:00", "Sat 28 Nov 02:00"]),
        ("0 2 * * MON-FRI/2", ["Mon 23 Nov 02:00", "Wed 25 Nov 02:00"]),
        (
            "30 6 1 * 3",
            ["Wed 25 Nov 06:30", "Tue 01 Dec 06:30"],
        ),  # the first of the month, or a Wednesday: one is enough
        ("30 6 1 * ?", ["Tue 01 Dec 06:30", "Fri 01 Jan 06:30"]),
        ("5/20 0 * * *", ["Mon 23 Nov 00:05", "Mon 23 Nov 00:25"]),
        ("*/40 0 * * *", ["Mon 23 Nov 00:40", "Tue 24 Nov 00:00"]),
        ("0 0 29 feb *", ["Tue 29 Feb 00:00", "Sun 29 Feb 00:00"]),
        ("0 1,13 * * *", ["Mon 23 Nov 01:00", "Mon 23 Nov 13:00"]),
        ("@weekly", ["Sun 29 Nov 00:00", "Sun 06 Dec 00:00"]),
        ("@hourly", ["Mon 23 Nov 01:00", "Mon 23 Nov 02:00"]),
    ],
)
def test_the_notation_means_the_same_as_in_cron_and_kubernetes(text, expected):
    assert times(text, MONDAY, 2) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("99 * * * *", 'minute "99" is not between 0 and 59'),
        ("* * * *", "4 fields where cron has five"),
        ("* * * * 8", 'weekday "8" is not between 0 and 7'),
        ("* * 0 * *", 'day "0" is not between 1 and 31'),
        ("5-1 * * * *", 'minute "5-1" is not a range'),
        ("*/0 * * * *", r"minute \"\*/0\" is not in"),
        ("0 0 30 2 *", "there is no such day"),
        ("0 0 * * monday", 'weekday "monday"'),
    ],
)
def test_a_wrong_expression_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_cron(text)


def test_a_job_runs_once_in_an_hour_that_occurs_twice():
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    expected = ["Sun 25 Oct 02:30", "Mon 26 Oct 02:30"]
    assert times("30 2 * * *", autumn, 2, BERLIN) == expected


def test_a_job_runs_an_hour_later_when_its_hour_is_skipped():
    spring = datetime(2027, 3, 27, 12, tzinfo=UTC)
    expected = ["Sun 28 Mar 03:30", "Mon 29 Mar 02:30"]
    assert times("30 2 * * *", spring, 2, BERLIN) == expected


@pytest.mark.parametrize(
    ("saturday", "expected"),
    [
        (date(2026, 10, 24), ["00:15 CEST", "02:15 CEST", "04:15 CET"]),
        (date(2027, 3, 27), ["00:15 CET", "03:15 CEST", "04:15 CEST"]),
    ],
)
def test_every_second_hour_follows_local_time(saturday, expected):
    at, found = datetime.combine(saturday, time(23), BERLIN), []
    for _ in expected:
        at = parse_cron("15 */2 * * *").after(at, BERLIN)
        found.append(f"{at.astimezone(BERLIN):%H:%M %Z}")
    assert found == expected


@pytest.mark.parametrize("text", ["7 * * * *", "7 */1 * * *", "7 0-23 * * ?"])
@pytest.mark.parametrize("day", [date(2026, 10, 24), date(2027, 3, 27)])
def test_an_hourly_job_runs_every_hour_when_clocks_change(day, text):
    at = datetime.combine(day, time(), UTC)
    ends = at + timedelta(days=7)
    found = []
    while (at := parse_cron(text).after(at, BERLIN)) < ends:
        found.append(at)
    assert len(found) == 7 * 24
    assert {later - at for at, later in pairwise(found)} == {timedelta(hours=1)}


@given(
    st.integers(0, 15 * 366 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes)),
    st.sampled_from(
        ["7 * * * *", "30 */2 * * *", "30 2 * * *", "0 0 1 * 5", "*/25 1,2 * * 0", "0 12 29 2 *"]
    ),
    st.sampled_from([UTC, BERLIN]),
)
def test_no_slot_is_between_the_last_and_the_next(instant, text, zone):
    schedule = parse_cron(text)
    before, after = schedule.until(instant, zone), schedule.after(instant, zone)
    assert before <= instant < after
    assert schedule.after(before, zone) == after
    assert schedule.until(after, zone) == after


def test_an_hourly_job_is_not_added_when_clocks_change_by_half_an_hour():
    start = datetime(2026, 10, 3, 14, tzinfo=UTC)
    zone = ZoneInfo("Australia/Lord_Howe")
    expected = ["Sun 04 Oct 01:07", "Sun 04 Oct 02:37", "Sun 04 Oct 03:07"]
    assert times("7 * * * *", start, 3, zone) == expected
