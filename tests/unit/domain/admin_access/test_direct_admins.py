"""Who has the email or username of a direct admin, and what that shows."""

import pytest

from auditor.domain.admin_access.direct_admins import DirectAdmin
from auditor.domain.context import RuleContext
from auditor.domain.okta import Assignment
from auditor.domain.reasons import Undecidable
from auditor.domain.tristate import Tristate
from tests.support.builders.contexts import assignment, assignment_of, clean_snapshot, recovery

RECOVERY = recovery()
LIVE = assignment_of("Cy", login=RECOVERY.email)
UNKNOWN = assignment_of("Di", login=RECOVERY.email, status="NEW")
ENDED = assignment_of("Ed", login=RECOVERY.email, status="DEPROVISIONED")


def recovery_admin(*assignments: Assignment) -> DirectAdmin:
    context = RuleContext(clean_snapshot(assignments=[assignment(), *assignments]))
    (admin,) = context.admins.recovery.admins
    return admin


@pytest.mark.parametrize(
    ("assignments", "owner"),
    [
        ([], None),
        ([ENDED], None),
        ([ENDED, UNKNOWN], UNKNOWN),
        ([UNKNOWN, ENDED], UNKNOWN),
        ([UNKNOWN, LIVE], LIVE),
        ([LIVE, UNKNOWN], LIVE),
    ],
)
def test_a_live_assignment_is_the_owner_before_one_of_unknown_status(assignments, owner) -> None:
    assert recovery_admin(*assignments).owner == owner


@pytest.mark.parametrize(
    ("assignments", "state"),
    [([], Tristate.PROVEN), ([UNKNOWN], Tristate.UNKNOWN), ([LIVE], Tristate.DISPROVEN)],
)
def test_an_owner_of_unknown_status_proves_nothing(assignments, state) -> None:
    assert recovery_admin(*assignments).eligible.state is state


def test_the_unknown_status_is_the_reason() -> None:
    assert recovery_admin(UNKNOWN).eligible.reasons == (
        Undecidable(
            why="the assignment status NEW of Di Berg is unknown",
            what="whether Break glass is assigned in Okta",
        ),
    )
