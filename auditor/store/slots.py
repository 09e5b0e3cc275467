"""Which scheduled times somebody has taken."""

from datetime import datetime

from auditor.store.database import upsert
from auditor.store.models import SLOT
from auditor.store.part import Part, locked_target


class Slots(Part):
    """Lets several schedulers share the work."""

    def take_slot(self, target: str, job: str, at: datetime) -> bool:
        """Tell whether this scheduled time of ``job`` is ours; of all who ask, one is told so."""
        with self.database.writing() as connection:
            row = {"target_id": locked_target(connection, target)["id"], "job": job, "at": at}
            taken = upsert(connection, SLOT).values(row).on_conflict_do_nothing()
            return connection.execute(taken.returning(SLOT.c.at)).first() is not None
