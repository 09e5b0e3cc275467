"""The delays of a period in figures: percentiles, budgets, trend and exposure. Pure.

This is information. It is no finding, as a past delay has no fix.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from auditor.engine.exposure.access_delay import AccessDelay, DelayKind

TREND_WEEKS = 12
"""Weeks of each trend of the report."""

_DAY = timedelta(days=1)


class DelayFigures(Struct, frozen=True, kw_only=True):
    """The leavers, or the joiners, of a period."""

    kind: DelayKind
    budget: timedelta
    """The time that the configuration allows."""

    measured: int
    """Delays that ended in the period and whose stages are known."""

    p50: timedelta | None
    """Nearest-rank percentiles of the measured delays; ``None``: there are none."""

    p95: timedelta | None
    worst: timedelta | None
    """The longest, including users who still wait at the end of the period."""

    over_budget: int
    """Users whose delay exceeds the budget, including those who still wait."""

    waiting: int
    """Users who still wait at the end of the period."""

    unknown: int
    """Delays that ended and of which a stage has no known time."""


class ExposureWeek(Struct, frozen=True, kw_only=True):
    """One week of the trend."""

    week: date
    """Its Monday, in UTC."""

    leaver_p95: timedelta | None
    joiner_p95: timedelta | None
    user_days: float
    """As :attr:`Exposure.user_days`."""


class Exposure(Struct, frozen=True, kw_only=True):
    """How long leavers kept access and joiners waited, in one period of one target."""

    since: datetime
    until: datetime
    leavers: DelayFigures
    joiners: DelayFigures
    user_days: float
    """Users times days with access after leaving, within the period. Leavers without a known end or
    beginning are not in it."""

    trend: tuple[ExposureWeek, ...]
    """The last weeks, oldest first."""

    @property
    def is_empty(self) -> bool:
        """Return whether no leaver and no joiner is known in the period."""
        return not any(
            each.measured or each.waiting or each.unknown for each in (self.leavers, self.joiners)
        )


def exposure_of(
    delays: Iterable[AccessDelay],
    budgets: Mapping[DelayKind, timedelta],
    *,
    since: datetime,
    until: datetime,
) -> Exposure:
    """Return the figures of a period; ``delays`` reach back as far as the trend."""
    delays = tuple(delays)
    leavers = [each for each in delays if each.kind is DelayKind.LEAVER]
    joiners = [each for each in delays if each.kind is DelayKind.JOINER]
    return Exposure(
        since=since,
        until=until,
        leavers=_figures(DelayKind.LEAVER, leavers, budgets, since, until),
        joiners=_figures(DelayKind.JOINER, joiners, budgets, since, until),
        user_days=_user_days(leavers, since, until),
        trend=tuple(_trend(leavers, joiners, until)),
    )


def _figures(
    kind: DelayKind,
    delays: Sequence[AccessDelay],
    budgets: Mapping[DelayKind, timedelta],
    since: datetime,
    until: datetime,
) -> DelayFigures:
    spans = _measured(delays, since, until)
    waits = [until - at for each in delays if (at := _waiting_since(each, until)) is not None]
    budget = budgets[kind]
    return DelayFigures(
        kind=kind,
        budget=budget,
        measured=len(spans),
        p50=percentile(spans, 50),
        p95=percentile(spans, 95),
        worst=max((*spans, *waits), default=None),
        over_budget=sum(each > budget for each in (*spans, *waits)),
        waiting=len(waits),
        unknown=sum(
            each.is_over and each.took is None and since <= (each.ended_at or each.at) < until
            for each in delays
        ),
    )


def _measured(delays: Iterable[AccessDelay], since: datetime, until: datetime) -> list[timedelta]:
    """Return the known delays that ended in the period, shortest first."""
    return sorted(
        each.took
        for each in delays
        if each.took is not None and each.ended_at and since <= each.ended_at < until
    )


def _waiting_since(each: AccessDelay, until: datetime) -> datetime | None:
    """Return since when the user waits at ``until``; ``None``: the wait is over, or not begun."""
    if each.changed_at is None or each.changed_at >= until:
        return None
    waits = not each.is_over if each.ended_at is None else each.ended_at >= until
    return each.changed_at if waits else None


def _user_days(leavers: Iterable[AccessDelay], since: datetime, until: datetime) -> float:
    total = timedelta()
    for each in leavers:
        # An unknown beginning or end has no length; a guess would be a false number.
        if each.changed_at is None or (each.is_over and each.ended_at is None):
            continue
        end = min(each.ended_at or until, until)
        total += max(end - max(each.changed_at, since), timedelta())
    return total / _DAY


def _trend(
    leavers: Sequence[AccessDelay], joiners: Sequence[AccessDelay], until: datetime
) -> Iterable[ExposureWeek]:
    # A period that ends on Monday at 00:00 belongs to the week before.
    last = (until - timedelta(microseconds=1)).date()
    monday = last - timedelta(days=last.weekday())
    for ago in reversed(range(TREND_WEEKS)):
        week = monday - timedelta(weeks=ago)
        begin = datetime.combine(week, time.min, until.tzinfo)
        end = min(begin + timedelta(weeks=1), until)
        yield ExposureWeek(
            week=week,
            leaver_p95=percentile(_measured(leavers, begin, end), 95),
            joiner_p95=percentile(_measured(joiners, begin, end), 95),
            user_days=_user_days(leavers, begin, end),
        )


def percentile(spans: Sequence[timedelta], percent: int) -> timedelta | None:
    """Return the nearest-rank percentile of sorted ``spans``; ``None``: there are none."""
    if not spans:
        return None
    # Negated twice, so that // rounds up.
    return spans[max(0, -(-len(spans) * percent // 100) - 1)]
