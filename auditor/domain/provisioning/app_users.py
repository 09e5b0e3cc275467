"""The users of log events whose only personal target is an app user (``0ua…``). Pure."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from auditor.domain.identity.comparison import normalize_login
from auditor.domain.identity.user_names import users_by_name
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

    def __init__(
        self,
        assignments: Iterable[Assignment],
        named: Iterable[LogEvent],
        asked: Iterable[LogEvent],
    ) -> None:
        """Use ``named``, the events that name this app, to find the users of ``asked``."""
        self._assignments = assignments
        self._named = named
        self._asked = asked

    @cached_property
    def _ids(self) -> dict[str, str]:
        asked = {target.id for event in self._asked for target in event.targets}
        found = {each.user_id: each.user_id for each in self._assignments if each.user_id in asked}
        for event in self._named:
            # Another event of this app shows whose app user it is.
            user_id, app_user = person_of(event), app_user_of(event)
            if user_id and app_user and not event.of_unknown_app:
                found[app_user.id] = user_id
        return found

    @cached_property
    def _names(self) -> Mapping[str, set[str]]:
        logins = (normalize_login(each.login) for each in map(app_user_of, self._asked) if each)
        return users_by_name(self._assignments, {each for each in logins if each})

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
