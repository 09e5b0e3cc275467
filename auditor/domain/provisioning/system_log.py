"""What the System Log says about the app. Pure."""

from collections.abc import Iterator
from datetime import datetime

from auditor.domain.collections import LOG
from auditor.domain.context import RuleContext
from auditor.domain.identity.matching import normalize_login
from auditor.domain.okta import LogEvent

SUCCESS = "SUCCESS"
AUTHENTICATION_FAILURE = "application.integration.authentication_failure"
CREATED = "application.provision.user.push"
UPDATED = "application.provision.user.push_profile"
DEACTIVATED = frozenset(
    {"application.provision.user.deactivate", "application.provision.user.deprovision"}
)
GROUP_PUSHED = frozenset(
    f"application.provision.group_push.{what}" for what in ("push_memberships", "pushed", "updated")
)
VERIFIED = "application.provision.user.verify_exists"
PROFILE_CHANGED = "user.account.update_profile"

REACHED = frozenset(
    {
        CREATED,
        UPDATED,
        VERIFIED,
        "application.provision.user.reactivate",
        "application.provision.user.sync",
        *DEACTIVATED,
        *GROUP_PUSHED,
    }
)
"""Events that, when they succeed, show that Unleash accepted the connector."""

UNASSIGNED = frozenset(
    f"application.user_membership.{what}" for what in ("remove", "revoke", "deprovision")
)


def is_of_app(context: RuleContext, event: LogEvent) -> bool:
    """Tell whether an event is about the app, at whatever place among its targets."""
    return any(target.id == context.target.app_id for target in event.targets)


def of_app(context: RuleContext) -> Iterator[LogEvent]:
    """Yield what is known to have happened to the app, oldest first; nothing without the log."""
    log = context.get(LOG)
    for event in log.known if log else ():
        if is_of_app(context, event):
            yield event


def person_of(event: LogEvent) -> str | None:
    """Return the Okta id of the person whom an event is about."""
    return next((target.id for target in event.targets if target.type == "User"), None)


def departures(context: RuleContext) -> dict[str | None, datetime]:
    """Return when people were last unassigned, by login in lower case, as far as the log tells."""
    return {
        normalize_login(target.login): event.published_at
        for event in of_app(context)
        if event.type in UNASSIGNED
        for target in event.targets
        if target.login
    }
