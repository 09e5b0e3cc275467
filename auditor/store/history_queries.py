"""Queries of the stored history. Each has a limit or a period."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    Select,
    and_,
    case,
    func,
    or_,
    select,
)

from auditor.domain.snapshot import RateLimit
from auditor.engine.audit_history import (
    History,
    StoredAudit,
    StoredChange,
    StoredFinding,
    StoredVerdict,
    Tally,
)
from auditor.engine.findings.tracked_findings import State, Transition
from auditor.engine.simulation.fix_effects import CauseEffects
from auditor.engine.simulation.lockout import Lockout
from auditor.serialization import convert, convert_each
from auditor.store.rows import Repository, chunks, read
from auditor.store.tables import AUDIT, CHANGE, DOCUMENT, FINDING, TARGET, TRANSITION, VERDICT

T = TypeVar("T")
Limits = tuple[RateLimit, ...]
TARGET_NAME = TARGET.c.name.label("target")


_FINDING_COLUMNS = tuple(
    column for column in FINDING.c if column.name in StoredFinding.__struct_fields__
)


class HistoryQueries(Repository):
    """The queries of reports and commands."""

    def targets(self) -> tuple[str, ...]:
        """Return the names of all targets that were audited."""
        with self.database.reading() as connection:
            return tuple(
                connection.execute(select(TARGET.c.name).order_by(TARGET.c.name)).scalars()
            )

    def audits(
        self,
        target: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> tuple[StoredAudit, ...]:
        """Return the audits of a period, or the last ``limit`` of them, oldest first."""
        return self._audits(_of(AUDIT, target).where(*_between(AUDIT.c.at, since, until)), limit)

    def verdicts(self, target: str, *, at: datetime | None = None) -> tuple[StoredVerdict, ...]:
        """Return the verdicts that were current at a time, by rule; ``None``: now."""
        if at is None:
            return self._verdicts(target, VERDICT.c.until.is_(None))
        stood = or_(VERDICT.c.until.is_(None), VERDICT.c.until > at)
        return self._verdicts(target, VERDICT.c.since <= at, stood)

    def current_verdicts(self) -> tuple[StoredVerdict, ...]:
        """Return the current verdict of each rule on each target, by target and rule."""
        query = select(VERDICT, TARGET_NAME).join(TARGET, TARGET.c.id == VERDICT.c.target_id)
        query = query.where(VERDICT.c.until.is_(None)).order_by(TARGET.c.name, VERDICT.c.rule)
        return self._read(query, StoredVerdict)

    def findings(
        self,
        target: str,
        *states: State,
        resolved_since: datetime | None = None,
    ) -> tuple[StoredFinding, ...]:
        """Return findings in ``states`` (open and pending, if none is named), by rule and subject.

        ``resolved_since`` adds the findings that were open and were resolved since then.
        """
        wanted: ColumnElement[bool] = FINDING.c.state.in_(states or (State.OPEN, State.PENDING))
        if resolved_since is not None:
            resolved = FINDING.c.resolved_at >= resolved_since, FINDING.c.opened_at.is_not(None)
            wanted = or_(wanted, and_(*resolved))
        query = _of(FINDING, target, *_FINDING_COLUMNS).where(wanted)
        order = FINDING.c.rule, FINDING.c.subject, FINDING.c.attribute
        return self._read(query.order_by(*order), StoredFinding)

    def tallies(self) -> tuple[Tally, ...]:
        """Count the findings of all targets that are not resolved, by rule, severity and state."""
        # The first that applies counts: a waived finding can also be one that was not evaluated.
        state = case(
            (FINDING.c.state == State.PENDING, "pending"),
            (FINDING.c.waived, "waived"),
            (FINDING.c.transition == Transition.NOT_EVALUATED, "not_evaluated"),
            else_="open",
        ).label("state")
        return self._read(
            select(
                TARGET_NAME,
                FINDING.c.rule,
                FINDING.c.severity,
                state,
                func.count().label("number"),
                func.sum(FINDING.c.affected_count).label("affected"),
            )
            .join(TARGET, TARGET.c.id == FINDING.c.target_id)
            .where(FINDING.c.state.in_((State.OPEN, State.PENDING)))
            .group_by(TARGET.c.name, FINDING.c.rule, FINDING.c.severity, state),
            Tally,
        )

    def admin_access(self, target: str) -> Lockout | None:
        """Return the lock-out matrix of the last audit; ``None``: none is stored."""
        query = select(TARGET.c.admin_access).where(TARGET.c.name == target)
        with self.database.reading() as connection:
            body = connection.execute(query).scalar_one_or_none()
        return None if body is None else convert(body, Lockout)

    def fix_effects(self, target: str) -> tuple[CauseEffects, ...]:
        """Return what the fixes of the causes can do, as the last audit computed it."""
        query = select(TARGET.c.fix_effects).where(TARGET.c.name == target)
        with self.database.reading() as connection:
            body = connection.execute(query).scalar_one_or_none()
        return convert(body or (), tuple[CauseEffects, ...])

    def rate_limits(self) -> dict[str, tuple[RateLimit, ...]]:
        """Return Okta's rate limits from the last audit of each target."""
        with self.database.reading() as connection:
            rows = connection.execute(select(TARGET.c.name, TARGET.c.rate_limits)).all()
        return {row.name: convert(row.rate_limits or (), Limits) for row in rows}

    def changes(
        self, target: str, *, since: datetime, until: datetime | None = None
    ) -> tuple[StoredChange, ...]:
        """Return the changes first seen in a period, oldest first."""
        query = _of(CHANGE, target).where(*_between(CHANGE.c.until, since, until))
        return self._read(query.order_by(CHANGE.c.id), StoredChange)

    def period(
        self,
        target: str,
        *,
        since: datetime,
        until: datetime,
        weeks: int = 12,
        zone: tzinfo = UTC,
    ) -> History:
        """Return the data of a report on a period, read in one transaction.

        ``weeks`` and ``zone`` are those of the trend.
        """
        with self.database.reading():
            findings = self.findings(target, resolved_since=since)
            seen = (each.first_seen_at for each in findings if each.state is State.OPEN)
            return History(
                audits=self.audits(target, since=since, until=until),
                verdicts=self.verdicts(target, at=until),
                findings=findings,
                reopened=self._reopened(target, since=since, until=until),
                # A change that explains an open finding can be older than the period.
                changes=self.changes(target, since=min((since, *seen)), until=until),
                weeks=self.weeks(
                    target, since=until - timedelta(weeks=weeks), until=until, zone=zone
                ),
            )

    def weeks(
        self, target: str, *, since: datetime, until: datetime, zone: tzinfo = UTC
    ) -> tuple[StoredAudit, ...]:
        """Return the last audit of each week (Monday to Sunday, in ``zone``), oldest first."""
        query = (
            select(AUDIT.c.id, AUDIT.c.at)
            .join(TARGET)
            .where(TARGET.c.name == target, *_between(AUDIT.c.at, since, until))
            .order_by(AUDIT.c.id)
        )
        with self.database.reading() as connection:
            audits = connection.execute(query).all()
            # In the order of ids, so that the last audit of each week remains.
            last = {audit.at.astimezone(zone).isocalendar()[:2]: audit.id for audit in audits}
            return self._audits(_of(AUDIT, target).where(AUDIT.c.id.in_(last.values())))

    def _audits(self, query: Select[Any], limit: int | None = None) -> tuple[StoredAudit, ...]:
        with self.database.reading() as connection:
            latest = query.order_by(AUDIT.c.id.desc()).limit(limit)
            rows = connection.execute(latest).mappings().all()
            bodies = _bodies(connection, rows)
        return tuple(
            read(
                row,
                StoredAudit,
                rules=bodies[row["rules"]],
                counts=bodies[row["counts"]],
                endpoints=row["endpoints"] or {},
                request_ids=row["request_ids"] or {},
                **bodies[row["coverage"]],
            )
            for row in reversed(rows)
        )

    def _reopened(self, target: str, *, since: datetime, until: datetime) -> frozenset[str]:
        # Selected by the database: after a change that affects all users, nearly all transitions
        # of the period are of other kinds.
        query = (
            select(TRANSITION.c.finding_id)
            .join(TARGET, TARGET.c.id == TRANSITION.c.target_id)
            .where(TARGET.c.name == target, TRANSITION.c.transition == Transition.REOPENED)
            .where(*_between(TRANSITION.c.at, since, until))
        )
        with self.database.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def _verdicts(self, target: str, *which: ColumnElement[bool]) -> tuple[StoredVerdict, ...]:
        query = _of(VERDICT, target).where(*which).order_by(VERDICT.c.rule, VERDICT.c.id)
        return self._read(query, StoredVerdict)

    def _read(self, query: Select[Any], kind: type[T]) -> tuple[T, ...]:
        with self.database.reading() as connection:
            result = connection.execute(query)
            names = tuple(result.keys())
            return tuple(convert_each(_with_shared_values(names, result), kind))


