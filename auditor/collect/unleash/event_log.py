"""The part of Unleash's event log that concerns users and settings."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from auditor.collect.http import Endpoint
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import MAX_PAGE_BYTES
from auditor.collect.reader import Reader, Schema, Time, plausible
from auditor.domain.collections import MissingReason
from auditor.domain.unleash import Event, EventLog

EVENTS_ENDPOINT = Endpoint(path="/api/admin/search/events", cap=MAX_PAGE_BYTES)
EVENTS_PER_PAGE = 1000
FIRST_AUDIT_EVENTS_PERIOD = timedelta(days=7)
OVERLAP = timedelta(minutes=30)

COLLECTED_EVENT_TYPES = (
    "group-created",
    "group-deleted",
    "group-updated",
    "pat-created",
    "pat-deleted",
    "scim-groups-deleted",
    "scim-users-deleted",
    "service-account-created",
    "service-account-deleted",
    "service-account-updated",
    "setting-created",
    "setting-deleted",
    "setting-updated",
    "user-created",
    "user-deleted",
    "user-updated",
)
KEPT_EVENT_FIELDS = frozenset({"email", "enabled", "name", "rootRole", "username"})
"""The fields of an event's data that attribution compares. Others can hold anything."""


class EventRow(Schema):
    """One entry in the form of Unleash's answer."""

    id: int
    type: str
    created_at: Time
    created_by: str | None = None
    created_by_user_id: int | None = None
    data: dict[str, Any] | None = None
    pre_data: dict[str, Any] | None = None


class EventRows(Schema):
    """A page of the event search."""

    events: list[EventRow]
    total: int


def read_events(reader: Reader, *, last: datetime | None, at: datetime) -> EventLog:
    """Read the events between ``last``, less an overlap, and ``at``."""
    since = (at - FIRST_AUDIT_EVENTS_PERIOD if last is None else last - OVERLAP).astimezone(UTC)
    # The search accepts whole days only, in a time zone that is not documented. So one day more is
    # read, and events of other times are left out.
    found = _read_since(reader, (since - timedelta(days=1)).date())
    events = tuple(
        unleash_event(found[key]) for key in sorted(found) if since <= found[key].created_at <= at
    )
    return EventLog(since=since, until=at, events=events)


def _read_since(reader: Reader, day: date) -> dict[int, EventRow]:
    """Read all events since ``day``, by id.

    Pages are counted by offset, newest first. An event that is added meanwhile moves older events
    to a later page, where they appear again. No event is lost if as many were read as the answer
    counts.
    """
    query = {
        "type": f"IS_ANY_OF:{','.join(COLLECTED_EVENT_TYPES)}",
        "from": f"IS:{day}",
        "limit": str(EVENTS_PER_PAGE),
    }
    found: dict[int, EventRow] = {}
    offset = 0
    while True:
        page = reader.record(EventRows, EVENTS_ENDPOINT, **query, offset=str(offset))
        if not all(plausible(event.created_at) for event in page.events):
            raise CollectError(
                MissingReason.BAD_PAYLOAD, f"GET {EVENTS_ENDPOINT.path}", "an event without a date"
            )
        found.update((event.id, event) for event in page.events)
        offset += len(page.events)
        # A total that is too high would otherwise never be reached.
        if not page.events or offset >= page.total:
            break
    if len(found) < page.total:
        raise CollectError(
            MissingReason.TRUNCATED, f"GET {EVENTS_ENDPOINT.path}", "fewer events than counted"
        )
    return found


def unleash_event(row: EventRow) -> Event:
    """Return the entry with the parts that the auditor uses."""
    before, after = row.pre_data or {}, row.data or {}
    # A deletion has its object only in the data before it.
    subject = after.get("id", before.get("id"))
    return Event(
        id=row.id,
        type=row.type,
        created_at=row.created_at,
        created_by=row.created_by,
        created_by_id=row.created_by_user_id,
        subject=str(subject) if isinstance(subject, int | str) else None,
        before=_canonical(before),
        after=_canonical(after),
    )


def _canonical(values: Mapping[str, Any]) -> dict[str, str]:
    """Write the fields that are kept in canonical JSON."""
    return {
        name: msgspec.json.encode(values[name], order="sorted").decode()
        for name in sorted(KEPT_EVENT_FIELDS & values.keys())
    }
