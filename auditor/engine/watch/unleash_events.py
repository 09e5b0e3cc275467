"""The events of Unleash that start a targeted audit: admins, SCIM and SSO settings. Pure."""

from collections.abc import Collection

from auditor.domain.unleash import Event
from auditor.engine.changes.attribution import SETTING_IDS

_ROLE = "rootRole"


def is_watched_in_unleash(event: Event, admin_ids: Collection[str]) -> bool:
    """Return whether an event changes an admin, a role, or a setting of SCIM or of sign-on.

    ``admin_ids`` are the direct admins of the last full audit. SCIM updates and deletes users all
    day, so events of other users count only when they change a role.
    """
    if event.type.startswith("setting-"):
        return event.subject in SETTING_IDS.values()
    if event.type.startswith("scim-"):  # all users or all groups of SCIM were deleted
        return True
    if event.type.startswith("user-") and event.subject in admin_ids:
        return True
    role, was_role = event.after.get(_ROLE), event.before.get(_ROLE)
    if event.type == "group-deleted":
        # A group without a root role gives no admin access.
        return was_role not in {None, "null"}
    return event.type.endswith("-updated") and None not in {role, was_role} and role != was_role
