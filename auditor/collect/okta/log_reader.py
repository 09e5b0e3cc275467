"""The part of the System Log that concerns the app's provisioning, read backwards in time."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final

import httpx
import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from auditor.collect.http import OUT_OF_TIME, Deadline, Endpoint
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import MAX_PAGE_BYTES
from auditor.collect.okta.org_log import OrgLog
from auditor.collect.reader import Reader, Schema, Time, cap_text, filled, plausible
from auditor.domain.collections import MissingReason
from auditor.domain.log_text.setting_notes import stated_date
from auditor.domain.okta import Actor, Log, LogEvent, LogTarget
from auditor.domain.provisioning.log_events.log_facts import PROFILE_UPDATE_EVENT, fold_events
from auditor.domain.target import Target

LOG_ENDPOINT = Endpoint(path="/api/v1/logs", cap=MAX_PAGE_BYTES)

SYSTEM_LOG_RETENTION: Final = timedelta(days=90)
"""How long Okta keeps its log."""

OVERLAP: Final = timedelta(minutes=30)
"""How much of the previous part is read again, because Okta can add an event late."""

FIRST_AUDIT_EVENTS_PERIOD: Final = timedelta(days=7)
"""A first audit keeps all events of this period, and only facts of the time before."""

PROFILE_UPDATES_PERIOD: Final = timedelta(days=2)
"""How far back updates of user profiles are read if no rule needs more."""

HORIZON_STEPS: Final = (timedelta(days=30), SYSTEM_LOG_RETENTION)
"""Lengths of the parts in which a first audit reads the time before
:data:`FIRST_AUDIT_EVENTS_PERIOD`."""

HORIZON_SHARE: Final = 0.4
"""The share of the audit's time after which no older part is begun."""

APP_EVENTS: Final = (
    "app.user_management.grouppush.",
    "application.account.",
    "application.appuser.mapping.",
    "application.configuration.",
    "application.integration.",
    "application.lifecycle.",
    "application.provision.field_mapping_rule.",
    "application.provision.group.",
    "application.provision.group_membership.",
    "application.provision.group_push.",
    "application.provision.user.",
    "application.user_membership.",
    "group.application_assignment.",
)
"""Prefixes of event types whose targets include the app."""

SSO_APP_EVENTS: Final = ("application.configuration.", "application.lifecycle.")
"""Prefixes of event types that are read of a separate app for single sign-on."""

ORG_EVENTS: Final = (
    "application.provision.field_mapping_rule.change",
    "directory.app_user_profile.bootstrap",
    "directory.app_user_profile.update",
    "directory.mapping.update",
    "directory.non_default_user_profile.create",
)
"""Event types that do not always name the app: their targets are not documented."""


APP_USER_EVENTS: Final = "application.provision.user."
"""Events of this family can name an app user and no app; no filter by app id returns these."""


class LogRange(Struct, frozen=True, kw_only=True):
    """How far back an audit reads the log."""

    last: datetime | None = None
    """The time up to which the log was read; ``None``: no audit has read the log of this app."""

    profile_updates_since: datetime | None = None
    """The time from which updates of user profiles are needed; ``None``:
    :data:`PROFILE_UPDATES_PERIOD`."""


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


class _DebugContext(Schema):
    debug_data: dict[str, Any] | None = None


class LogRow(Schema):
    """One entry in the form of Okta's answer."""

    uuid: str
    event_type: str
    published: Time
    actor: _Actor | None = None
    target: list[_Target] | None = None
    outcome: _Outcome | None = None
    client: _Client | None = None
    debug_context: _DebugContext | None = None


def read_log(
    reader: Reader, target: Target, span: LogRange, *, at: datetime, org: OrgLog, deadline: Deadline
) -> Log:
    """Read the log of the app up to ``at``.

    A first audit reads back to the oldest event that Okta keeps, as far as its time allows. Raises
    CollectError when the newest part cannot be read. An older part that cannot be read only moves
    ``complete_since``.
    """
    started = deadline.remaining
    since = at - FIRST_AUDIT_EVENTS_PERIOD if span.last is None else span.last - OVERLAP
    since = max(since, at - SYSTEM_LOG_RETENTION)
    updates_since = max(
        span.profile_updates_since or at - PROFILE_UPDATES_PERIOD, at - SYSTEM_LOG_RETENTION
    )
    # Updates of profiles name no app, so all targets of the org share what is read.
    updates = org.read(
        updates_since, at, lambda begin, end: _read(reader, profile_update_filter(), begin, end)
    )
    recent = _read_part(reader, target, since, at)
    events: dict[str, LogEvent] = {}
    for event in (*recent, *updates):
        # The parts overlap, and one event can match several filters.
        events.setdefault(event.id, event)
    earlier: tuple[LogEvent, ...] = ()
    complete_since = since
    for step in HORIZON_STEPS if span.last is None else ():
        older = _read_part(reader, target, at - step, complete_since)
        in_time = _while_time_is_left(older, deadline, started * (1 - HORIZON_SHARE))
        try:
            # While the rows arrive: the events of 90 days must not be in memory at once.
            earlier = fold_events(chain(in_time, earlier))
        except CollectError:
            break
        complete_since = at - step
    ordered = sorted(events.values(), key=lambda event: (event.published_at, event.id))
    return Log(
        since=since,
        until=at,
        events=tuple(ordered),
        earlier=tuple(event for event in earlier if event.id not in events),
        complete_since=complete_since,
        profile_updates_since=updates_since,
    )


