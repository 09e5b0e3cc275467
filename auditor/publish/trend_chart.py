"""The trend as columns of a chart, in the chart's own units, and as a table. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from msgspec import Struct

from auditor.engine.views.report_trend import TrendPoint
from auditor.rule.severity import Severity

HEIGHT = 100.0
"""Of the highest column."""

STEP = 30.0
"""From one column to the next."""


class Segment(Struct, frozen=True, kw_only=True):
    """The findings of one severity in one week."""

    severity: Severity
    top: float
    height: float


class Column(Struct, frozen=True, kw_only=True):
    """One week; without segments when nothing stood open, or nobody looked."""

    left: float
    week: date
    total: int
    top: float
    segments: tuple[Segment, ...]
    audited: bool


class TrendRow(Struct, frozen=True, kw_only=True):
    """One week of the table; weeks on end in which nobody looked are one row."""

    since: date
    until: date
    """Its first Monday and its last one."""

    point: TrendPoint | None
    """``None``: nobody looked."""


def rows(trend: Sequence[TrendPoint]) -> Iterator[TrendRow]:
    """Write the trend as a table, the latest week first."""
    for looked, points in groupby(reversed(trend), key=lambda point: point.open is not None):
        weeks = list(points)
        if looked:
            yield from (TrendRow(since=each.week, until=each.week, point=each) for each in weeks)
        else:
            yield TrendRow(since=weeks[-1].week, until=weeks[0].week, point=None)


def chart_columns(trend: Sequence[TrendPoint]) -> tuple[Column, ...]:
    """Draw each week to the scale of the worst one, the most severe at the bottom."""
    most = max((point.total for point in trend), default=0) or 1
    return tuple(
        Column(
            left=number * STEP,
            week=point.week,
            total=point.total,
            top=round(HEIGHT - point.total / most * HEIGHT, 1),
            segments=tuple(_segments(point, most)),
            audited=point.open is not None,
        )
        for number, point in enumerate(trend)
    )


def _segments(point: TrendPoint, most: int) -> Iterator[Segment]:
    foot = HEIGHT
    for severity in reversed(Severity):
        height = (point.open or {}).get(severity, 0) / most * HEIGHT
        if height:
            foot -= height
            yield Segment(severity=severity, top=round(foot, 1), height=round(height, 1))
