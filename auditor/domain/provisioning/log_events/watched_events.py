"""The events of the System Log that start a targeted audit, and the apps that they concern. Pure.

They derive from the table of event meanings. Assignments are not among them: they arrive all day
and can open nothing before the grace period.
"""

from typing import Final

from auditor.domain.okta import LogEvent
from auditor.domain.provisioning.log_events.event_meanings import (
    EVENT_MEANINGS,
    EventMeaning,
    EventProof,
    meaning_of,
    proof_of,
)
from auditor.domain.target import Target

WATCHED_PROOFS: Final = frozenset(
    {
        EventProof.APP_CHANGED,
        EventProof.MAPPING_CHANGED,
        EventProof.SCHEMA_CHANGED,
        EventProof.USER_TYPE_CHANGED,
        EventProof.GROUP_PUSH_CHANGED,
        EventProof.CREDENTIALS_REJECTED,
    }
)

WATCHED_MEANINGS: Final[tuple[EventMeaning, ...]] = tuple(
    each for each in EVENT_MEANINGS if WATCHED_PROOFS & {each.success, each.failure}
)
"""The meanings of the event types that are polled."""

_APP = "AppInstance"


def is_watched(event: LogEvent) -> bool:
    """Return whether an event proves a change, or refused credentials, that a rule is about."""
    return proof_of(event) in WATCHED_PROOFS


def concerns(event: LogEvent, target: Target) -> bool:
    """Return whether a watched event is about the target.

    An event that need not name the app concerns every target of the org, unless it names another
    app. The app that signs users in counts too.
    """
    meaning = meaning_of(event.type)
    ids = {each.id for each in event.targets}
    if ids & {target.app_id, target.sso_app_id}:
        return True
    names_an_app = any(each.type == _APP for each in event.targets)
    return meaning is not None and not meaning.names_app and not names_an_app