def _read_part(
    reader: Reader, target: Target, since: datetime, until: datetime
) -> Iterator[LogEvent]:
    for expression in (app_filter(target), org_filter()):
        yield from _read(reader, expression, since, until)
    yield from _read_app_user_events(reader, since, until)


def _read_app_user_events(reader: Reader, since: datetime, until: datetime) -> Iterator[LogEvent]:
    """Read the pushes of the org that name an app user and no app.

    If the service rejects this filter with 400, it has no such events.
    """
    try:
        for event in _read(reader, app_user_filter(), since, until):
            types = {target.type for target in event.targets}
            if event.type.startswith(APP_USER_EVENTS) and types == {"AppUser"}:
                yield replace(event, of_unknown_app=True)
    except CollectError as error:
        if error.missing.status != httpx.codes.BAD_REQUEST:
            raise


def _while_time_is_left(
    events: Iterable[LogEvent], deadline: Deadline, reserve: float
) -> Iterator[LogEvent]:
    """Yield events until only ``reserve`` seconds of the audit are left, then raise."""
    if deadline.remaining < reserve:
        raise CollectError(MissingReason.TIMEOUT, f"GET {LOG_ENDPOINT.path}", OUT_OF_TIME)
    for event in events:
        if deadline.remaining < reserve:
            raise CollectError(MissingReason.TIMEOUT, f"GET {LOG_ENDPOINT.path}", OUT_OF_TIME)
        yield event


def app_filter(target: Target) -> str:
    """Return the filter for events that name the app, or the app that signs users in."""
    of_app = f'target.id eq "{target.app_id}" and ({any_of("sw", APP_EVENTS)})'
    if target.sso_app_id in {None, target.app_id}:
        return of_app
    of_sso_app = f'target.id eq "{target.sso_app_id}" and ({any_of("sw", SSO_APP_EVENTS)})'
    return f"({of_app}) or ({of_sso_app})"


def org_filter() -> str:
    """Return the filter for rare events that need not name the app."""
    return any_of("eq", ORG_EVENTS)


def app_user_filter() -> str:
    """Return the filter for pushes that name an app user and no app, of all apps of the org."""
    family = any_of("sw", (APP_USER_EVENTS,))
    return f'{family} and target.type eq "AppUser" and not (target.type eq "AppInstance")'


def profile_update_filter() -> str:
    """Return the filter for updates of user profiles, of all users of the org."""
    return any_of("eq", (PROFILE_UPDATE_EVENT,))


def any_of(operator: str, types: Iterable[str]) -> str:
    """Return the filter for events of one of these types, or of their beginnings (``sw``)."""
    return " or ".join(f'eventType {operator} "{each}"' for each in types)


def _read(reader: Reader, expression: str, since: datetime, until: datetime) -> Iterator[LogEvent]:
    rows = reader.rows(
        LogRow,
        LOG_ENDPOINT,
        since=log_time(since),
        # Without `until`, Okta's log never ends: each page has a next link.
        until=log_time(until),
        limit="1000",
        filter=expression,
    )
    for row in rows:
        if plausible(row.published) is None:
            raise CollectError(
                MissingReason.BAD_PAYLOAD, f"GET {LOG_ENDPOINT.path}", "an event without a date"
            )
        yield log_event(row)


def log_event(row: LogRow) -> LogEvent:
    """Return the entry with the parts that the auditor uses."""
    actor, outcome = row.actor or _Actor(), row.outcome or _Outcome()
    agent = (row.client and row.client.user_agent) or _UserAgent()
    debug = (row.debug_context and row.debug_context.debug_data) or {}
    return LogEvent(
        id=row.uuid,
        type=row.event_type,
        published_at=row.published,
        actor=Actor(
            id=actor.id or "",
            type=actor.type or "",
            name=cap_text(actor.display_name),
            login=cap_text(actor.alternate_id),
        ),
        targets=tuple(_targets(row.target or ())),
        result=filled(outcome.result),
        reason=cap_text(filled(outcome.reason)),
        user_agent=cap_text(agent.raw_user_agent),
        note=_note(row.event_type, debug),
    )


def _note(event_type: str, debug: Mapping[str, Any]) -> str | None:
    """Return the custom message; for a schedule, the date that any text of the data states."""
    # The debug data is no stable contract: a value of another type is left out.
    texts = {name: each for name, each in debug.items() if isinstance(each, str)}
    message = texts.get("customMessage")
    return cap_text(stated_date(event_type, message, *texts.values()) or message)


def _targets(targets: Iterable[_Target]) -> Iterable[LogTarget]:
    for each in targets:
        change = each.change_details or _Change()
        yield LogTarget(
            id=each.id or "",
            type=each.type or "",
            name=cap_text(each.display_name),
            login=cap_text(each.alternate_id),
            before=_canonical(change.before),
            after=_canonical(change.after),
        )


def _canonical(values: dict[str, Any] | None) -> dict[str, str]:
    """Write each value in canonical JSON: equal values are equal strings."""
    return {
        name: msgspec.json.encode(value, order="sorted").decode()
        for name, value in sorted((values or {}).items())
    }


def log_time(moment: datetime) -> str:
    """Write a time as the log's parameters need it."""
    # Okta's times have milliseconds.
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
