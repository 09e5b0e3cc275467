"""The part of the System Log that concerns the app. Pure."""

from collections.abc import Iterator
from datetime import datetime

from auditor.domain.collections import ASSIGNMENTS, LOG
from auditor.domain.context import RuleContext
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.okta import LogEvent
from auditor.domain.provisioning.app_users import (
    AppUsers,
    app_user_of,
    names_only_app_users,
    person_of,
)
from auditor.domain.provisioning.log_events.event_meanings import (
    FAILURE,
    SUCCESS,
    EventProof,
    is_change,
    proof_of,
)

__all__ = [
    "FAILURE",
    "PROOFS_OF_ACCEPTED_CREDENTIALS",
    "SUCCESS",
    "EventProof",
    "app_user_of",
    "app_users",
    "departures",
    "is_change",
    "is_of_app",
    "last_success",
    "of_app",
    "of_unknown_app",
    "person_of",
    "proof_of",
]

PUSH_PROFILE_EVENT = "application.provision.user.push_profile"
PROOFS_OF_ACCEPTED_CREDENTIALS = frozenset(
    {
        EventProof.USER_CREATED,
        EventProof.USER_UPDATED,
        EventProof.USER_REMOVED,
        EventProof.USER_REACTIVATED,
        EventProof.CONNECTOR_ACCEPTED,
        EventProof.GROUP_PUSHED,
    }
)
"""Proofs that Unleash accepted a request of the SCIM connector."""


def is_of_app(context: RuleContext, event: LogEvent) -> bool:
    """Whether the app is among the targets of an event, at any position."""
    return any(target.id == context.target.app_id for target in event.targets)


def of_app(context: RuleContext) -> Iterator[LogEvent]:
    """Yield the events of the app, oldest first; none when the log could not be read.

    An event that names an app user and no app is an event of this app if the log was read for this
    app, or if another event of this app names the same app user.
    """
    log = context.get(LOG)
    for event in log.known if log else ():
        # The finder is requested last: a targeted audit ends a check that needs the assignments.
        if is_of_app(context, event) or (
            names_only_app_users(event)
            and (not event.of_unknown_app or app_users(context).is_of_this_app(event))
        ):
            yield event


def last_success(context: RuleContext, *proofs: EventProof) -> LogEvent | None:
    """Return the latest event that proves one of ``proofs``; default: any accepted request."""
    wanted = frozenset(proofs) or PROOFS_OF_ACCEPTED_CREDENTIALS
    found = (event for event in of_app(context) if proof_of(event) in wanted)
    return max(found, key=lambda event: event.published_at, default=None)


def app_users(context: RuleContext) -> AppUsers:
    """Return the finder of the users of events that name only an app user."""
    return context.once(_app_users)


def _app_users(context: RuleContext) -> AppUsers:
    log = context.get(LOG)
    events = log.known if log else ()
    named = [each for each in events if is_of_app(context, each)]
    assignments = context.get(ASSIGNMENTS)
    return AppUsers(assignments or (), named, events)


def of_unknown_app(context: RuleContext) -> Iterator[LogEvent]:
    """Yield the events, oldest first, of a user of this app that can concern another app."""
    log = context.get(LOG)
    found = [each for each in log.known if each.of_unknown_app] if log else []
    if found:
        users = app_users(context)
        yield from (
            each for each in found if not users.is_of_this_app(each) and users.user_of(each)
        )


def departures(context: RuleContext) -> dict[str, datetime]:
    """Return when each user was last unassigned, by login in lower case and by Okta user id."""
    return {
        # Events are oldest first, so the last departure replaces earlier ones.
        key: event.published_at
        for event in of_app(context)
        if proof_of(event) is EventProof.ASSIGNMENT_REMOVED
        for target in event.targets
        if target.type != "AppInstance"
        for key in (normalize_login(target.login), target.id)
        if key
    }
