"""One poll of an org's System Log: what was added since the last poll, for all targets of the org.

A polling request has no ``until``. It returns every event in the order in which Okta persisted it,
so that no late event is missed. Its ``next`` link is the cursor of the next poll.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from auditor.collect.http import ApiClient
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.paging import next_query
from auditor.collect.okta.log_reader import LOG_ENDPOINT, LogRow, any_of, log_event, log_time
from auditor.collect.reader import decode_rows, plausible
from auditor.domain.collections import MissingReason
from auditor.domain.okta import LogEvent
from auditor.domain.provisioning.log_events.event_meanings import EventMeaning
from auditor.domain.provisioning.log_events.watched_events import WATCHED_MEANINGS

EVENTS_PER_POLL_PAGE: Final = 1000
MAX_POLL_PAGES: Final = 5
"""Requests of one poll after a burst of events. The next poll continues."""

APPS: Final = "apps"
"""The key of a position under which the apps of its filter are kept. It is no parameter."""

_REJECTED: Final = frozenset({400, 404, 410})
"""Statuses of an answer to a cursor that Okta does not accept any more."""


class LogPoll(Struct, frozen=True, kw_only=True):
    """What one poll returned."""

    events: tuple[LogEvent, ...]
    """In the order in which they were persisted."""

    position: dict[str, str]
    """Where the next poll continues."""


class CursorRejectedError(Exception):
    """Okta does not accept the stored cursor: events may have been missed."""


def poll_log(
    org: ApiClient, app_ids: Iterable[str], position: Mapping[str, str] | None, since: datetime
) -> LogPoll:
    """Return the watched events after ``position``; ``None``: those since ``since``.

    A position of other apps counts as none, so ``since`` is the time of the last poll, less an
    overlap. Usually sends one request. Raises CollectError, and CursorRejectedError.
    """
    apps = ",".join(sorted(set(app_ids)))
    if position is not None and position.get(APPS) != apps:
        position = None  # a cursor is valid only for its filter
    expression = watch_filter(apps.split(","))
    fixed = {"sortOrder": "ASCENDING", "limit": str(EVENTS_PER_POLL_PAGE), "filter": expression}
    query = (
        {"since": log_time(since), **fixed} if position is None else {**_of_okta(position), **fixed}
    )
    events: list[LogEvent] = []
    for _ in range(MAX_POLL_PAGES):
        try:
            answer = org.get(LOG_ENDPOINT, hear=lambda _: None, **query)
        except CollectError as error:
            # Without a cursor, such a status refuses something else.
            if position is not None and error.missing.status in _REJECTED:
                raise CursorRejectedError from error
            raise
        rows = decode_rows(LogRow, answer)
        # An event that is left out would be lost, because the position moves beyond it.
        if not all(plausible(row.published) for row in rows):
            words = "an event without a date"
            raise CollectError(MissingReason.BAD_PAYLOAD, answer.name, words)
        events += map(log_event, rows)
        following = next_query(answer)
        # Without `until`, Okta sends a next link after the last event too.
        if following is None:
            words = "a polling request without a next link"
            raise CollectError(MissingReason.BAD_PAYLOAD, answer.name, words)
        # The link repeats the whole query. Only Okta's cursor is kept: the rest follows from the
        # filter.
        position = {name: each for name, each in following.items() if name not in fixed}
        query = {**position, **fixed}
        position[APPS] = apps
        # A page that is not full ends with the newest event. Its next link is the position.
        if len(rows) < EVENTS_PER_POLL_PAGE:
            break
    return LogPoll(events=tuple(events), position=dict(position or {}))


def _of_okta(position: Mapping[str, str]) -> dict[str, str]:
    return {name: each for name, each in position.items() if name != APPS}


def watch_filter(app_ids: Iterable[str]) -> str:
    """Return the filter for all watched events of these apps, and of their org."""
    apps = " or ".join(f'target.id eq "{each}"' for each in sorted(set(app_ids)))
    of_org = _types(each for each in WATCHED_MEANINGS if not each.names_app)
    of_apps = _types(each for each in WATCHED_MEANINGS if each.names_app)
    return f"({of_org}) or (({apps}) and ({of_apps}))"


def _types(meanings: Iterable[EventMeaning]) -> str:
    types = [each.type for each in meanings]
    exact = [each for each in types if not each.endswith("*")]
    begins = [each.removesuffix("*") for each in types if each.endswith("*")]
    covered = [each for each in exact if not each.startswith(tuple(begins))]
    return " or ".join(filter(None, (any_of("eq", covered), any_of("sw", begins))))
