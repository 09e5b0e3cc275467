"""The four provisioning actions of the app, and the evidence that one is on. Pure.

In order of trust: the app's capabilities, a dated switch in the System Log, and the app's features.
A feature stands for the box in the connector or the switch under To App; which one is unknown for
a custom app (facts on Okta). The log can contradict the features.
"""

from datetime import datetime

from msgspec import Struct

from auditor.domain.collections import APP, CAPABILITIES
from auditor.domain.context import RuleContext
from auditor.domain.log_text.setting_notes import DEACTIVATION_ON, KNOWN_NOTES
from auditor.domain.okta import LogEvent
from auditor.domain.provisioning.log_events import system_log
from auditor.domain.provisioning.log_events.event_meanings import EventProof, is_change
from auditor.domain.reasons import MissingDataReason, Undecidable
from auditor.text import format_time


class PushFlag(Struct, frozen=True, kw_only=True):
    """One of the four provisioning actions."""

    name: str
    """Subject of its findings; never changes."""

    title: str
    """Name for readers: ``Create users``."""

    feature: str
    capability: str = ""
    """Field of :class:`~auditor.domain.okta.Capabilities`; empty: Okta documents none."""

    proof: EventProof
    """What a push of this kind proves when it succeeds."""


PUSH_FLAGS = (
    PushFlag(
        name="create-users",
        title="Create users",
        feature="PUSH_NEW_USERS",
        capability="create",
        proof=EventProof.USER_CREATED,
    ),
    PushFlag(
        name="update-attributes",
        title="Update user attributes",
        feature="PUSH_PROFILE_UPDATES",
        capability="update",
        proof=EventProof.USER_UPDATED,
    ),
    PushFlag(
        name="deactivate-users",
        title="Deactivate users",
        feature="PUSH_USER_DEACTIVATION",
        capability="deactivate",
        proof=EventProof.USER_REMOVED,
    ),
    PushFlag(
        name="push-groups",
        title="Push groups",
        feature="GROUP_PUSH",
        proof=EventProof.GROUP_PUSHED,
    ),
)


PUSHES = (*(flag.proof for flag in PUSH_FLAGS), EventProof.USER_REACTIVATED)
"""What a successful push proves, of any kind."""


class DatedSwitch(Struct, frozen=True, kw_only=True):
    """The latest entry of the System Log that turned an action on or off."""

    is_on: bool
    at: datetime
    actor: str


def shows_provisioning(context: RuleContext) -> bool | None:
    """Whether the features contain SCIM or a push feature; ``None``: they were not read."""
    app = context.get(APP)
    if app is None or app.features is None:
        return None
    return "SCIM_PROVISIONING" in app.features or any(
        feature.startswith("PUSH_") for feature in app.features
    )


def is_provisioning(context: RuleContext) -> bool | None:
    """Whether the app provisions; ``None``: features and log contradict, or nothing was read."""
    shown = shows_provisioning(context)
    if shown is False and contradicting_push(context):
        return None
    return shown


def contradicting_push(context: RuleContext, flag: PushFlag | None = None) -> LogEvent | None:
    """Return the latest successful push that contradicts a feature that is missing.

    ``flag``: a push of this kind; ``None``: of any kind. It is newer than the last change of the
    app. While the date of that change is unknown, any push can be newer.
    """
    event = system_log.last_success(context, *([flag.proof] if flag else PUSHES))
    app = context.get(APP)
    is_undated = app is not None and app.updated_at is None
    return event if is_undated else _if_since_app_changed(context, event)


def when_pushed(context: RuleContext, push: LogEvent) -> str:
    """Return when a contradicting push succeeded: ``on …, after the app last changed``."""
    app = context.get(APP)
    changed = (
        "after the app last changed"
        if app and app.updated_at
        else "and it is unknown when the app last changed"
    )
    return f"on {format_time(push.published_at)}, {changed}"


def read_from_capabilities(context: RuleContext, flag: PushFlag) -> bool | None:
    """Return the state in the app's capabilities; ``None``: most apps report none."""
    capabilities = context.get(CAPABILITIES)
    state = getattr(capabilities, flag.capability, None) if flag.capability else None
    # A value that Okta does not document proves neither state.
    return {"ENABLED": True, "DISABLED": False}.get(state or "")


def read_from_features(context: RuleContext, flag: PushFlag) -> bool | None:
    """Return whether the app has the feature; ``None``: the features were not read."""
    app = context.get(APP)
    return flag.feature in app.features if app and app.features is not None else None


