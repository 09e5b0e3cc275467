"""The store: one repository for each concept."""

from auditor.store.access_delays import AccessDelays
from auditor.store.audits import Audits
from auditor.store.backends.database import Database
from auditor.store.history_queries import HistoryQueries
from auditor.store.incidents.incident_actions import IncidentActions
from auditor.store.incidents.incident_state import IncidentRepository
from auditor.store.incidents.outbox import OutboxRepository
from auditor.store.retention import Retention
from auditor.store.source_facts import SourceFacts
from auditor.store.targets import Targets
from auditor.store.watch.targeted_audits import TargetedAudits
from auditor.store.watch.watch_repository import WatchRepository


class Store:
    """All repositories of one database. Each public method of a repository is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.targets = Targets(database)
        self.audits = Audits(database)
        self.history = HistoryQueries(database)
        self.outbox = OutboxRepository(database)
        self.incidents = IncidentRepository(database)
        self.actions = IncidentActions(database)
        self.facts = SourceFacts(database)
        self.delays = AccessDelays(database)
        self.watch = WatchRepository(database)
        self.targeted_audits = TargetedAudits(database)
        self.retention = Retention(database)