def _with_shared_values(names: Sequence[str], rows: Iterable[Row[Any]]) -> Iterator[dict[str, Any]]:
    """Yield the rows as columns by name; equal values of a column with few values are one object.

    A database driver makes new objects for each row: 60 MB for 100,000 findings.
    """
    known: dict[Any, Any] = {}
    shared = [name for name in names if name in _FEW_VALUES]
    for row in rows:
        # Not by RowMapping: it finds the columns of each row anew, which takes twice as long.
        values = dict(zip(names, row, strict=True))
        for name in shared:
            value = values[name]
            values[name] = known.setdefault(value, value)
        yield values


_FEW_VALUES = frozenset({"at", "attribute", "cause", "kind", "rule", "target"})


def _of(table: Any, target: str, *columns: Any) -> Select[Any]:  # noqa: ANN401  (any of our tables)
    return (
        select(*(columns or (table,)), TARGET_NAME)
        .join(TARGET, TARGET.c.id == table.c.target_id)
        .where(TARGET.c.name == target)
    )


def _bodies(connection: Connection, audits: Sequence[RowMapping]) -> dict[str, Any]:
    """Return the documents of these audits by hash, each read once."""
    keys = {audit[name] for audit in audits for name in ("rules", "coverage", "counts")}
    owners = {audit["target_id"] for audit in audits}
    return {
        row.hash: row.body
        for some in chunks(sorted(keys))
        for row in connection.execute(
            select(DOCUMENT).where(DOCUMENT.c.target_id.in_(owners), DOCUMENT.c.hash.in_(some))
        )
    }


def _between(
    column: ColumnElement[datetime], since: datetime | None, until: datetime | None
) -> Iterable[ColumnElement[bool]]:
    """Build the conditions that a time is between the two, both included."""
    if since is not None:
        yield column >= since
    if until is not None:
        yield column <= until
