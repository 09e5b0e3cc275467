"""What a run is given of the past: the lease, the target's identity, and its memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import Connection, func, select, update

from auditor.domain.target import Target
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.changes.diff import ConfigurationRead
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.tracked_findings import State, TrackedFinding
from auditor.errors import StoreError
from auditor.store.models import DOCUMENT, FINDING, LOOK, MARK, RUN, TARGET
from auditor.store.part import Part, chunks, locked_target, read, target_id
from auditor.store.told import spoken_about

KNOWN = tuple(FINDING.c[name] for name in TrackedFinding.__struct_fields__)
PLACE = ("org_url", "app_id", "unleash_url", "instance_id")


class Memories(Part):
    """Reads what a run must know, and keeps others away meanwhile."""

    @contextmanager
    def lease(self, target: str, timeout: timedelta = timedelta()) -> Iterator[None]:
        """Let nobody else audit ``target`` until the block ends; wait for ``timeout``."""
        taken = f"another run of {target!r} is under way; wait for it, or raise --lock-timeout"
        with self.database.lock(f"target-{target}", timeout, taken=taken):
            yield

    def identify(
        self, target: Target, instance_id: str | None = None, *, seen: bool = True
    ) -> None:
        """Remember where ``target`` points; refuse one that suddenly points elsewhere.

        ``instance_id`` is Unleash's own; as long as it stays the same, Unleash may move. Where
        the two sides were not ``seen``, nothing is remembered: the address may be a slip.
        """
        now = {
            "org_url": target.org_url,
            "app_id": target.app_id,
            "unleash_url": target.unleash_url,
            "instance_id": instance_id,
        }
        with self.database.writing() as connection:
            row = locked_target(connection, target.name)
            before = {name: row[name] for name in PLACE}
            differs = [
                f"{name} was {before[name]} and is {now[name]}"
                for name in _that_decide(before, now)
                if before[name] is not None and before[name] != now[name]
            ]
            if differs:
                msg = (
                    f"target {target.name!r} points elsewhere: {'; '.join(differs)} "
                    f"(if that is meant: `auditor db adopt {target.name}`)"
                )
                raise StoreError(msg)
            after = before | {name: value for name, value in now.items() if value is not None}
            if seen and after != before:
                connection.execute(update(TARGET).where(TARGET.c.id == row["id"]).values(after))

    def recall(self, target: str) -> PreviousAudits:
        """Return what earlier runs left for this one."""
        with self.database.reading() as connection:
            own = target_id(connection, target)
            if own is None:
                return PreviousAudits()
            alive = FINDING.c.target_id == own, FINDING.c.state != State.RESOLVED
            known = connection.execute(select(*KNOWN).where(*alive).order_by(FINDING.c.id))
            rules = (
                select(DOCUMENT.c.body)
                .join(TARGET, TARGET.c.id == DOCUMENT.c.target_id)
                .where(TARGET.c.id == own, TARGET.c.rules == DOCUMENT.c.hash)
            )
            looks = connection.execute(select(LOOK).where(LOOK.c.target_id == own)).mappings()
            marks = connection.execute(select(MARK).where(MARK.c.target_id == own)).mappings()
            return PreviousAudits(
                known=tuple(read(row, TrackedFinding) for row in known.mappings()),
                configurations=connection.execute(rules).scalar(),
                looks={row["collection"]: read(row, ConfigurationRead) for row in looks},
                marks={row["log"]: row["until"] for row in marks},
                last_run=last_run(connection, own),
                spoken=spoken_about(connection, target),
            )

    def with_returning(self, memory: PreviousAudits, evaluated: Evaluated) -> PreviousAudits:
        """Add those resolved findings to ``memory`` that are seen again."""
        known = {each.id for each in memory.known}
        new = sorted(finding.id for finding in evaluated.findings if finding.id not in known)
        own = select(RUN.c.target_id).where(RUN.c.id == memory.last_run).scalar_subquery()
        with self.database.reading() as connection:
            returning = tuple(
                read(row, TrackedFinding)
                for ids in chunks(new)
                for row in connection.execute(
                    select(*KNOWN).where(FINDING.c.target_id == own, FINDING.c.id.in_(ids))
                ).mappings()
            )
        return replace(memory, known=memory.known + returning)


def last_run(connection: Connection, target: int) -> int | None:
    """Return the id of the target's last run."""
    return connection.execute(select(func.max(RUN.c.id)).where(RUN.c.target_id == target)).scalar()


def _that_decide(before: dict[str, str | None], now: dict[str, str | None]) -> tuple[str, ...]:
    """Unleash is the same where its own id is; its address speaks only when that is not known."""
    known = before["instance_id"] is not None and now["instance_id"] is not None
    return ("org_url", "app_id", "instance_id" if known else "unleash_url")