def reported_state(context: RuleContext, name: str) -> bool | None:
    """Return whether an action is on, by the capabilities, else by the features.

    ``None``: neither was read. The System Log is not asked; it can contradict both.
    """
    flag = next(each for each in PUSH_FLAGS if each.name == name)
    state = read_from_capabilities(context, flag)
    return read_from_features(context, flag) if state is None else state


def dated_switch(context: RuleContext, flag: PushFlag) -> DatedSwitch | None:
    """Return the latest dated switch of an action; only Deactivate Users has one (KB)."""
    if flag.name != "deactivate-users":
        return None
    found = None
    # Events are oldest first, so the last one found is the latest.
    for event in system_log.of_app(context):
        text = (event.note or "").strip().lower()
        if is_change(event) and text in KNOWN_NOTES:
            name = event.actor.name or event.actor.login or event.actor.id
            found = DatedSwitch(is_on=text == DEACTIVATION_ON, at=event.published_at, actor=name)
    return found


def success_after_switch(
    context: RuleContext, flag: PushFlag, switch: DatedSwitch
) -> LogEvent | None:
    """Return the latest successful push of this kind after a dated switch."""
    event = system_log.last_success(context, flag.proof)
    return event if event and event.published_at > switch.at else None


def last_success_since_change(context: RuleContext, flag: PushFlag) -> LogEvent | None:
    """Return the latest successful push of this kind after the app last changed."""
    return _if_since_app_changed(context, system_log.last_success(context, flag.proof))


def are_features_contradicted(context: RuleContext) -> bool:
    """Whether a push succeeded without its feature, so that the features prove nothing."""
    return any(
        read_from_features(context, flag) is False
        # Where Okta reports capabilities, no rule reads the feature.
        and read_from_capabilities(context, flag) is None
        and contradicting_push(context, flag)
        for flag in PUSH_FLAGS
    )


def unknown_reason(context: RuleContext, flag: PushFlag) -> MissingDataReason | Undecidable:
    """Return why the state of a flag is unknown, with both contradicting sources."""
    success = contradicting_push(context, flag)
    if success and read_from_capabilities(context, flag) is False:
        why = (
            "Okta reports the action as off (capability disabled), but a push of this kind "
            f"succeeded {when_pushed(context, success)}"
        )
        return Undecidable(what=flag.title, why=why)
    if contradiction := _contradicted_switch(context, flag):
        return contradiction
    if reason := context.snapshot.missing_reason(APP, flag.title):
        return reason
    if read_from_features(context, flag) is None:
        return Undecidable(what=flag.title, why="Okta's answer contains no features of the app")
    if success is None:
        other = next(each for each in PUSH_FLAGS if _contradicts(context, each))
        why = (
            f"the feature {other.feature} is missing, but such a push succeeded after the app last "
            f"changed, so the app's features do not show the state of {flag.feature}"
        )
        return Undecidable(what=flag.title, why=why)
    why = (
        f"Okta reports the action as off ({flag.feature} missing), but a push of this kind "
        f"succeeded {when_pushed(context, success)}"
    )
    return Undecidable(what=flag.title, why=why)


def _contradicted_switch(context: RuleContext, flag: PushFlag) -> Undecidable | None:
    """Return why a dated switch and another source contradict each other; ``None``: they do not."""
    switch = dated_switch(context, flag)
    if switch is None:
        return None
    state = "on since" if switch.is_on else "off on"
    dated = f"the System Log dates the switch to {state} {format_time(switch.at)}"
    if not switch.is_on and (push := success_after_switch(context, flag, switch)):
        at = format_time(push.published_at)
        return Undecidable(
            what=flag.title, why=f"{dated}, but a push of this kind succeeded on {at}"
        )
    if switch.is_on and read_from_features(context, flag) is False:
        why = f"{dated}, but Okta reports the action as off ({flag.feature} missing)"
        return Undecidable(what=flag.title, why=why)
    return None


def _contradicts(context: RuleContext, flag: PushFlag) -> bool:
    return read_from_features(context, flag) is False and bool(contradicting_push(context, flag))


def _if_since_app_changed(context: RuleContext, event: LogEvent | None) -> LogEvent | None:
    app = context.get(APP)
    if app is None or app.updated_at is None or event is None:
        return None
    return event if event.published_at > app.updated_at else None
