"""What each event type of the System Log proves, by its outcome. Pure.

This table is the only place that gives an event a meaning; rules and attribution use it. An event
proves what its source documents, together with its outcome, and nothing else. A type that is not
in the table proves nothing.
"""

from enum import StrEnum

from msgspec import Struct

from auditor.domain.okta import LogEvent

SUCCESS = "SUCCESS"
FAILURE = "FAILURE"
_WITHOUT_EFFECT = frozenset({FAILURE, "SKIPPED", "DENY"})
"""Outcomes of an event that changed nothing."""

KNOWN_RESULTS = _WITHOUT_EFFECT | {SUCCESS, "ALLOW", "CHALLENGE"}
"""Outcomes whose effect is known. ``UNKNOWN``, which Okta documents too, states none."""


class EventProof(StrEnum):
    """What an event proves."""

    USER_CREATED = "user created"
    USER_UPDATED = "user updated"
    USER_REMOVED = "user removed"
    """Unleash accepted the deactivation or the deletion of an account."""

    USER_REACTIVATED = "user reactivated"
    CONNECTOR_ACCEPTED = "connector accepted"
    """Unleash answered a SCIM request that changes nothing."""

    GROUP_PUSHED = "group pushed"
    REMOVAL_SCHEDULED = "removal scheduled"
    PUSH_FAILED = "push failed"
    GROUP_PUSH_FAILED = "group push failed"
    CREDENTIALS_REJECTED = "credentials rejected"
    """Okta could not authenticate, or could not verify the API credentials."""

    INTEGRATION_FAILED = "integration failed"
    """The connector failed. Only the reason shows whether the credentials are the cause."""

    APP_CHANGED = "app changed"
    MAPPING_CHANGED = "mapping changed"
    SCHEMA_CHANGED = "app schema changed"
    USER_TYPE_CHANGED = "user type changed"
    PROFILE_CHANGED = "profile changed"
    ASSIGNMENT_CHANGED = "assignment changed"
    ASSIGNMENT_REMOVED = "assignment removed"
    GROUP_PUSH_CHANGED = "group push changed"
    NOTHING = "nothing"


class EventMeaning(Struct, frozen=True, kw_only=True):
    """The proof of one event type, or of all types that begin with it."""

    type: str
    """Event type; ``….*`` stands for every type with this beginning."""

    success: EventProof
    failure: EventProof
    source: str
    """Where the meaning is documented, and what is inferred."""

    names_app: bool = True
    """Whether the app is always among the targets. If not, the log is read for the whole org."""


_CSV = "event-types.csv"
_DEV = "Okta developer docs, System Log events"
_TASK = "the legacy deprovision_task_complete: a task marked complete, automatically or by hand"
_ERROR = "an error event with any outcome"
_USER, _GROUP = "application.provision.user", "application.provision.group_push"
P = EventProof

