"""The store as others see it."""

from auditor.store.forgetting import Forgetting
from auditor.store.incidents import Incidents
from auditor.store.memories import Memories
from auditor.store.outbox import Outbox
from auditor.store.reading import Reading
from auditor.store.recording import Recording
from auditor.store.upkeep import Upkeep


class Store(Memories, Recording, Outbox, Incidents, Reading, Upkeep, Forgetting):
    """Everything that is remembered; each method is one transaction."""
