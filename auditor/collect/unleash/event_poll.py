"""One poll of the event search of an Unleash instance: what happened since the last poll."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

from auditor.collect.http import ApiClient
from auditor.collect.http.collect_error import CollectError
from auditor.collect.reader import decode_body, plausible
from auditor.collect.unleash.event_log import EVENTS_ENDPOINT, EventRows, unleash_event
from auditor.domain.collections import MissingReason
from auditor.domain.unleash import Event

WATCHED_EVENT_TYPES: Final = (
    "group-deleted",
    "group-updated",
    "scim-groups-deleted",
    "scim-users-deleted",
    "setting-created",
    "setting-deleted",
    "setting-updated",
    "user-deleted",
    "user-updated",
)
"""Event types of changes of admins, of SCIM settings and of SSO settings."""

EVENTS_PER_POLL: Final = 200
MAX_EVENT_PAGES: Final = 5
"""Requests of one poll after a burst of events. A longer burst counts as a lost position."""

LAST_ID: Final = "id"


class EventPoll(Struct, frozen=True, kw_only=True):
    """What one poll returned."""

    events: tuple[Event, ...]
    """Oldest first."""

    position: dict[str, str]
    """Where the next poll continues."""

    is_lost: bool = False
    """Whether events may have been missed: the instance was restored, or the burst is too long."""


def poll_events(
    instance: ApiClient, position: Mapping[str, str] | None, since: datetime, at: datetime
) -> EventPoll:
    """Return the watched events after ``position``; ``None``: those since a time.

    Ids of events grow. The search knows whole days only, newest first. Usually sends one request.
    Raises CollectError.
    """
    text = (position or {}).get(LAST_ID, "")
    last = int(text) if text.isdecimal() else None
    day = (since.astimezone(UTC) - timedelta(days=1)).date()
    query = {
        "type": f"IS_ANY_OF:{','.join(WATCHED_EVENT_TYPES)}",
        "from": f"IS:{day}",
        "limit": str(EVENTS_PER_POLL),
    }
    found: dict[int, Event] = {}
    reached = False
    for _ in range(MAX_EVENT_PAGES):
        # Counted by distinct ids: an event that is added meanwhile moves earlier rows to the next
        # page again.
        offset = str(len(found))
        answer = instance.get(EVENTS_ENDPOINT, hear=lambda _: None, **query, offset=offset)
        page = decode_body(EventRows, answer)
        if not all(plausible(each.created_at) for each in page.events):
            words = "an event without a date"
            raise CollectError(MissingReason.BAD_PAYLOAD, answer.name, words)
        found.update((each.id, unleash_event(each)) for each in page.events)
        reached = len(found) >= page.total or len(page.events) < EVENTS_PER_POLL
        if reached or (last is not None and min(found) <= last):
            reached = True
            break
    newest = max(found, default=last or 0)
    new = [each for key, each in sorted(found.items()) if last is None or key > last]
    # The search has whole days only.
    if last is None:
        new = [each for each in new if since <= each.created_at <= at]
    return EventPoll(
        events=tuple(new),
        position={LAST_ID: str(newest)},
        # Ids that are lower than before: a backup of the database was restored.
        is_lost=last is not None and (not reached or newest < last),
    )
