"""Small facts about an org or an instance that later audits need. Keyed by origin, not by target.

One table holds four kinds: the last events of each operation in Okta's log, the position up to
which that log was read, the last response of the SCIM endpoint, and the last response of Slack
about the connections of the app.
"""

import hashlib
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, exists, select

from auditor.domain.okta import LogEvent
from auditor.domain.provisioning.log_events.log_facts import LogFacts, fact_key
from auditor.domain.unleash import ScimEndpoint
from auditor.engine.diagnostics.slack_connection import SlackConnectionFact
from auditor.serialization import convert
from auditor.store.backends.database import upsert
from auditor.store.bulk_insert import insert_rows
from auditor.store.rows import Repository, chunks
from auditor.store.tables import SOURCE_FACT

LOG_RANGE_FACT: Final = "log range"
"""The scope of the row with the start and the end of the log that was read of an app."""

SCIM_ENDPOINT_FACT: Final = "scim endpoint"
SLACK_ORIGIN: Final = "https://slack.com"
SLACK_CONNECTION: Final = "connection"


class _Range(Struct, frozen=True):
    until: datetime
    complete_since: datetime


class SourceFacts(Repository):
    """Reads the facts. An audit writes them in the transaction of its record."""

    def log_facts(self, org_url: str, app_id: str) -> LogFacts | None:
        """Return the stored facts of the log of an app; ``None``: the log was never read."""
        with self.database.reading() as connection:
            rows = connection.execute(
                select(SOURCE_FACT.c.key, SOURCE_FACT.c.body)
                .where(SOURCE_FACT.c.origin == org_url, SOURCE_FACT.c.scope == app_id)
                .order_by(SOURCE_FACT.c.at, SOURCE_FACT.c.key)
            ).all()
        bodies = {row.key: row.body for row in rows}
        if LOG_RANGE_FACT not in bodies:
            return None
        # The row of the position is stored among the events, and is none.
        span = convert(bodies.pop(LOG_RANGE_FACT), _Range)
        return LogFacts(
            until=span.until,
            complete_since=span.complete_since,
            events=tuple(convert(body, LogEvent) for body in bodies.values()),
        )

    def scim_endpoint(self, unleash_url: str) -> ScimEndpoint | None:
        """Return the last response of the SCIM endpoint of an instance."""
        with self.database.reading() as connection:
            body = connection.execute(
                select(SOURCE_FACT.c.body).where(*_is(unleash_url, SCIM_ENDPOINT_FACT, ""))
            ).scalar()
        return None if body is None else convert(body, ScimEndpoint)

    def slack_connection(self) -> SlackConnectionFact | None:
        """Return the last response of Slack about the connections of the app, if one is stored."""
        with self.database.reading() as connection:
            body = connection.execute(
                select(SOURCE_FACT.c.body).where(*_is(SLACK_ORIGIN, SLACK_CONNECTION, ""))
            ).scalar()
        return None if body is None else convert(body, SlackConnectionFact)

    def keep_slack_connection(self, found: SlackConnectionFact) -> None:
        """Store the response of Slack about the connections of the app."""
        with self.database.writing() as connection:
            _put(connection, _row(SLACK_ORIGIN, SLACK_CONNECTION, "", found.at, found))


def write_log_facts(connection: Connection, org_url: str, app_id: str, facts: LogFacts) -> None:
    """Write the facts that differ; nothing if the stored log position is newer."""
    span = _Range(facts.until, facts.complete_since)
    position = _row(org_url, app_id, LOG_RANGE_FACT, facts.until, span)
    # The position is written first. Its row stays locked until the transaction ends, so audits of
    # several targets that share an app write its facts one after the other.
    if not _put(connection, position, unless_newer=True):
        return
    own = SOURCE_FACT.c.origin == org_url, SOURCE_FACT.c.scope == app_id
    stored = {
        row.key: row.at
        for row in connection.execute(select(SOURCE_FACT.c.key, SOURCE_FACT.c.at).where(*own))
    }
    del stored[LOG_RANGE_FACT]
    events = {_key(event): event for event in facts.events}
    gone = [key for key in stored if key not in events]
    # The same key at the same time is the same event, so its row need not be written.
    changed = {key: each for key, each in events.items() if stored.get(key) != each.published_at}
    for keys in chunks([*gone, *(changed.keys() & stored.keys())]):
        connection.execute(delete(SOURCE_FACT).where(*own, SOURCE_FACT.c.key.in_(keys)))
    rows = (_row(org_url, app_id, key, each.published_at, each) for key, each in changed.items())
    insert_rows(connection, SOURCE_FACT, rows)


def write_scim_endpoint(connection: Connection, unleash_url: str, found: ScimEndpoint) -> None:
    """Store the last response of the SCIM endpoint of an instance."""
    _put(connection, _row(unleash_url, SCIM_ENDPOINT_FACT, "", found.at, found))


def drop_outdated_facts(connection: Connection, before: datetime) -> None:
    """Delete the facts of each app and instance that no audit has read since ``before``."""
    rows = SOURCE_FACT.alias()
    is_read = exists().where(
        rows.c.origin == SOURCE_FACT.c.origin,
        rows.c.scope == SOURCE_FACT.c.scope,
        # Each audit renews these rows: the position in a log, and facts that are one row.
        rows.c.key.in_((LOG_RANGE_FACT, "")),
        rows.c.at >= before,
    )
    connection.execute(delete(SOURCE_FACT).where(~is_read))


def _key(event: LogEvent) -> str:
    return hashlib.sha256("\0".join(fact_key(event)).encode()).hexdigest()[:32]


def _row(origin: str, scope: str, key: str, at: datetime, body: Struct) -> dict[str, Any]:
    plain = msgspec.to_builtins(body)
    return {"origin": origin, "scope": scope, "key": key, "at": at, "body": plain}


def _is(origin: str, scope: str, key: str) -> tuple[Any, ...]:
    columns = SOURCE_FACT.c
    return columns.origin == origin, columns.scope == scope, columns.key == key


def _put(connection: Connection, row: dict[str, Any], *, unless_newer: bool = False) -> bool:
    """Write the row; return whether it was written. ``unless_newer``: keep a newer row."""
    changing = {"at": row["at"], "body": row["body"]}
    written = connection.execute(
        upsert(connection, SOURCE_FACT)
        .values(row)
        .on_conflict_do_update(
            index_elements=("origin", "scope", "key"),
            set_=changing,
            where=SOURCE_FACT.c.at <= row["at"] if unless_newer else None,
        )
        .returning(SOURCE_FACT.c.key)
    )
    return written.scalar() is not None
