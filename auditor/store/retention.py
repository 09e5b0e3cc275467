"""Delete rows older than the configured retention, and people who must be forgotten."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)

from auditor.engine.findings.tracked_findings import State
from auditor.engine.incidents.incident import NotifiedState
from auditor.serialization import convert
from auditor.store.access_delays import prune_access_delays
from auditor.store.audit_rows import last_audit_id
from auditor.store.rows import Repository
from auditor.store.source_facts import drop_outdated_facts
from auditor.store.tables import (
    ACCESS_DELAY,
    AUDIT,
    CHANGE,
    CONFIGURATION_READ,
    DOCUMENT,
    FINDING,
    INCIDENT_ACTION,
    JOB_SLOT,
    OUTBOX,
    SOURCE_FACT,
    TARGET,
    THREAD,
    TRANSITION,
    VERDICT,
)
from auditor.store.targets import known_target_id

NAMES_RETENTION = timedelta(days=30)
"""How long names are kept in a finding after it was resolved, and in a delivered notification."""

MAX_AUDIT_GAP = timedelta(days=31)
"""A longer gap between two audits suggests that the clock was wrong."""

PRUNE_PAUSE = timedelta(days=7)
"""How long nothing is pruned after such a gap, so that a wrong clock can be noticed."""

_DOCUMENTS = (AUDIT.c.rules, AUDIT.c.coverage, AUDIT.c.counts)


class Retention(Repository):
    """Prunes the history of a target, and forgets people."""

    def prune(
        self, target: str, *, at: datetime, keep: timedelta, names: timedelta = NAMES_RETENTION
    ) -> bool:
        """Delete the rows older than ``keep``, and the names in rows older than ``names``.

        Findings that are not resolved, the threads of the target's incidents and its latest audit
        are never deleted. Returns ``False``, and deletes nothing, when the clock may be wrong: the
        time between two audits of the last days was longer than :data:`MAX_AUDIT_GAP`.
        """
        # In steps of one day: most audits of a day find no old audit, and leave out the slow search
        # for documents without a reference.
        old = (at - keep).replace(hour=0, minute=0, second=0, microsecond=0)
        names_old = at - names
        long_ended = or_(OUTBOX.c.delivered_at < names_old, OUTBOX.c.failed_at < names_old)
        resolved = FINDING.c.state == State.RESOLVED
        with self.database.writing() as connection:
            own = known_target_id(connection, self.database.where, target)
            if _may_have_wrong_clock(connection, own, at):
                return False
            alive = select(FINDING.c.id).where(FINDING.c.target_id == own, ~resolved)
            old_audits = and_(AUDIT.c.at < old, AUDIT.c.id != last_audit_id(connection, own))
            # An audit refers to its documents, so only its deletion can leave one without a
            # reference.
            if _delete(connection, own, AUDIT, old_audits):
                _delete(connection, own, DOCUMENT, DOCUMENT.c.hash.not_in(_used_by(own)))
            threads = THREAD.c.key.not_in(_incident_threads(connection, own))
            for table, outdated in (
                # A current verdict has no end, and no comparison with NULL is true.
                (VERDICT, VERDICT.c.until < old),
                # An open finding keeps its whole history.
                (TRANSITION, and_(TRANSITION.c.at < old, TRANSITION.c.finding_id.not_in(alive))),
                (FINDING, and_(resolved, FINDING.c.resolved_at < old)),
                (CHANGE, CHANGE.c.until < old),
                (OUTBOX, long_ended),
                (THREAD, and_(THREAD.c.at < old, threads)),
                (JOB_SLOT, JOB_SLOT.c.at < old),
                (INCIDENT_ACTION, INCIDENT_ACTION.c.at < old),
            ):
                _delete(connection, own, table, outdated)
            prune_access_delays(connection, own, old)
            drop_outdated_facts(connection, old)
            connection.execute(
                update(FINDING)
                # Rows without names are not written again in each audit.
                .where(FINDING.c.target_id == own, resolved, FINDING.c.message != "")
                .where(FINDING.c.resolved_at < names_old)
                .values(
                    subject_name="",
                    message="",
                    reason=None,
                    evidence=[],
                    affected=[],
                    remediation=None,
                )
            )
            return True

    def forget(self, person: str) -> int:
        """Remove a person, given by id, email, login or name, and return how many rows changed.

        A person who is listed with an id and a name is removed under both. Resolved findings about
        that id, and its delays, are deleted. The next audit names the person again in an open
        finding, unless the person has left Okta and Unleash.
        """
        with self.database.writing() as connection:
            # This comes before the deletion: the deleted findings connect ids with names.
            called = _all_names(connection, person)
            gone = connection.execute(
                delete(FINDING).where(
                    FINDING.c.subject.in_(called), FINDING.c.state == State.RESOLVED
                )
            )
            delays = connection.execute(
                delete(ACCESS_DELAY).where(
                    or_(ACCESS_DELAY.c.user.in_(called), ACCESS_DELAY.c.account.in_(called))
                )
            )
            # The longest comes first, because an email can begin with the login.
            longest_first = sorted(map(re.escape, called), key=len, reverse=True)
            # Whole words only, or "Ann" would change "annual".
            pattern = re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)
            changed = sum(
                _rewrite(connection, table, names, pattern) for table, names in COLUMNS_WITH_NAMES
            )
        return gone.rowcount + delays.rowcount + changed


def _delete(connection: Connection, own: int, table: Table, outdated: ColumnElement[bool]) -> int:
    """Delete the outdated rows of a target, and return their number."""
    return connection.execute(delete(table).where(table.c.target_id == own, outdated)).rowcount


def _used_by(target: int) -> CompoundSelect[str]:
    """Select the hashes of the documents that the target or one of its audits refers to."""
    audits = (select(column).where(AUDIT.c.target_id == target) for column in _DOCUMENTS)
    return (
        select(TARGET.c.rules)
        .where(TARGET.c.id == target, TARGET.c.rules.is_not(None))
        .union(*audits)
    )


def _incident_threads(connection: Connection, own: int) -> tuple[str, ...]:
    """Return the keys of the threads that the target's incidents continue or edit."""
    query = select(TARGET.c.notified_state).where(TARGET.c.id == own)
    stored = connection.execute(query).scalar()
    state = convert(stored, NotifiedState) if stored is not None else None
    return tuple({each.thread for each in state.incidents.values()}) if state else ()


