"""The status of an assignment and of its user, combined."""

import pytest

from auditor.domain.okta import AssignmentStatus
from tests.support.builders.contexts import assignment


@pytest.mark.parametrize(
    ("status", "user_status", "state"),
    [
        ("ACTIVE", "ACTIVE", AssignmentStatus.ACTIVE),
        ("PROVISIONED", "LOCKED_OUT", AssignmentStatus.ACTIVE),
        ("ACTIVE", "STAGED", AssignmentStatus.ON_THE_WAY),
        ("STAGED", "ACTIVE", AssignmentStatus.ON_THE_WAY),
        ("ACTIVE", "SUSPENDED", AssignmentStatus.SUSPENDED),
        ("SUSPENDED", "ACTIVE", AssignmentStatus.SUSPENDED),
        ("SUSPENDED", "STAGED", AssignmentStatus.SUSPENDED),
        ("DEPROVISIONED", "ACTIVE", AssignmentStatus.INACTIVE),
        ("ACTIVE", "DEPROVISIONED", AssignmentStatus.INACTIVE),
        ("UNHEARD_OF", "DEPROVISIONED", AssignmentStatus.INACTIVE),
        ("UNHEARD_OF", "ACTIVE", AssignmentStatus.UNKNOWN),
        ("ACTIVE", "UNHEARD_OF", AssignmentStatus.UNKNOWN),
        (None, "ACTIVE", AssignmentStatus.UNKNOWN),
    ],
)
def test_the_two_statuses_give_one(status, user_status, state) -> None:
    assert assignment(status=status, user_status=user_status).state is state
