"""ISO weeks in the time zone of the schedule: the periods of weekly reports. Pure."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct


class Week(Struct, frozen=True, kw_only=True):
    """A complete ISO week."""

    name: str
    """``2026-W48``; names sort as the weeks do."""

    since: datetime
    until: datetime
    """Monday 00:00 of the week, and of the week after it, in local time; both in UTC."""


def last_complete_week(at: datetime, zone: tzinfo) -> Week:
    """Return the last ISO week that is over at ``at`` in ``zone``."""
    today = at.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=1)
    # The year of the week, which differs from the calendar's around New Year.
    year, week, _ = first.isocalendar()
    return Week(
        name=f"{year}-W{week:02}", since=_midnight(first, zone), until=_midnight(monday, zone)
    )


def week_of(at: datetime, zone: tzinfo) -> str:
    """Return the name of the ISO week in which ``at`` is in ``zone``."""
    year, week, _ = at.astimezone(zone).date().isocalendar()
    return f"{year}-W{week:02}"


def _midnight(day: date, zone: tzinfo) -> datetime:
    # In local time first: a week in which clocks change is an hour shorter or longer.
    return datetime.combine(day, time(), zone).astimezone(UTC)
