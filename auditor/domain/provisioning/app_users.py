"""The users of log events whose only personal target is an app user (``0ua…``). Pure."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from auditor.domain.identity.comparison import normalize_login
from auditor.domain.okta import Assignment, LogEvent, LogTarget

APP_USER = "AppUser"


def person_of(event: LogEvent) -> str | None:
    """Return the Okta user id among the targets of an event; ``None``: it names no user."""
    return next((target.id for target in event.targets if target.type == "User"), None)


def app_user_of(event: LogEvent) -> LogTarget | None:
    """Return the app user (``0ua…``) among the targets of an event."""
    return next((target for target in event.targets if target.type == APP_USER), None)


def names_only_app_users(event: LogEvent) -> bool:
    """Whether all targets of an event are app users."""
    return bool(event.targets) and all(target.type == APP_USER for target in event.targets)


class AppUsers:
    """Finds the user of an event by the id of its app user, then by its login.

    It reads the assignments when an event needs them first: most logs name the user of each event.
    """

    def __init__(self, assignments: Iterable[Assignment], events: Iterable[LogEvent]) -> None:
        self._assignments = assignments
        self._events = events

    @cached_property
    def _ids(self) -> dict[str, str]:
        found = {each.user_id: each.user_id for each in self._assignments}
        for event in self._events:
            # Another event of this app shows whose app user it is.
            user_id, app_user = person_of(event), app_user_of(event)
            if user_id and app_user and not event.of_unknown_app:
                found[app_user.id] = user_id
        return found

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for each in self._assignments:
            for name in (each.login, each.username, each.email):
                if key := normalize_login(name):
                    found[key].add(each.user_id)
        return found

    def user_of(self, event: LogEvent) -> str | None:
        """Return the Okta user id of an event; ``None``: unknown."""
        if user_id := person_of(event):
            return user_id
        app_user = app_user_of(event)
        if app_user is None:
            return None
        if app_user.id in self._ids:
            return self._ids[app_user.id]
        found = self._names.get(normalize_login(app_user.login) or "", set())
        return next(iter(found)) if len(found) == 1 else None

    def is_of_this_app(self, event: LogEvent) -> bool:
        """Whether an event that names only app users concerns this app.

        The log was read for this app, or another event of this app names the same app user.
        """
        if not event.of_unknown_app:
            return True
        return any(target.id in self._ids for target in event.targets)

    def may_concern(self, event: LogEvent) -> bool:
        """Whether an event of an unknown app can concern a user of this app."""
        return not event.of_unknown_app or self.user_of(event) is not None
