"""Who did what: the stretch of the System Log that concerns the app's provisioning."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import field

from auditor.collect.http import Endpoint
from auditor.collect.http.limits import PAGE
from auditor.collect.reader import Reader, Schema, Time
from auditor.domain.okta import Actor, Log, LogEvent, LogTarget

LOG = Endpoint(path="/api/v1/logs", cap=PAGE)

KEPT = timedelta(days=90)
"""How long Okta keeps its log."""

OVERLAP = timedelta(minutes=30)
"""Events may arrive late: a stretch begins before the end of the last one."""

FIRST_LOOK = timedelta(days=7)

APP_EVENTS = (
    "application.appuser.mapping.",
    "application.configuration.",
    "application.integration.authentication_failure",
    "application.integration.rate_limit_exceeded",
    "application.lifecycle.",
    "application.provision.group_push.",
    "application.provision.user.",
    "application.user_membership.",
    "group.application_assignment.",
)
"""Beginnings of event types that name the app among their targets."""

ORG_EVENTS = (
    "directory.app_user_profile.update",
    "directory.mapping.update",
    "user.account.update_profile",
)
"""They may not name the app: what a mapping's event has for targets is written down nowhere."""


class _Actor(Schema):
    id: str | None = None
    type: str | None = None
    alternate_id: str | None = None
    display_name: str | None = None


class _Change(Schema):
    before: dict[str, Any] | None = field(default=None, name="from")
    after: dict[str, Any] | None = field(default=None, name="to")


class _Target(_Actor):
    change_details: _Change | None = None


class _Outcome(Schema):
    result: str | None = None
    reason: str | None = None


class _UserAgent(Schema):
    raw_user_agent: str | None = None


class _Client(Schema):
    user_agent: _UserAgent | None = None


class _DebugData(Schema):
    custom_message: str | None = None


class _DebugContext(Schema):
    debug_data: _DebugData | None = None


class _Event(Schema):
    uuid: str
    event_type: str
    published: Time
    actor: _Actor | None = None
    target: list[_Target] | None = None
    outcome: _Outcome | None = None
    client: _Client | None = None
    debug_context: _DebugContext | None = None


def read_log(reader: Reader, app_id: str, *, last: datetime | None, at: datetime) -> Log:
    """Read what happened between ``last``, less an overlap, and ``at``.

    ``until`` is always sent: without it Okta's log never ends.
    """
    since = at - FIRST_LOOK if last is None else last - OVERLAP
    since = max(since, at - KEPT)
    of_app = " or ".join(f'eventType sw "{each}"' for each in APP_EVENTS)
    of_org = " or ".join(f'eventType eq "{each}"' for each in ORG_EVENTS)

    def read(expression: str) -> list[LogEvent]:
        rows = reader.rows(
            _Event,
            LOG,
            since=_text(since),
            until=_text(at),
            limit="1000",
            filter=expression,
        )
        return [_event(row) for row in rows]

    parts = reader.each(read, [f'target.id eq "{app_id}" and ({of_app})', of_org])
    events = {event.id: event for part in parts for event in part}
    ordered = sorted(events.values(), key=lambda event: (event.published_at, event.id))
    return Log(since=since, until=at, events=tuple(ordered))


def _event(row: _Event) -> LogEvent:
    actor, outcome = row.actor or _Actor(), row.outcome or _Outcome()
    agent = (row.client and row.client.user_agent) or _UserAgent()
    debug = (row.debug_context and row.debug_context.debug_data) or _DebugData()
    return LogEvent(
        id=row.uuid,
        type=row.event_type,
        published_at=row.published,
        actor=Actor(
            id=actor.id or "",
            type=actor.type or "",
            name=actor.display_name,
            login=actor.alternate_id,
        ),
        targets=tuple(_targets(row.target or ())),
        result=outcome.result,
        reason=outcome.reason,
        user_agent=agent.raw_user_agent,
        note=debug.custom_message,
    )


def _targets(targets: Iterable[_Target]) -> Iterable[LogTarget]:
    for each in targets:
        change = each.change_details or _Change()
        yield LogTarget(
            id=each.id or "",
            type=each.type or "",
            name=each.display_name,
            login=each.alternate_id,
            before=_canonical(change.before),
            after=_canonical(change.after),
        )


def _canonical(values: dict[str, Any] | None) -> dict[str, str]:
    """Write each value in canonical JSON: equal values are equal strings."""
    return {
        name: msgspec.json.encode(value, order="sorted").decode()
        for name, value in sorted((values or {}).items())
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
