"""The rule push-flag-off: the four provisioning actions must be on in Okta."""

from collections.abc import Iterator
from typing import Any

from auditor.rule import (
    APP,
    CAPABILITIES,
    LOG,
    Basis,
    Collection,
    Evidence,
    Family,
    NoParams,
    NotApplicable,
    Note,
    Passed,
    PushFlagFix,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Tab,
    Unknown,
    Violation,
    moment,
    push_features,
    rule,
)

MESSAGES = {
    "create-users": (
        "Creating users is off in Okta (Push New Users or Create Users). "
        "Assigned users do not get an Unleash account."
    ),
    "update-attributes": (
        "Updating users is off in Okta (Push Profile Updates or Update User Attributes). "
        "Names and emails in Unleash become outdated."
    ),
    "deactivate-users": (
        "Deactivating users is off in Okta (Deactivate Users). "
        "Unassigned and deactivated users keep their Unleash accounts."
    ),
    "push-groups": (
        "Pushing groups is off in Okta (Push Groups). "
        "Group membership in Unleash, and the roles that groups give, no longer follow Okta."
    ),
}


@rule(
    id="push-flag-off",
    severity=Severity.HIGH,
    family=Family.PUSH_FLAGS,
    guide="Okta 3, 4",
    problem="A provisioning action is off in Okta",
    problems={
        "create-users": "Okta does not create users in Unleash",
        "update-attributes": "Okta does not update users in Unleash",
        "deactivate-users": "Okta does not deactivate users in Unleash",
        "push-groups": "Okta does not push groups to Unleash",
    },
    evidence=(
        "The auditor reads the app's capabilities where Okta reports them, otherwise its features. "
        "It also reads the System Log: successful pushes, and when a flag was turned on or off. A "
        "flag is not evaluated if Okta reports it as off, but a push of this kind succeeded after "
        "the app last changed."
    ),
    remediation="Turn the action on under Integration and under To App.",
    may_read={APP, CAPABILITIES, LOG},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Okta creates, updates and deactivates users, and pushes groups.

    Each action is a separate switch, so one can be off while the others work. If Deactivate Users
    is off, deactivated users keep their Unleash accounts.
    """
    if push_features.is_provisioning(context) is False:
        yield NotApplicable(reason=Note(code="provisioning-off"))
        return
    for flag in push_features.PUSH_FLAGS:
        yield _check_flag(context, flag)


def _check_flag(context: RuleContext, flag: push_features.PushFlag) -> Result:
    # In order of trust: a setting that the API reports, a dated switch in the System Log, and the
    # features, which the log can contradict. One contradicted flag disproves them for all four.
    reported = push_features.read_from_capabilities(context, flag)
    success = push_features.last_success_since_change(context, flag)
    if reported is False and push_features.contradicting_push(context, flag):
        return _undecided(context, flag)
    if reported is False:
        return _violation(context, flag, CAPABILITIES, "Off (capability disabled)")
    switch = push_features.dated_switch(context, flag)
    if reported is None and (found := _by_log_or_features(context, flag, switch)):
        return found
    if success:
        note = Note(code="pushed-kind", about=flag.title, at=success.published_at)
        return Passed(basis=Basis.OBSERVED, note=note)
    if reported:
        return Passed(basis=Basis.REPORTED, note=Note(code="capability-on", about=flag.title))
    code = "switched-on" if switch else "feature-present"
    return Passed(basis=Basis.PROXY, note=Note(code=code, about=flag.feature))


def _undecided(context: RuleContext, flag: push_features.PushFlag) -> Unknown:
    return Unknown(subject=flag.name, reason=push_features.unknown_reason(context, flag))


def _by_log_or_features(
    context: RuleContext,
    flag: push_features.PushFlag,
    switch: push_features.DatedSwitch | None,
) -> Unknown | Violation | None:
    """Return why the action does not pass, by the dated switch, else by the features."""
    if switch and not switch.is_on:
        if push_features.success_after_switch(context, flag, switch):
            return _undecided(context, flag)
        observed = f"Off since {moment(switch.at)} (System Log)"
        return _violation(context, flag, LOG, observed, switch)
    feature = push_features.read_from_features(context, flag)
    is_contradicted = push_features.are_features_contradicted(context)
    if switch:
        # Features that a push has disproved contradict nothing; then the dated switch decides
        # alone.
        is_undecided = feature is False and not is_contradicted
        return _undecided(context, flag) if is_undecided else None
    success = push_features.last_success_since_change(context, flag)
    # Disproved features decide nothing. Only a push of this kind shows that the action is on.
    if feature is None or (is_contradicted and not (feature and success)):
        return _undecided(context, flag)
    return None if feature else _violation(context, flag, APP, "Off (feature missing)")


def _violation(
    context: RuleContext,
    flag: push_features.PushFlag,
    source: Collection[Any],
    observed: str,
    switch: push_features.DatedSwitch | None = None,
) -> Violation:
    path = f"app.features[{flag.feature}]"
    if source is CAPABILITIES:
        path = f"capabilities.{flag.capability}"
    suffix = f" Turned off by {switch.actor} on {moment(switch.at)}." if switch else ""
    return Violation(
        subject=flag.name,
        message=f"{MESSAGES[flag.name]}{suffix}",
        evidence=(
            Evidence.of(
                # Also for a switch in the log: a change of the flag is recorded under this path of
                # the app.
                CAPABILITIES if source is CAPABILITIES else APP,
                path,
                flag.title,
                observed=observed,
                expected="On",
            ),
        ),
        since=switch.at if switch else None,
        remediation=_remediation(context, flag),
    )


def _remediation(context: RuleContext, flag: push_features.PushFlag) -> Remediation:
    paths = Steps(context.snapshot)
    integration, to_app = f"{paths.integration} > Edit.", f"{paths.to_app} > Edit."
    steps = {
        "create-users": (
            f"{integration} Select Push New Users and save.",
            f"{to_app} Enable Create Users and save.",
            (
                f"{paths.assignments}. Select Provision User for users who were assigned in the "
                "meantime."
            ),
        ),
        "update-attributes": (
            f"{integration} Select Push Profile Updates and save.",
            f"{to_app} Enable Update User Attributes and save.",
            paths.apply_updates,
        ),
        "deactivate-users": (
            (
                f"{to_app} Enable Deactivate Users and save. If the Integration page has a box for "
                "deactivation, select it too."
            ),
        ),
        "push-groups": (
            f"{integration} Select Push Groups and save.",
            f"{paths.push_groups}. Add the groups to push.",
        ),
    }
    tab = Tab.PUSH_GROUPS if flag.name == "push-groups" else Tab.TO_APP
    return Remediation(
        steps=steps[flag.name], link=paths.link(tab), fix=PushFlagFix(flag=flag.name)
    )
