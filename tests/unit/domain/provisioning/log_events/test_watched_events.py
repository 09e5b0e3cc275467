"""The events that start a targeted audit, and the targets that they concern."""

import pytest

from auditor.domain.okta import LogTarget
from auditor.domain.provisioning.log_events.watched_events import concerns, is_watched
from tests.support.builders.contexts import USER_TYPE, event, on_app, on_person, target

SSO_APP_ID = "0oaSignOn00000000001"
APP_CHANGED = "application.lifecycle.update"
MAPPING_CHANGED = "directory.mapping.update"
REFUSED = "application.integration.authentication_failure"
OTHER_APP = on_app(id="0oaOther000000000001")
A_USER_TYPE = LogTarget(id=USER_TYPE, type="UserType")


@pytest.mark.parametrize(
    ("kind", "result", "watched"),
    [
        (APP_CHANGED, "SUCCESS", True),
        (APP_CHANGED, "FAILURE", False),
        (MAPPING_CHANGED, "SUCCESS", True),
        ("directory.app_user_profile.update", "SUCCESS", True),
        ("directory.non_default_user_profile.create", "SUCCESS", True),
        ("application.provision.group_push.removed", "SUCCESS", True),
        (REFUSED, "FAILURE", True),
        ("application.user_membership.add", "SUCCESS", False),
        ("application.provision.user.push_profile", "SUCCESS", False),
        ("never.heard.of", "SUCCESS", False),
    ],
)
def test_changes_and_refused_credentials_are_watched(kind, result, watched) -> None:
    assert is_watched(event(kind, on_app(), result=result)) is watched


CONCERNED = {
    "the app": (event(APP_CHANGED, on_person(), on_app()), True),
    "the app that signs users in": (event(APP_CHANGED, on_app(id=SSO_APP_ID)), True),
    "another app": (event(APP_CHANGED, OTHER_APP), False),
    "no app, though the event always names its app": (event(APP_CHANGED, on_person()), False),
    "no app": (event(MAPPING_CHANGED, A_USER_TYPE), True),
    "no target": (event(MAPPING_CHANGED), True),
    "a mapping of the app": (event(MAPPING_CHANGED, A_USER_TYPE, on_app()), True),
    "a mapping of another app": (event(MAPPING_CHANGED, A_USER_TYPE, OTHER_APP), False),
    "an unknown event without an app": (event("never.heard.of", A_USER_TYPE), False),
}


@pytest.mark.parametrize(("named", "expected"), CONCERNED.values(), ids=CONCERNED)
def test_an_event_without_an_app_concerns_every_target(named, expected) -> None:
    assert concerns(named, target(sso_app_id=SSO_APP_ID)) is expected
