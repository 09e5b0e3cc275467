"""Okta's System Log: events with their actors and targets."""

from collections.abc import Mapping

from auditor.sandbox.actions.base import State, Who
from auditor.sandbox.model.org import LogEvent, LogTarget, Person

SYSTEM_ACTOR = LogTarget(
    id="sprc00000000000SYSTEM",
    type="SystemPrincipal",
    name="Okta System",
    alternate_id="system@okta.com",
)
OKTA_ADMIN = "mira.torres@example.com"
"""The default actor of an action in Okta."""


class Logbook(State):
    """Writes events and names their targets."""

    def write(
        self,
        event_type: str,
        message: str,
        *targets: LogTarget,
        by: Who | None = None,
        failed: str | None = None,
    ) -> None:
        """Add an event to the System Log. Without an actor, Okta itself is the actor."""
        self.okta.log.append(
            LogEvent(
                uuid=self.ids.uuid(),
                at=self.clock.tick(),
                type=event_type,
                message=message,
                actor=SYSTEM_ACTOR if by is None else self._actor(by),
                targets=targets,
                result="FAILURE" if failed else "SUCCESS",
                reason=failed,
                late_by=self.log_delay,
            )
        )

    def app_target(
        self, change: tuple[Mapping[str, object], Mapping[str, object]] | None = None
    ) -> LogTarget:
        """Return the app as a log event names it."""
        app = self.app
        details = (dict(change[0]), dict(change[1])) if change else None
        return LogTarget(app.id, "AppInstance", app.label, app.label, details)

    def person_target(self, person: Person, kind: str = "User") -> LogTarget:
        """Return a person (or, as `AppUser`, their assignment) as a log event names it.

        An app user has an id of its own (`0ua…`) in the log.
        """
        own_id = f"0ua{person.id[3:]}" if kind == "AppUser" else person.id
        return LogTarget(own_id, kind, person.name, person.login)

    def _actor(self, who: Who) -> LogTarget:
        try:
            return self.person_target(self.person(who))
        except KeyError:
            # An actor need not be a person of the org. The id depends on the login, so it never
            # changes.
            login = str(who)
            name = login.partition("@")[0].replace(".", " ").title()
            return LogTarget("00u" + f"{sum(login.encode()):017d}", "User", name, login)
