"""The events of Unleash that start a targeted audit."""

import pytest

from auditor.domain.unleash import Event
from auditor.engine.watch.unleash_events import is_watched_in_unleash
from tests.support.builders.findings import START

ADMIN, OTHER = "7", "8"
ADMIN_ROLE, EDITOR_ROLE, NO_ROLE = ({"rootRole": role} for role in ("1", "2", "null"))
WATCHED = {
    "the SCIM settings": ("setting-updated", "scim", {}, {}),
    "the password login": ("setting-created", "unleash.auth.simple", {}, {}),
    "SAML": ("setting-updated", "unleash.enterprise.auth.saml", {}, {}),
    "OIDC": ("setting-deleted", "unleash.enterprise.auth.oidc", {}, {}),
    "all users of SCIM are deleted": ("scim-users-deleted", None, {}, {}),
    "an admin is updated": ("user-updated", ADMIN, {}, {}),
    "an admin is deleted": ("user-deleted", ADMIN, {}, {}),
    "a user becomes an admin": ("user-updated", OTHER, EDITOR_ROLE, ADMIN_ROLE),
    "a group gets a root role": ("group-updated", OTHER, NO_ROLE, ADMIN_ROLE),
    "a group loses its root role": ("group-updated", OTHER, ADMIN_ROLE, NO_ROLE),
    "a group with a root role is deleted": ("group-deleted", OTHER, ADMIN_ROLE, {}),
}
IGNORED = {
    "another setting": ("setting-updated", "unleash.maintenance.mode", {}, {}),
    "a setting with the id of an admin": ("setting-updated", ADMIN, {}, {}),
    "another user is updated": ("user-updated", OTHER, EDITOR_ROLE, EDITOR_ROLE),
    "another user is deleted": ("user-deleted", OTHER, ADMIN_ROLE, {}),
    "a user is created": ("user-created", OTHER, {}, EDITOR_ROLE),
    "an update without the earlier role": ("user-updated", OTHER, {}, ADMIN_ROLE),
    "an update without the later role": ("user-updated", OTHER, ADMIN_ROLE, {}),
    "a group with the id of an admin": ("group-updated", ADMIN, NO_ROLE, NO_ROLE),
    "a role changes with another event": ("user-merged", OTHER, EDITOR_ROLE, ADMIN_ROLE),
    "a group without a root role is deleted": ("group-deleted", OTHER, NO_ROLE, {}),
    "a group of an old version is deleted": ("group-deleted", OTHER, {}, {}),
    "a feature flag": ("feature-updated", "checkout", {}, {}),
}
EVENTS = [(each, True) for each in WATCHED.values()] + [(each, False) for each in IGNORED.values()]


@pytest.mark.parametrize(("event", "is_watched"), EVENTS, ids=[*WATCHED, *IGNORED])
def test_only_admins_roles_and_the_settings_of_scim_and_sign_on_are_watched(event, is_watched):
    type_, subject, before, after = event
    seen = Event(id=1, type=type_, created_at=START, subject=subject, before=before, after=after)
    assert is_watched_in_unleash(seen, {ADMIN}) is is_watched
