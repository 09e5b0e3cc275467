"""Why the state of a provisioning action is unknown, and the pushes that contradict it."""

from datetime import timedelta

import pytest

from auditor.domain.context import RuleContext
from auditor.domain.okta import LogEvent
from auditor.domain.provisioning.push_features import (
    PUSH_FLAGS,
    DatedSwitch,
    success_after_switch,
    unknown_reason,
)
from auditor.domain.reasons import MissingDataReason, Undecidable
from tests.support.builders.contexts import (
    AT,
    FEATURES,
    app,
    capabilities,
    clean_snapshot,
    event,
    log,
    missing,
    on_app,
    on_person,
)

CREATE, UPDATE, DEACTIVATE, GROUPS = PUSH_FLAGS
SWITCHED = "application.lifecycle.update"
OFF_NOTE, ON_NOTE = "Stop deprovisioning unassigned users", "Deprovisioning unassigned users"
CREATED = "application.provision.user.push"
DEACTIVATED = "application.provision.user.deactivate"


def pushed(kind: str, minutes_ago: float = 60) -> LogEvent:
    return event(kind, on_app(), on_person(), minutes_ago=minutes_ago)


def switched(note: str, minutes_ago: float = 90) -> LogEvent:
    return event(SWITCHED, on_app(), minutes_ago=minutes_ago, note=note)


def context(*events: LogEvent, **changes) -> RuleContext:
    return RuleContext(clean_snapshot(log=log(*events), **changes))


def without(feature: str):
    return app(features=FEATURES - {feature})


AFTER_CHANGE = "succeeded on 2026-11-02 11:00 UTC, after the app last changed"
DATED_OFF = "the System Log dates the switch to off on 2026-11-02 10:30 UTC"
DATED_ON = "the System Log dates the switch to on since 2026-11-02 10:30 UTC"


def other_feature(feature: str, asked: str) -> str:
    return (
        f"the feature {feature} is missing, but such a push succeeded after the app last changed, "
        f"so the app's features do not show the state of {asked}"
    )


CONTRADICTED = {
    "a capability": (
        CREATE,
        context(pushed(CREATED), capabilities=capabilities(create="DISABLED")),
        "Okta reports the action as off (capability disabled), but a push of this kind "
        + AFTER_CHANGE,
    ),
    "a feature": (
        CREATE,
        context(pushed(CREATED), app=without("PUSH_NEW_USERS")),
        "Okta reports the action as off (PUSH_NEW_USERS missing), but a push of this kind "
        + AFTER_CHANGE,
    ),
    "a feature of another action": (
        UPDATE,
        context(
            pushed(CREATED), app=app(features=FEATURES - {"PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES"})
        ),
        other_feature("PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES"),
    ),
    "a later feature of another action": (
        CREATE,
        context(
            pushed(DEACTIVATED),
            app=app(features=FEATURES - {"PUSH_NEW_USERS", "PUSH_USER_DEACTIVATION"}),
        ),
        other_feature("PUSH_USER_DEACTIVATION", "PUSH_NEW_USERS"),
    ),
    "a switch to off": (
        DEACTIVATE,
        context(switched(OFF_NOTE), pushed(DEACTIVATED)),
        f"{DATED_OFF}, but a push of this kind succeeded on 2026-11-02 11:00 UTC",
    ),
    "a switch to on": (
        DEACTIVATE,
        context(switched(ON_NOTE), app=without("PUSH_USER_DEACTIVATION")),
        f"{DATED_ON}, but Okta reports the action as off (PUSH_USER_DEACTIVATION missing)",
    ),
}


@pytest.mark.parametrize(("flag", "asked", "why"), CONTRADICTED.values(), ids=CONTRADICTED)
def test_the_reason_states_both_contradicting_sources(flag, asked, why) -> None:
    assert unknown_reason(asked, flag) == Undecidable(what=flag.title, why=why)


SWITCHES = {
    "on": (ON_NOTE, FEATURES - {"PUSH_NEW_USERS"}),
    "off": (OFF_NOTE, FEATURES - {"PUSH_NEW_USERS", "PUSH_USER_DEACTIVATION"}),
}


@pytest.mark.parametrize(("note", "features"), SWITCHES.values(), ids=SWITCHES)
def test_a_switch_that_the_features_confirm_is_no_reason(note, features) -> None:
    asked = context(switched(note), pushed(CREATED), app=app(features=features))
    reason = unknown_reason(asked, DEACTIVATE)
    assert isinstance(reason, Undecidable)
    assert reason.why.startswith("the feature PUSH_NEW_USERS is missing")


def test_a_missing_app_is_the_reason() -> None:
    reason = unknown_reason(context(app=missing()), GROUPS)
    assert isinstance(reason, MissingDataReason)
    assert (reason.collection, reason.what) == ("okta.app", "Push groups")


def test_an_answer_without_features_is_the_reason() -> None:
    reason = unknown_reason(context(app=app(features=None)), GROUPS)
    assert reason == Undecidable(
        what="Push groups", why="Okta's answer contains no features of the app"
    )


@pytest.mark.parametrize(("minutes_ago", "counts"), [(61, True), (60, False), (59, False)])
def test_only_a_push_after_a_switch_counts(minutes_ago, counts) -> None:
    push = pushed(DEACTIVATED, 60)
    switch = DatedSwitch(is_on=False, at=AT - timedelta(minutes=minutes_ago), actor="Ro Ott")
    found = success_after_switch(context(push), DEACTIVATE, switch)
    assert found == (push if counts else None)
