"""The store as others see it."""

from auditor.store.forgetting import Forgetting
from auditor.store.memories import Memories
from auditor.store.outbox import Outbox
from auditor.store.reading import Reading
from auditor.store.recording import Recording
from auditor.store.slots import Slots
from auditor.store.told import Told
from auditor.store.upkeep import Upkeep


class Store(Memories, Recording, Outbox, Told, Slots, Reading, Upkeep, Forgetting):
    """Everything that is remembered; each method is one transaction."""
