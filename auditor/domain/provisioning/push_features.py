"""What Okta is switched to do in Unleash: four flags, and how one tells that they are on. Pure."""

from dataclasses import dataclass

from auditor.domain.collections import APP, CAPABILITIES
from auditor.domain.context import RuleContext
from auditor.domain.okta import App
from auditor.domain.provisioning import system_log


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One of the four, and everything that goes by its name."""

    name: str
    """Ours; it never changes."""

    does: str
    switches: str
    """What must be on in the console: which of the two a feature stands for is not known."""

    feature: str
    capability: str = ""
    """Field of :class:`~auditor.domain.okta.Capabilities`, where there is one."""

    events: frozenset[str]
    """Log entries that can only succeed while it is on."""

    consequence: str
    """What happens while it is off."""


FLAGS = (
    Flag(
        name="create-users",
        does="create people",
        switches="Push New Users (Integration) and Create Users (To App)",
        feature="PUSH_NEW_USERS",
        capability="create",
        events=frozenset({system_log.CREATED}),
        consequence="people who are assigned never arrive in Unleash",
    ),
    Flag(
        name="update-attributes",
        does="update people",
        switches="Push Profile Updates (Integration) and Update User Attributes (To App)",
        feature="PUSH_PROFILE_UPDATES",
        capability="update",
        events=frozenset({system_log.UPDATED}),
        consequence="names and emails in Unleash go stale, and who is renamed cannot sign in",
    ),
    Flag(
        name="deactivate-users",
        does="deactivate people",
        switches="Deactivate Users (To App) and, where there is one, its box under Integration",
        feature="PUSH_USER_DEACTIVATION",
        capability="deactivate",
        events=system_log.DEACTIVATED,
        consequence="people who leave keep their accounts in Unleash",
    ),
    Flag(
        name="push-groups",
        does="push groups",
        switches="Push Groups (Integration) and the groups on the Push Groups tab",
        feature="GROUP_PUSH",
        events=system_log.GROUP_PUSHED,
        consequence="membership of groups, and the rights that go with it, no longer follows Okta",
    ),
)


def is_provisioning(app: App) -> bool | None:
    """Tell whether the app provisions at all; ``None`` when it does not tell its features."""
    if app.features is None:
        return None
    return "SCIM_PROVISIONING" in app.features or any(
        feature.startswith("PUSH_") for feature in app.features
    )


def by_capability(context: RuleContext, flag: Flag) -> bool | None:
    """Tell what the app's capabilities say; ``None`` when they say nothing, as for most apps."""
    said = getattr(context.get(CAPABILITIES), flag.capability, None) if flag.capability else None
    return {"ENABLED": True, "DISABLED": False}.get(said or "")


def by_feature(context: RuleContext, flag: Flag) -> bool | None:
    """Tell what the app's features say; ``None`` when the app was not seen or has no such field."""
    app = context.get(APP)
    return flag.feature in app.features if app and app.features is not None else None


def has_succeeded(context: RuleContext, flag: Flag) -> bool:
    """Tell whether such a push is known to have succeeded since the app last changed."""
    app = context.get(APP)
    changed_at = app.updated_at if app else None
    return changed_at is not None and any(
        event.type in flag.events
        and event.result == system_log.SUCCESS
        and event.published_at > changed_at
        for event in system_log.of_app(context)
    )
