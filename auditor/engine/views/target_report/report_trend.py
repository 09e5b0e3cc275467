"""Open findings over the last twelve weeks. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from msgspec import Struct

from auditor.engine.audit_history import StoredAudit
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.exposure.exposure import TREND_WEEKS
from auditor.rule.severity import Severity


class TrendPoint(Struct, frozen=True, kw_only=True):
    """The last audit of a week."""

    week: date
    """Its Monday, in the time zone of the report."""

    open: dict[Severity, int] | None
    """Open findings by severity, without accepted ones; ``None``: no audit in that week."""

    not_evaluated: int
    """Rules that could not be evaluated."""

    affected: int | None = None
    """Distinct affected users; ``None``: no audit counted them."""

    @property
    def total(self) -> int:
        """Open findings of all severities."""
        return sum((self.open or {}).values())

    @property
    def is_complete(self) -> bool:
        """Return whether an audit took place and evaluated every rule."""
        return self.open is not None and not self.not_evaluated


def trend(
    audits: Iterable[StoredAudit], until: datetime, zone: tzinfo = UTC
) -> Iterator[TrendPoint]:
    """Yield twelve weeks, oldest first; a week without an audit is a gap, never zero.

    Weeks begin on Monday at 00:00 in ``zone``; the last one contains the instant before ``until``.
    """
    last_of = {
        _monday(audit.at, zone): audit for audit in sorted(audits, key=lambda audit: audit.at)
    }
    # A period that ends on Monday at 00:00 belongs to the week before.
    last = _monday(until - timedelta(microseconds=1), zone)
    for ago in reversed(range(TREND_WEEKS)):
        week = last - timedelta(weeks=ago)
        audit = last_of.get(week)
        yield TrendPoint(
            week=week,
            open=audit.counts.open if audit else None,
            not_evaluated=audit.counts.verdicts.get(VerdictStatus.UNKNOWN, 0) if audit else 0,
            affected=audit.counts.affected if audit else None,
        )


def _monday(at: datetime, zone: tzinfo) -> date:
    day = at.astimezone(zone).date()
    return day - timedelta(days=day.weekday())
