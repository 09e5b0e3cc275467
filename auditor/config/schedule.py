"""The table [schedule] of auditor.toml: cron's five fields, time zones, and the spread."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import product
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Struct
from pydantic import PlainValidator, WithJsonSchema

from auditor.config.rejected import RejectedError
from auditor.config.values import Duration, Table, key, quoted

NEVER = "never"
CRON_EXAMPLE = "7 * * * *"

_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("weekday", 0, 7, {name: number for number, name in enumerate(_WEEKDAYS)}),
)
_ITEM = re.compile(r"(?P<first>\*|\?|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>[1-9]\d*))?")
_HORIZON = 8 * 366
"""Days within which every date occurs, even 29 February around the year 2100."""


class Job(StrEnum):
    """What can be scheduled. The value is the name of its slots."""

    AUDIT = "audit"
    REPORT = "report"


class Cron(Struct, frozen=True, kw_only=True):
    """The times of a job, in the local time of a time zone.

    As in cron and in Kubernetes, a day matches when the day of the month and the weekday match.
    When both are restricted, one of them is enough. Sunday is 0 and also 7.

    When clocks change, a job that is due in some hours only runs exactly once for each hour: not
    again in an hour that occurs twice, and an hour later when its own hour is skipped. A job that
    is due in every hour runs once in each hour that really passes.

    The library cronsim 2.8 was compared over a year in five zones. Without clock changes (UTC),
    the results are equal. In the other four zones they differ on days on which clocks change: with
    cronsim, ``30 2 * * *`` runs at 03:00 instead of 03:30 in Europe/Berlin, and ``15 */2 * * *``
    runs twice when its hour occurs twice. It also has no macros such as ``@daily`` and no ``?``.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """Sunday = 0."""

    either_day: bool

    @property
    def every_hour(self) -> bool:
        """Return whether it is due in every hour, in any notation."""
        return len(self.hours) == 24  # noqa: PLR2004  (of a day)

    def after(self, instant: datetime, zone: tzinfo) -> datetime:
        """Return the first time after ``instant``, in UTC."""
        return next(at for day in self._days_from(instant, zone, 1) for at in day if at > instant)

    def until(self, instant: datetime, zone: tzinfo) -> datetime:
        """Return the last time that is not after ``instant``, in UTC."""
        return next(
            at
            for day in self._days_from(instant, zone, -1)
            for at in reversed(day)
            if at <= instant
        )

    @property
    def ever(self) -> bool:
        """Return whether there is such a day: 30 February does not exist."""
        start = date(2000, 1, 1)
        return any(self._fits(start + timedelta(days=ahead)) for ahead in range(_HORIZON))

    def _days_from(self, instant: datetime, zone: tzinfo, step: int) -> Iterator[list[datetime]]:
        """Yield the times of each day that matches, from the day before ``instant`` on."""
        today = instant.astimezone(zone).date()
        # From the day before, because a change of clocks can move a time past midnight.
        for ahead in range(-1, _HORIZON):
            day = today + timedelta(days=ahead * step)
            if self._fits(day):
                yield sorted(set(self._times(day, zone)))

    def _times(self, day: date, zone: tzinfo) -> Iterator[datetime]:
        for hour, minute in product(self.hours, self.minutes):
            local = datetime.combine(day, time(hour, minute), zone)
            at = local.astimezone(UTC)
            yield at
            again = local.replace(fold=1).astimezone(UTC)
            if self.every_hour and again > at:  # in an hour that occurs twice, the job runs twice
                yield again

    def _fits(self, day: date) -> bool:
        in_month, on_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        fits = (in_month or on_weekday) if self.either_day else (in_month and on_weekday)
        return fits and day.month in self.months


def parse_cron(text: str) -> Cron:
    """Read five fields or a macro such as ``@daily``; raise :class:`ValueError` with the reason."""
    words = _MACROS.get(text.strip().lower(), text).split()
    if len(words) != len(_FIELDS):
        msg = f"{len(words)} fields where cron has five: minute hour day month weekday"
        raise ValueError(msg)
    minutes, hours, days, months, weekdays = (
        frozenset(_numbers(word.lower(), *field))
        for word, field in zip(words, _FIELDS, strict=True)
    )
    read = Cron(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        either_day=not {words[2], words[4]} & {"*", "?"},
    )
    if not read.ever:
        msg = "there is no such day"
        raise ValueError(msg)
    return read


