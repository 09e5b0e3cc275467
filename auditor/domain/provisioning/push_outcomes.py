"""The last push of each user, and whether its effect has been reached. Pure."""

from datetime import datetime

from auditor.domain.context import RuleContext
from auditor.domain.identity.comparison import is_same_login, normalize_login
from auditor.domain.identity.people import People
from auditor.domain.okta import Assignment, LogEvent
from auditor.domain.provisioning.log_events import system_log
from auditor.domain.provisioning.log_events.event_meanings import EventProof, proof_of
from auditor.domain.snapshot import DataMissing

SUCCESSES = frozenset(
    {
        EventProof.USER_CREATED,
        EventProof.USER_UPDATED,
        EventProof.USER_REMOVED,
        EventProof.USER_REACTIVATED,
    }
)
"""Proofs that a push of the user succeeded. A completed task proves none."""


def is_failed(push: LogEvent) -> bool:
    """Whether a push failed."""
    return proof_of(push) is EventProof.PUSH_FAILED


def last_pushes(context: RuleContext) -> tuple[dict[str, LogEvent], dict[str, int]]:
    """Return the last push of each user, and the number of failures of each unknown app user."""
    app_users = system_log.app_users(context)
    found: dict[str, LogEvent] = {}
    unjoined: dict[str, int] = {}
    for event in system_log.of_app(context):
        proof = proof_of(event)
        if proof is not EventProof.PUSH_FAILED and proof not in SUCCESSES:
            continue
        user_id = app_users.user_of(event)
        app_user = system_log.app_user_of(event)
        if user_id:
            found[user_id] = event
        elif app_user and proof is EventProof.PUSH_FAILED:
            unjoined[app_user.id] = unjoined.get(app_user.id, 0) + 1
        elif app_user:
            # A later success of the same app user ends the failure, also of an unknown user.
            unjoined.pop(app_user.id, None)
    return found, unjoined


def failures_of_unknown_app(context: RuleContext) -> dict[str, LogEvent]:
    """Return the last failed push of each user that can concern another app, by Okta user id."""
    app_users = system_log.app_users(context)
    return {
        user_id: event
        for event in system_log.of_unknown_app(context)
        if proof_of(event) is EventProof.PUSH_FAILED and (user_id := app_users.user_of(event))
    }


def is_newer_success(user: Assignment, failed_at: datetime) -> bool:
    """Whether the assignment shows a success that is newer than the failure."""
    if user.sync_state == "SYNCHRONIZED" and user.updated_at and user.updated_at > failed_at:
        return True
    # The id is what Unleash returned, so an active assignment that has one shows that a push
    # arrived.
    is_later = user.status_changed_at is not None and user.status_changed_at > failed_at
    return is_later and bool(user.external_id) and user.is_active


def has_recovered(people: People | None, user: Assignment, log_since: datetime) -> bool:
    """Whether later data shows the effect of a push: a newer success or the linked account.

    ``people`` is the join, or ``None`` if its data is missing.
    """
    if is_newer_success(user, log_since):
        return True
    person = people.by_okta_id.get(user.user_id) if people else None
    if person is None or person.account is None or user.external_id is None:
        return False
    # The link alone can be older than the failure. The email that should have been sent must be
    # there.
    is_linked = person.account.scim_id == user.external_id and user.is_active
    return is_linked and is_same_login(person.account.email, user.email) is True


def is_outstanding_removal(context: RuleContext, push: LogEvent) -> bool:
    """Whether the failed push of a user without an assignment can still matter."""
    if proof_of(push) is not EventProof.PUSH_FAILED:
        return False
    people = [target for target in push.targets if target.type != "AppInstance"]
    names = {normalize_login(target.login) for target in people} - {None}
    try:
        accounts = [account for account, _ in context.people.accounts()]
    except DataMissing:
        return True
    # Without a login, the event cannot be compared with the accounts.
    if not names:
        return True
    keys = {
        normalize_login(name) for account in accounts for name in (account.email, account.username)
    }
    return bool(names & keys)


def last_group_failures(context: RuleContext) -> dict[str, LogEvent]:
    """Return the latest failed event of each group without a later success, by group id."""
    found: dict[str, LogEvent] = {}
    for event in system_log.of_app(context):
        proof = proof_of(event)
        for target in event.targets:
            if target.type == "AppInstance":
                continue
            if proof is EventProof.GROUP_PUSH_FAILED:
                found[target.id] = event
            elif proof is EventProof.GROUP_PUSHED:
                found.pop(target.id, None)
    return found
