"""Users whose access should have ended, and what Okta did to end it. Pure."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from auditor.domain.context import RuleContext
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.identity.matching import Person
from auditor.domain.log_text.setting_notes import stated_date
from auditor.domain.okta import USER_DEACTIVATED, AssignmentStatus, LogEvent
from auditor.domain.provisioning.log_events import system_log
from auditor.domain.provisioning.log_events.event_meanings import EventProof, proof_of
from auditor.domain.unleash import User


class Leaver(Struct, frozen=True, kw_only=True):
    """An account of a user without access in Okta."""

    account: User
    person: Person | None = None
    """``None``: no assignment is left."""

    since: datetime | None = None
    """When the access ended; ``None``: no dated record shows it."""

    @property
    def kind(self) -> str:
        """``suspended``, ``deactivated``, ``revoked`` or ``unassigned``."""
        if self.person is None:
            return "unassigned"
        if self.person.okta.state is AssignmentStatus.SUSPENDED:
            return "suspended"
        if self.person.okta.status == "REVOKED":
            return "revoked"  # the task of an admin is outstanding, also for a deactivated user
        is_deactivated = self.person.okta.user_status == USER_DEACTIVATED
        return "deactivated" if is_deactivated else "unassigned"

    @property
    def name(self) -> str:
        """The user for readers."""
        return self.person.okta.label if self.person else self.account.label

    @property
    def keys(self) -> tuple[str, ...]:
        """How log events can name the user: Okta user id and login, email and username."""
        okta = self.person.okta if self.person else None
        names = (self.account.email, self.account.username, okta.login if okta else None)
        ids = (okta.user_id,) if okta else ()
        return (*ids, *(name for each in names if (name := normalize_login(each))))

    @property
    def okta_state(self) -> str:
        """The state in Okta for readers."""
        kinds = {"suspended": "user suspended", "deactivated": "user deactivated"}
        return kinds.get(self.kind, "no assignment")

    def removed_at(self, removed: Mapping[str, datetime]) -> datetime | None:
        """Return when Okta removed the account; ``None``: never, or before it was created."""
        found = (removed[key] for key in self.keys if key in removed)
        at = max(found, default=None)
        created = self.account.created_at
        return None if at and created and at <= created else at


class ScheduledRemoval(Struct, frozen=True, kw_only=True):
    """A deletion that Okta has scheduled."""

    due_at: datetime | None
    """``None``: no source states the date."""


def removals(context: RuleContext) -> dict[str, datetime]:
    """Return the latest successful removal of each user, by Okta user id and by login.

    A later reactivation or creation ends it. A completed task (``deprovision``) is no removal.
    """
    return _latest(context, EventProof.USER_REMOVED)


def schedule_of(context: RuleContext, leaver: Leaver) -> ScheduledRemoval | None:
    """Return the deletion that Okta has scheduled and that is not yet due; ``None``: there is none.

    The date is read from the texts of the event; the form is not documented. Without a date, it is
    unknown when the account should be gone.
    """
    found = None
    for event in system_log.of_app(context):
        if not _keys_of(event) & set(leaver.keys):
            continue
        if proof_of(event) is EventProof.REMOVAL_SCHEDULED:
            text = stated_date(event.type, event.reason, event.note)
            found = ScheduledRemoval(due_at=_parse(text) if text else None)
        elif proof_of(event) in {EventProof.USER_REMOVED, EventProof.USER_REACTIVATED}:
            found = None
    is_over = found and found.due_at and found.due_at <= context.at
    return None if is_over else found


def _latest(context: RuleContext, wanted: EventProof) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for event in system_log.of_app(context):
        proof = proof_of(event)
        keys = _keys_of(event)
        if proof is wanted:
            found.update(dict.fromkeys(keys, event.published_at))
        elif proof in {EventProof.USER_CREATED, EventProof.USER_REACTIVATED}:
            for key in keys:
                found.pop(key, None)
    return found


def _keys_of(event: LogEvent) -> set[str]:
    """Return the ids and logins of the targets that are no app."""
    return {
        key
        for target in event.targets
        if target.type != "AppInstance"
        for key in (target.id, normalize_login(target.login))
        if key
    }


def _parse(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00")