def _may_have_wrong_clock(connection: Connection, own: int, at: datetime) -> bool:
    """Return whether two audits of the last days, or the last one and ``at``, are too far apart."""
    times = select(AUDIT.c.at).where(AUDIT.c.target_id == own, AUDIT.c.at <= at)
    recent = times.where(AUDIT.c.at > at - PRUNE_PAUSE).order_by(AUDIT.c.at)
    before = select(func.max(AUDIT.c.at)).where(
        AUDIT.c.target_id == own, AUDIT.c.at <= at - PRUNE_PAUSE
    )
    first = connection.execute(before).scalar()
    known = [*([first] if first else []), *connection.execute(recent).scalars(), at]
    return any(later - earlier > MAX_AUDIT_GAP for earlier, later in pairwise(known))


FORGOTTEN_NAME = "(forgotten)"

COLUMNS_WITH_NAMES = (
    (
        FINDING,
        ("subject_name", "message", "reason", "waiver", "evidence", "affected", "remediation"),
    ),
    (
        CHANGE,
        ("before", "after", "name", "before_name", "after_name", "actors", "unknown_reason"),
    ),
    (CONFIGURATION_READ, ("names",)),
    (OUTBOX, ("payload", "error", "receipt")),
    (TARGET, ("notified_state", "admin_access", "fix_effects")),
    (VERDICT, ("reasons",)),
    (SOURCE_FACT, ("body",)),
    (INCIDENT_ACTION, ("by", "title", "reason", "owner", "note")),
)
"""The columns that can contain names of people."""


def _all_names(connection: Connection, person: str) -> set[str]:
    """Return ``person``, and the ids and names of the people that match it."""
    wanted = person.casefold()
    called = {person}
    for affected in connection.execute(select(FINDING.c.affected)).scalars():
        for each in affected:
            if wanted in {each["id"].casefold(), each["name"].casefold()}:
                called |= {each["id"], each["name"]}
    for path, name in connection.execute(select(CHANGE.c.path, CHANGE.c.name)):
        if wanted in {name.casefold(), path.removeprefix("admin[").removesuffix("]").casefold()}:
            called |= {name}
    # An empty name would match everywhere.
    return called - {""}


def _rewrite(
    connection: Connection, table: Table, names: tuple[str, ...], pattern: re.Pattern[str]
) -> int:
    """Replace what ``pattern`` matches in these columns, and return the number of changed rows."""
    keys = list(table.primary_key.columns)
    rewritten = 0
    for row in connection.execute(select(*keys, *(table.c[name] for name in names))).mappings():
        before = {name: row[name] for name in names}
        after = {name: _without(value, pattern) for name, value in before.items()}
        if after != before:
            same = (key == row[key.name] for key in keys)
            connection.execute(update(table).where(*same).values(after))
            rewritten += 1
    return rewritten


def _without(value: Any, pattern: re.Pattern[str]) -> Any:  # noqa: ANN401  (any JSON)
    match value:
        case str():
            return pattern.sub(FORGOTTEN_NAME, value)
        case list():
            return [_without(each, pattern) for each in value]
        case dict():
            return {key: _without(each, pattern) for key, each in value.items()}
        case _:
            return value
