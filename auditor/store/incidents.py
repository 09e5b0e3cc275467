"""What the channels speak about, and which scheduled times somebody has taken."""

from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import select

from auditor.errors import StoreError, nearest
from auditor.store.database import upsert
from auditor.store.models import INCIDENT, SLOT, TARGET
from auditor.store.part import Part, columns, locked_target, read
from auditor.store.records import Incident

KEY = ("target_id", "channel", "key")


class Incidents(Part):
    """Keeps threads by target, channel and key."""

    def incidents(self, target: str, channel: str | None = None) -> tuple[Incident, ...]:
        """Return what is spoken about, oldest first."""
        query = (
            select(INCIDENT, TARGET.c.name.label("target"))
            .join(TARGET)
            .where(TARGET.c.name == target)
            .order_by(INCIDENT.c.opened_at, INCIDENT.c.key)
        )
        if channel is not None:
            query = query.where(INCIDENT.c.channel == channel)
        with self._database.reading() as connection:
            return tuple(read(row, Incident) for row in connection.execute(query).mappings())

    def keep_incident(self, incident: Incident) -> None:
        """Write an incident, new or known, as it now is."""
        row = columns(incident)
        with self._database.writing() as connection:
            row["target_id"] = locked_target(connection, row.pop("target"))["id"]
            connection.execute(
                upsert(connection, INCIDENT)
                .values(row)
                .on_conflict_do_update(index_elements=KEY, set_=row)
            )

    def acknowledge(
        self, target: str, key: str, *, by: str, reason: str, until: datetime
    ) -> tuple[Incident, ...]:
        """Silence the reminders of an incident, in each channel; return it as it now is."""
        all_of_them = self.incidents(target)
        found = tuple(each for each in all_of_them if each.key == key)
        if not found:
            hint = nearest(key, (each.key for each in all_of_them))
            msg = f"{self._database.where}: target {target!r} has no incident {key!r}{hint}"
            raise StoreError(msg)
        acked = tuple(
            replace(each, acked_by=by, acked_reason=reason, acked_until=until) for each in found
        )
        for each in acked:
            self.keep_incident(each)
        return acked

    def take_slot(self, target: str, job: str, at: datetime) -> bool:
        """Tell whether this scheduled time of ``job`` is ours; of all who ask, one is told so."""
        with self._database.writing() as connection:
            row = {"target_id": locked_target(connection, target)["id"], "job": job, "at": at}
            taken = upsert(connection, SLOT).values(row).on_conflict_do_nothing()
            return connection.execute(taken).rowcount == 1
