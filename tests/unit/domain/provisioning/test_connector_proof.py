"""What a link shows about the settings of the connector."""

from datetime import timedelta

import pytest

from auditor.domain.context import RuleContext
from auditor.domain.provisioning.connector_proof import linked_since_app_changed
from tests.support.builders.contexts import AT, app, clean_snapshot, missing, recovery, user, users

CHANGED = AT - timedelta(days=5)
NEWER = users(user(created_at=CHANGED + timedelta(seconds=1)), recovery())


@pytest.mark.parametrize(
    ("changes", "is_shown"),
    [
        ({"users": NEWER}, True),
        ({"users": users(user(created_at=CHANGED), recovery())}, False),
        ({"users": users(user(created_at=None), recovery())}, False),
        ({"users": NEWER, "app": app(updated_at=None)}, False),
        ({"users": NEWER, "app": missing()}, False),
        ({"users": NEWER, "assignments": missing()}, False),
        ({"users": missing(), "access": missing()}, False),
    ],
)
def test_an_account_that_was_created_since_shows_the_settings(changes, is_shown) -> None:
    snapshot = clean_snapshot(**{"app": app(updated_at=CHANGED)} | changes)
    assert linked_since_app_changed(RuleContext(snapshot)) is is_shown
