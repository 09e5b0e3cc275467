"""The exact end of the grace period."""

from datetime import timedelta

import pytest

from tests.support.builders.contexts import (
    AT,
    assignment,
    assignment_of,
    clean_snapshot,
    recovery,
    user,
    user_of,
    users,
)

GRACE = timedelta(minutes=60)


def queued(since):
    return clean_snapshot(assignments=[assignment(status="STAGED", status_changed_at=since)])


def never_arrived(since):
    people = [assignment(external_id=None, status_changed_at=since)]
    return clean_snapshot(users=users(recovery()), assignments=people)


def left(since):
    gone = assignment_of("Cy", status="DEPROVISIONED", status_changed_at=since)
    accounts = users(user(), user_of("Cy", 13), recovery())
    return clean_snapshot(users=accounts, assignments=[assignment(), gone])


def by_hand(since):
    return clean_snapshot(
        users=users(user(), recovery(), user_of("Cy", 13, scim_id=None, created_at=since))
    )


SINCE = {
    "provisioning-error": queued,
    "user-not-provisioned": never_arrived,
    "user-not-removed": left,
    "unmanaged-user": by_hand,
}


@pytest.mark.parametrize(("rule", "since"), SINCE.items(), ids=SINCE)
def test_a_finding_opens_one_moment_after_the_grace_period(check, rule, since):
    def breaches(at):
        return [each.subject for each in check(rule, since(at))[1] if not each.within_grace]

    assert breaches(AT - GRACE) == []
    assert len(breaches(AT - GRACE - timedelta(seconds=1))) == 1
