"""The part of the System Log that concerns the app. Pure."""

from collections.abc import Iterator
from datetime import datetime

from auditor.domain.collections import ASSIGNMENTS, LOG
from auditor.domain.context import RuleContext
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.okta import LogEvent, LogTarget
from auditor.domain.provisioning.event_meanings import (
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
    "AppUsers",
    "EventProof",
    "app_user_of",
    "departures",
    "is_change",
    "is_of_app",
    "last_success",
    "of_app",
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

_APP_USER = "AppUser"


def is_of_app(context: RuleContext, event: LogEvent) -> bool:
    """Whether the app is among the targets of an event, at any position."""
    return any(target.id == context.target.app_id for target in event.targets)


def of_app(context: RuleContext) -> Iterator[LogEvent]:
    """Yield the events of the app, oldest first; none when the log could not be read.

    An event that names an app user and no app is an event of this app: the log was read for it.
    """
    log = context.get(LOG)
    for event in log.known if log else ():
        if is_of_app(context, event) or _names_only_an_app_user(event):
            yield event


def last_success(context: RuleContext, *proofs: EventProof) -> LogEvent | None:
    """Return the latest event that proves one of ``proofs``; default: any accepted request."""
    wanted = frozenset(proofs) or PROOFS_OF_ACCEPTED_CREDENTIALS
    found = (event for event in of_app(context) if proof_of(event) in wanted)
    return max(found, key=lambda event: event.published_at, default=None)


def person_of(event: LogEvent) -> str | None:
    """Return the Okta user id among the targets of an event; ``None``: it names no user."""
    return next((target.id for target in event.targets if target.type == "User"), None)


def app_user_of(event: LogEvent) -> LogTarget | None:
    """Return the app user (``0ua…``) among the targets of an event."""
    return next((target for target in event.targets if target.type == _APP_USER), None)


class AppUsers:
    """Finds the user of an event whose only personal target is an app user."""

    def __init__(self, context: RuleContext) -> None:
        self._ids: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}
        for each in context.get(ASSIGNMENTS) or ():
            self._ids[each.user_id] = each.user_id
            for name in (each.login, each.username, each.email):
                if key := normalize_login(name):
                    self._names.setdefault(key, set()).add(each.user_id)

    def user_of(self, event: LogEvent) -> str | None:
        """Return the Okta user id of an event, joined by id, then by login; ``None``: unknown."""
        if user_id := person_of(event):
            return user_id
        app_user = app_user_of(event)
        if app_user is None:
            return None
        if app_user.id in self._ids:
            return app_user.id
        found = self._names.get(normalize_login(app_user.login) or "", set())
        return next(iter(found)) if len(found) == 1 else None


def departures(context: RuleContext) -> dict[str, datetime]:
    """Return when each user was last unassigned, by login in lower case and by Okta user id."""
    return {
        key: event.published_at
        for event in of_app(context)
        if proof_of(event) is EventProof.ASSIGNMENT_REMOVED
        for target in event.targets
        for key in (normalize_login(target.login), target.id)
        if key
    }


def _names_only_an_app_user(event: LogEvent) -> bool:
    return bool(event.targets) and all(target.type == _APP_USER for target in event.targets)