EVENT_MEANINGS = (
    *(
        EventMeaning(type=f"{_USER}.{name}", success=proof, failure=P.PUSH_FAILED, source=source)
        for name, proof, source in (
            ("push", P.USER_CREATED, f"{_CSV}: pushes a new user to the app"),
            ("push_profile", P.USER_UPDATED, f"{_CSV}: pushes the profile to the app"),
            ("deactivate", P.USER_REMOVED, f"{_CSV}: pushes the deactivation to the app"),
            ("delete", P.USER_REMOVED, f"{_CSV}, 2026.07.3: deletes the user in the SCIM app"),
            ("delete.schedule", P.REMOVAL_SCHEDULED, f"{_CSV}, 2026.07.3: no SCIM call yet"),
            ("remove_entitlements", P.CONNECTOR_ACCEPTED, f"{_CSV}, 2026.07.3"),
            ("remove_entitlements.schedule", P.NOTHING, f"{_CSV}, 2026.07.3: no SCIM call yet"),
            ("reactivate", P.USER_REACTIVATED, f"{_CSV}: pushes the reactivation to the app"),
            ("sync", P.CONNECTOR_ACCEPTED, f"{_CSV}: synchronizes a user; what it sent is unknown"),
            ("verify_exists", P.CONNECTOR_ACCEPTED, f"{_CSV}: asks the app whether a user exists"),
        )
    ),
    EventMeaning(
        type=f"{_USER}.deprovision", success=P.NOTHING, failure=P.NOTHING, source=f"{_CSV}: {_TASK}"
    ),
    *(
        EventMeaning(
            type=f"{_GROUP}.{name}",
            success=P.GROUP_PUSHED,
            failure=P.GROUP_PUSH_FAILED,
            source=_CSV,
        )
        for name in ("push_memberships", "pushed", "updated")
    ),
    EventMeaning(
        type=f"{_GROUP}.*",
        success=P.GROUP_PUSH_CHANGED,
        failure=P.GROUP_PUSH_FAILED,
        source=f"{_CSV}: changes the push mapping in Okta; no SCIM call is documented",
    ),
    *(
        EventMeaning(
            type=f"application.provision.{name}.*",
            success=P.NOTHING,
            failure=P.GROUP_PUSH_FAILED,
            source=f"{_CSV}: described as an error; what a SUCCESS means is not documented",
        )
        for name in ("group_membership", "group")
    ),
    *(
        EventMeaning(type=type_, success=proof, failure=proof, source=f"{_CSV}: {_ERROR}")
        for type_, proof in (
            ("application.integration.authentication_failure", P.CREDENTIALS_REJECTED),
            # Not a change, in spite of its name: "couldn't verify api credentials"
            # (event-types.csv).
            ("application.configuration.update", P.CREDENTIALS_REJECTED),
            ("application.configuration.detect_error", P.INTEGRATION_FAILED),
            ("application.integration.general_failure", P.INTEGRATION_FAILED),
            ("application.integration.api_query", P.INTEGRATION_FAILED),
            ("application.integration.rate_limit_exceeded", P.NOTHING),
            ("application.appuser.mapping.invalid.expression", P.NOTHING),
            ("app.user_management.grouppush.mapping.okta.users.ignored", P.GROUP_PUSH_FAILED),
        )
    ),
    *(
        EventMeaning(type=type_, success=proof, failure=P.NOTHING, source=f"{_DEV}; {_CSV}")
        for type_, proof in (
            ("application.lifecycle.*", P.APP_CHANGED),
            ("application.user_membership.remove", P.ASSIGNMENT_REMOVED),
            ("application.user_membership.revoke", P.ASSIGNMENT_REMOVED),
            ("application.user_membership.deprovision", P.ASSIGNMENT_REMOVED),
            ("application.user_membership.*", P.ASSIGNMENT_CHANGED),
            ("group.application_assignment.*", P.ASSIGNMENT_CHANGED),
        )
    ),
    *(
        EventMeaning(
            # No recording shows the targets of these events, so the app cannot be relied on.
            type=type_,
            success=proof,
            failure=P.NOTHING,
            names_app=False,
            source=f"{_DEV}; {_CSV}",
        )
        for type_, proof in (
            ("directory.mapping.update", P.MAPPING_CHANGED),
            ("application.provision.field_mapping_rule.change", P.MAPPING_CHANGED),
            ("directory.app_user_profile.update", P.SCHEMA_CHANGED),
            ("directory.app_user_profile.bootstrap", P.SCHEMA_CHANGED),
            ("directory.non_default_user_profile.create", P.USER_TYPE_CHANGED),
            ("user.account.update_profile", P.PROFILE_CHANGED),
        )
    ),
)
"""In order of precedence: the first meaning whose type matches an event applies."""

ERROR_EVENTS = frozenset(
    each.type for each in EVENT_MEANINGS if each.success is each.failure and "*" not in each.type
)
"""Events that never change anything, and name no author of a change."""

# Reversed, so that of two meanings with one type the first in the table stays.
_EXACT = {each.type: each for each in reversed(EVENT_MEANINGS) if not each.type.endswith("*")}
_PREFIXES = tuple(
    (each.type.removesuffix("*"), each) for each in EVENT_MEANINGS if each.type.endswith("*")
)


def meaning_of(event_type: str) -> EventMeaning | None:
    """Return the meaning of an event type; ``None``: the table does not contain it."""
    exact = _EXACT.get(event_type)
    return exact or next((each for begin, each in _PREFIXES if event_type.startswith(begin)), None)


def proof_of(event: LogEvent) -> EventProof:
    """Return what an event proves. The outcome counts first: only a SUCCESS proves a success."""
    meaning = meaning_of(event.type)
    if meaning is None:
        return EventProof.NOTHING
    if event.result == SUCCESS:
        return meaning.success
    # An error event means the same with any outcome, also with one that Okta does not document.
    if event.result == FAILURE or meaning.success is meaning.failure:
        return meaning.failure
    return EventProof.NOTHING


def can_prove(event: LogEvent, proof: EventProof) -> bool:
    """Whether an event with an outcome that Okta does not document can be this proof."""
    meaning = meaning_of(event.type)
    return meaning is not None and meaning.success is proof and event.result not in KNOWN_RESULTS


def is_change(event: LogEvent) -> bool:
    """Whether an event can have changed something: neither an error event nor a failed event."""
    return event.type not in ERROR_EVENTS and event.result not in _WITHOUT_EFFECT
