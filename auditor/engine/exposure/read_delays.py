"""The delays of leavers and joiners that a snapshot shows. Pure.

Stages come from dated records only: Okta's log and the dates of the assignments, the push events of
Okta's log, and Unleash's event log and the dates of the accounts.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from auditor.domain.collections import ASSIGNMENTS, EVENTS, USERS
from auditor.domain.context import RuleContext
from auditor.domain.snapshot import DataMissing
from auditor.domain.unleash import User
from auditor.engine.exposure.access_delay import AccessDelay, DelayKey, DelayKind
from auditor.engine.exposure.access_history import AccessHistory, accounts_without_access

CLOCK_TOLERANCE = timedelta(minutes=1)
"""The clocks of Okta and Unleash may differ: a later stage can bear a time that is this earlier."""

FIRST_PERIOD = timedelta(days=7)
"""Without Unleash's events, the delays of this time before the audit are read."""

_NEVER = datetime.min.replace(tzinfo=UTC)
"""Before every departure."""


def read_delays(
    context: RuleContext, waiting: Iterable[AccessDelay] = ()
) -> tuple[AccessDelay, ...]:
    """Return the delays that the snapshot shows, by kind, user and time.

    ``waiting`` are the stored records that were not over. Nothing is returned while the assignments
    or the users of Unleash are missing: then no user is known to have left or to wait. Suspended
    users, accounts that SCIM does not manage, excluded and ambiguous ones have no delay.
    """
    if context.lacks(ASSIGNMENTS) or context.lacks(USERS):
        return ()
    try:
        return _read(context, {each.key: each for each in waiting})
    except DataMissing:  # an exclusion depends on assignments of another app that were not read
        return ()


def _read(context: RuleContext, stored: Mapping[DelayKey, AccessDelay]) -> tuple[AccessDelay, ...]:
    history = AccessHistory(context)
    events = context.get(EVENTS)
    since = events.since if events else context.at - FIRST_PERIOD
    found: dict[DelayKey, AccessDelay] = {}
    for each in (*_leavers(context, history, since), *_joiners(context, since, stored, history)):
        known = stored.get(each.key)
        found[each.key] = known.merged(each) if known else each
    unseen = [
        each for key, each in stored.items() if key not in found and each.kind is DelayKind.LEAVER
    ]
    accounts = {str(account.id) for account, _ in context.people.accounts()} if unseen else set()
    found |= {each.key: _left_unseen(each, accounts, history) for each in unseen}
    return tuple(found[key] for key in sorted(found))


def _leavers(
    context: RuleContext, history: AccessHistory, since: datetime
) -> Iterator[AccessDelay]:
    listed = _listed_leavers(context, history)
    users = {user for user in (*history.left, *history.deleted) if not user.startswith("unleash:")}
    for user in sorted(users | listed.keys()):
        account = listed.get(user)
        gained = history.joined(user)
        is_active = _has_access(context, user)
        for left_at, begin, back_at in _absences(history.left.get(user, []), gained):
            pushed_at = _first(history.push_removed.get(user, []), begin, back_at)
            deleted = _first_deletion(history.deleted.get(user, []), begin, back_at)
            is_last = back_at is None
            is_listed = is_last and account is not None and not is_active and deleted is None
            if deleted is None and not is_listed and (pushed_at is None or left_at < since):
                continue  # no record shows an account that was removed in the time that was read
            yield AccessDelay(
                kind=DelayKind.LEAVER,
                user=user,
                at=left_at,
                account=deleted[1] if deleted else str(account.id) if account else "",
                changed_at=left_at,
                pushed_at=pushed_at,
                ended_at=deleted[0] if deleted else None,
                is_over=not is_listed,
            )
        # Deletions of users with a known departure belong to the absences above. A user with access
        # has not left: an admin deleted the account.
        if is_active or history.left.get(user):
            continue
        for at, account_id in history.deleted.get(user, []):
            yield AccessDelay(
                kind=DelayKind.LEAVER,
                user=user,
                at=at,
                account=account_id,
                pushed_at=_last_before(history.push_removed.get(user, []), at),
                ended_at=at,
                is_over=True,
            )


def _listed_leavers(context: RuleContext, history: AccessHistory) -> dict[str, User]:
    """Return the accounts that should be removed, by user; only those whose date is known."""
    found = {}
    for account, person in accounts_without_access(context):
        user = person.okta.user_id if person else history.user_of(account.email, account.username)
        if user and not context.leaves_out(account):
            found[user] = account
    return found


def _left_unseen(
    known: AccessDelay, accounts: Collection[str], history: AccessHistory
) -> AccessDelay:
    """Return a leaver who waited: over if the account is gone or needed, at an unknown time."""
    # A user who has access again needs the account: the exposure ended with the return.
    is_back = any(at >= known.at for at in history.joined(known.user))
    return replace(known, is_over=is_back or known.account not in accounts)


def _joiners(
    context: RuleContext,
    since: datetime,
    stored: Mapping[DelayKey, AccessDelay],
    history: AccessHistory,
) -> Iterator[AccessDelay]:
    for person in context.people.persons:
        okta, account = person.okta, person.account
        joined_at = okta.created_at
        # An earlier audit read this joiner, unless the account was still missing then. This comes
        # first, because it holds for nearly all of 100,000 users.
        if joined_at is None or (
            joined_at < since and (DelayKind.JOINER, okta.user_id, joined_at) not in stored
        ):
            continue
        if person.is_ambiguous or not okta.is_active:
            continue
        created_at = account.created_at if account else None
        if created_at and created_at < joined_at - CLOCK_TOLERANCE:
            continue  # the account existed before, so the user did not wait
        yield AccessDelay(
            kind=DelayKind.JOINER,
            user=okta.user_id,
            at=joined_at,
            account=str(account.id) if account else "",
            changed_at=joined_at,
            pushed_at=_first(
                history.push_created.get(okta.user_id, []), joined_at - CLOCK_TOLERANCE, None
            ),
            ended_at=created_at,
            is_over=account is not None,
        )


def _has_access(context: RuleContext, user: str) -> bool:
    person = context.people.by_okta_id.get(user)
    return person is not None and person.okta.is_live


def _absences(
    left: Iterable[datetime], joined: list[datetime]
) -> Iterator[tuple[datetime, datetime, datetime | None]]:
    """Yield each departure, the earliest time of its later stages, and the next return, if any.

    Several records of one departure count once.
    """
    until: datetime | None = _NEVER
    for at in sorted(left):
        if until is None or at < until:
            continue
        # A stage before the last return is one of the last absence.
        begin = max(at - CLOCK_TOLERANCE, until)
        index = bisect_left(joined, at)
        until = joined[index] if index < len(joined) else None
        yield at, begin, until


def _first(times: Iterable[datetime], begin: datetime, before: datetime | None) -> datetime | None:
    """Return the first time of a later stage."""
    return next((at for at in times if begin <= at and (before is None or at < before)), None)


def _first_deletion(
    deleted: Iterable[tuple[datetime, str]], begin: datetime, before: datetime | None
) -> tuple[datetime, str] | None:
    return next(
        (each for each in deleted if begin <= each[0] and (before is None or each[0] < before)),
        None,
    )


def _last_before(times: Iterable[datetime], at: datetime) -> datetime | None:
    """Return the last successful push that fits a removal."""
    return max((each for each in times if each <= at + CLOCK_TOLERANCE), default=None)
