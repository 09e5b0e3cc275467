"""The trend as columns of a chart, in the chart's own units, and as rows of a table. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby, takewhile

from msgspec import Struct

from auditor.engine.views.target_report.report_trend import TrendPoint
from auditor.rule.severity import Severity

CHART_HEIGHT = 100.0
"""Height of the highest column."""

BAR_DISTANCE = 30.0
"""Distance of two columns."""


class Segment(Struct, frozen=True, kw_only=True):
    """The findings of one severity in one week."""

    severity: Severity
    top: float
    height: float


class Column(Struct, frozen=True, kw_only=True):
    """One week; without segments if no finding was open or no audit took place."""

    left: float
    week: date
    total: int
    top: float
    segments: tuple[Segment, ...]
    audited: bool


class Chart(Struct, frozen=True, kw_only=True):
    """All columns, and the area before the first audit."""

    columns: tuple[Column, ...]
    before_first_audit: float
    """Width of the area that holds no data."""

    first_audit: date | None
    """Monday of the week of the first audit in the chart; ``None``: no audit at all."""


class TrendRow(Struct, frozen=True, kw_only=True):
    """One week of the table; consecutive weeks without an audit are one row."""

    since: date
    until: date
    """The Mondays of the first and the last week."""

    point: TrendPoint | None
    """``None``: no audit."""


def rows(trend: Sequence[TrendPoint]) -> Iterator[TrendRow]:
    """Yield the rows of the table, the latest week first."""
    for audited, points in groupby(reversed(trend), key=lambda point: point.open is not None):
        weeks = list(points)
        if audited:
            yield from (TrendRow(since=each.week, until=each.week, point=each) for each in weeks)
        else:
            yield TrendRow(since=weeks[-1].week, until=weeks[0].week, point=None)


def chart(trend: Sequence[TrendPoint]) -> Chart:
    """Scale each week to the highest one, the most severe findings at the bottom."""
    # Without any finding, there is no highest week to divide by.
    highest = max((point.total for point in trend), default=0) or 1
    columns = tuple(
        Column(
            left=number * BAR_DISTANCE,
            week=point.week,
            total=point.total,
            top=round(CHART_HEIGHT - point.total / highest * CHART_HEIGHT, 1),
            segments=tuple(_segments(point, highest)),
            audited=point.open is not None,
        )
        for number, point in enumerate(trend)
    )
    leading = len(list(takewhile(lambda point: point.open is None, trend)))
    first = trend[leading].week if leading < len(trend) else None
    return Chart(columns=columns, before_first_audit=leading * BAR_DISTANCE, first_audit=first)


def _segments(point: TrendPoint, highest: int) -> Iterator[Segment]:
    foot = CHART_HEIGHT
    for severity in reversed(Severity):
        height = (point.open or {}).get(severity, 0) / highest * CHART_HEIGHT
        if height:
            foot -= height
            yield Segment(severity=severity, top=round(foot, 1), height=round(height, 1))