def _numbers(word: str, field: str, low: int, high: int, names: dict[str, int]) -> Iterator[int]:
    for item in word.split(","):
        found = _ITEM.fullmatch(item)
        if not found:
            msg = f'{field} "{item}" is not in cron\'s notation'
            raise ValueError(msg)
        first, last, step = found["first"], found["last"], int(found["step"] or 1)
        if first in {"*", "?"}:
            # 7 is Sunday again.
            start, end = low, min(high, 6) if field == "weekday" else high
        else:
            start = _number(first, field, low, high, names)
            # As in cron: 5/10 begins at 5 and ends with the field.
            end = high if found["step"] else start
        if last:
            end = _number(last, field, low, high, names)
        if end < start or (last and first in {"*", "?"}):
            msg = f'{field} "{item}" is not a range'
            raise ValueError(msg)
        yield from range(start, end + 1, step)


def _number(word: str, field: str, low: int, high: int, names: dict[str, int]) -> int:
    number = names.get(word, int(word) if word.isdecimal() else -1)
    if not low <= number <= high:
        msg = f'{field} "{word}" is not between {low} and {high}'
        raise ValueError(msg)
    return number


class Timetable(Struct, frozen=True, kw_only=True):
    """The slots of one job of one target."""

    cron: Cron
    zone: tzinfo
    shift: timedelta = timedelta()
    """Delay of each slot, so that the targets do not all start at the same time."""

    def after(self, instant: datetime) -> datetime:
        """Return the first slot after ``instant``, in UTC."""
        return self.cron.after(instant - self.shift, self.zone) + self.shift

    def until(self, instant: datetime) -> datetime:
        """Return the last slot not after ``instant``, in UTC."""
        return self.cron.until(instant - self.shift, self.zone) + self.shift


class Schedule(Struct, frozen=True, kw_only=True):
    """The jobs of one target; ``None``: the job never runs."""

    audit: Timetable | None
    report: Timetable | None


def shift(target: str, spread: timedelta) -> timedelta:
    """Return the delay of a target within ``spread``, in whole seconds.

    It is a hash of the target's name, and so the same in every process.
    """
    seconds = int(spread.total_seconds())
    number = int.from_bytes(hashlib.sha256(target.encode()).digest()[:8])
    return timedelta(seconds=number % (seconds + 1))


def _parse_cron(text: object) -> Cron | None:
    if text == NEVER:
        return None
    remedy = f'write it like "{CRON_EXAMPLE}", or "{NEVER}"'
    if not isinstance(text, str):
        what = f"{quoted(text)} is not a schedule"
        raise RejectedError(what, remedy)
    try:
        return parse_cron(text)
    except ValueError as error:
        what = f"{quoted(text)}: {error}"
        raise RejectedError(what, remedy) from None


def _parse_zone(name: object) -> tzinfo:
    try:
        return ZoneInfo(name if isinstance(name, str) else "")
    except (KeyError, ValueError, OSError):
        what = f"{quoted(name)} is not a time zone"
        raise RejectedError(what, "write one like UTC or Europe/Berlin") from None


_TEXT_SCHEMA = WithJsonSchema({"type": "string"})

CronText = Annotated[Cron | None, PlainValidator(_parse_cron), _TEXT_SCHEMA]
ZoneName = Annotated[tzinfo, PlainValidator(_parse_zone), _TEXT_SCHEMA]


class ScheduleSettings(Table):
    """The jobs of `auditor serve`. A target inherits the keys that [target.schedule] omits."""

    audit: CronText = key(
        CRON_EXAMPLE,
        "Minute, hour, day, month, weekday (Sunday is 0), or a macro such as @daily; `never`: no "
        "audit.",
    )
    report: CronText = key("30 6 * * 1", "The same for the weekly report.")
    time_zone: ZoneName = key("UTC", "Time zone of both.", examples=["Europe/Berlin"])
    spread: Duration = key(
        "5m",
        "Longest delay of a target. Each target has its own delay, which does not change, so that "
        "not all of them send requests at the same time.",
    )

    def of(self, target: str) -> Schedule:
        """Return the jobs of the target with that name."""
        delay = shift(target, self.spread)

        def timetable(cron: Cron | None) -> Timetable | None:
            return Timetable(cron=cron, zone=self.time_zone, shift=delay) if cron else None

        return Schedule(audit=timetable(self.audit), report=timetable(self.report))
