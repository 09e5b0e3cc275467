"""The dated records of both services about who got and lost access, by user. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from auditor.domain.collections import ASSIGNMENTS, EVENTS, LOG
from auditor.domain.context import RuleContext
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.identity.matching import Person
from auditor.domain.identity.user_names import users_by_name
from auditor.domain.okta import USER_DEACTIVATED, Assignment, AssignmentStatus, LogEvent
from auditor.domain.provisioning.log_events import system_log
from auditor.domain.provisioning.log_events.event_meanings import EventProof, proof_of
from auditor.domain.unleash import Event, User
from auditor.serialization import scalar_from_json

ASSIGNED_EVENT = "application.user_membership.add"


class AccessHistory:
    """The dated records of both services by user; those of the logs are oldest first."""

    def __init__(self, context: RuleContext) -> None:
        self.left: defaultdict[str, list[datetime]] = defaultdict(list)
        self._joined: defaultdict[str, list[datetime]] = defaultdict(list)
        """The times in the log only."""

        self.push_removed: defaultdict[str, list[datetime]] = defaultdict(list)
        self.push_created: defaultdict[str, list[datetime]] = defaultdict(list)
        self.deleted: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._assignments = context.get(ASSIGNMENTS) or ()
        self._log = tuple(system_log.of_app(context)) if context.get(LOG) else ()
        self._persons = context.people.by_okta_id
        self._deletions = tuple(_deletions(context))
        self._accounts = tuple(account for account, _ in accounts_without_access(context))
        for person in context.people.deviating:
            if (left_at := _left_at(person.okta)) is not None:
                self.left[person.okta.user_id].append(left_at)
        for event in self._log:
            self._add_event(event)
        for deletion in self._deletions:
            self._add_deletion(deletion)

    def user_of(self, *names: str | None) -> str | None:
        """Return the Okta user that alone has one of these names; ``None``: unknown."""
        for name in names:
            if (key := normalize_login(name)) and (owner := self._owners[key]):
                return owner
        return None

    @cached_property
    def _owners(self) -> dict[str, str]:
        """Each name that is asked for, and its Okta user id; empty: none, or several users."""
        asked = {key for name in self._asked_names() if (key := normalize_login(name))}
        users = users_by_name(self._assignments, asked)
        for event in self._log:
            if (user_id := system_log.person_of(event)) is None:
                continue
            for target in event.targets:
                if target.type in {"User", "AppUser"} and (key := normalize_login(target.login)):
                    users[key].add(user_id)
        # A name of two users links neither.
        return {name: next(iter(users[name])) if len(users[name]) == 1 else "" for name in asked}

    def _asked_names(self) -> Iterator[str | None]:
        for event in self._log:
            if app_user := system_log.app_user_of(event):
                yield app_user.login
        for deletion in self._deletions:
            yield from _names_of(deletion)
        for account in self._accounts:
            yield from (account.email, account.username)

    def joined(self, user: str) -> list[datetime]:
        """Return when the user was assigned, sorted."""
        person = self._persons.get(user)
        created_at = person.okta.created_at if person else None
        return sorted([*self._joined.get(user, ()), *([created_at] if created_at else [])])

    def _add_event(self, event: LogEvent) -> None:
        proof = proof_of(event)
        times = {
            EventProof.ASSIGNMENT_REMOVED: self.left,
            EventProof.USER_REMOVED: self.push_removed,
            EventProof.USER_CREATED: self.push_created,
        }.get(proof)
        if proof is EventProof.ASSIGNMENT_CHANGED and event.type == ASSIGNED_EVENT:
            times = self._joined
        if times is not None and (user := self._user_of_event(event)):
            times[user].append(event.published_at)

    def _user_of_event(self, event: LogEvent) -> str | None:
        """Return the Okta user id; an app user is joined by login, else its own id stands for it.

        Okta's documentation shows app users with an id of their own (``0ua…``).
        """
        if user_id := system_log.person_of(event):
            return user_id
        app_user = system_log.app_user_of(event)
        return (self.user_of(app_user.login) or app_user.id) if app_user else None

    def _add_deletion(self, event: Event) -> None:
        if event.subject is None:
            return
        key = self.user_of(*_names_of(event)) or _account_key(event.subject)
        self.deleted[key].append((event.created_at, event.subject))


def _deletions(context: RuleContext) -> Iterator[Event]:
    events = context.get(EVENTS)
    return (each for each in (events.events if events else ()) if each.type == "user-deleted")


def _names_of(deletion: Event) -> tuple[str | None, str | None]:
    return _text(deletion.before, "email"), _text(deletion.before, "username")


def _account_key(account_id: int | str) -> str:
    """Return the key of a user if only the Unleash account is known."""
    return f"unleash:{account_id}"


def _left_at(each: Assignment) -> datetime | None:
    """Return when the listed user left; ``None``: has access, is suspended, or no date."""
    if each.state is not AssignmentStatus.INACTIVE:
        return None
    # The assignment of a deactivated user can stay ACTIVE: its date is not that of the leaving.
    if each.user_status == USER_DEACTIVATED:
        return each.user_status_changed_at
    return each.status_changed_at


def accounts_without_access(context: RuleContext) -> Iterator[tuple[User, Person | None]]:
    """Yield the SCIM-managed accounts whose user has left or is not assigned."""
    for account, person in context.people.deviating_accounts():
        if account.id in context.people.ambiguous or not account.is_scim_managed:
            continue
        if person is None or person.okta.state is AssignmentStatus.INACTIVE:
            yield account, person


def _text(values: dict[str, str], name: str) -> str | None:
    """Return a field of an event, which is canonical JSON, as text."""
    value = scalar_from_json(values[name]) if name in values else None
    return value if isinstance(value, str) else None
