"""Ids instead of names: a snapshot without anything that names a person. Pure.

Emails, logins and usernames become pseudonyms that are equal whenever the originals are, case
aside: every comparison a rule makes comes out as before. They hide, they do not encrypt: whoever
holds the org's address, the app's id and a guess can try the guess.
"""

import dataclasses
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from auditor.domain import okta, unleash
from auditor.domain.collections import (
    ACCESS,
    ASSIGNMENTS,
    EVENTS,
    GROUP_PUSH,
    LOG,
    OTHER_ASSIGNMENTS,
    OWN_TOKENS,
    SELF,
    USERS,
    Collection,
)
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target

DEFAULT_ADMIN: Final = "admin"
"""The account that Unleash makes for itself: nobody's name, and rules know it by it."""

_EMAIL: Final = re.compile(r"[^\s<>()\"',;:]+@[^\s<>()\"',;:]+")
_PERSONAL_FIELDS: Final = frozenset({"email", "username"})


def pseudonymize(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with ids and pseudonyms only.

    The target's exclusion patterns could match no pseudonym: they become the ids that they match.
    """
    mask = _Pseudonyms(snapshot.target)
    veils: dict[Collection[Any], Callable[[Any], Any]] = {
        ASSIGNMENTS: mask.assignments,
        OTHER_ASSIGNMENTS: mask.assignments,
        GROUP_PUSH: mask.group_pushes,
        LOG: mask.log,
        USERS: lambda users: replace(users, users=mask.accounts(users.users)),
        ACCESS: lambda access: replace(access, users=mask.accounts(access.users)),
        SELF: lambda own: replace(own, name=None),
        OWN_TOKENS: lambda tokens: tuple(replace(each, description=None) for each in tokens),
        EVENTS: mask.events,
    }
    seen = dict(snapshot.read)
    for collection, hide in veils.items():
        if collection.name in seen:
            seen[collection.name] = hide(seen[collection.name])
    return dataclasses.replace(snapshot, target=_without_patterns(snapshot), read=seen)


def pseudonym(target: Target, value: str) -> str:
    """Return what stands for a name, an email or a login where names are hidden."""
    return _Pseudonyms(target).hide(value) or ""


def _without_patterns(snapshot: Snapshot) -> Target:
    """Resolve the exclusion patterns into the ids of the accounts that they match."""
    target = snapshot.target
    exclude = target.exclude
    if not exclude.patterns:
        return target
    listed = snapshot.get(USERS) or snapshot.get(ACCESS)
    matched = {
        str(account.id)
        for account in (listed.users if listed else ())
        if exclude.covers(names=(account.email, account.username))
    }
    return replace(target, exclude=replace(exclude, ids=exclude.ids | matched, patterns=()))


class _Pseudonyms:
    """Makes the pseudonyms of one target."""

    def __init__(self, target: Target) -> None:
        self._key = hashlib.sha256(f"{target.org_url} {target.app_id}".encode()).digest()
        self._given: dict[str, str] = {}

    def hide(self, value: str | None) -> str | None:
        """Give a value its pseudonym."""
        if value is None or value.casefold() == DEFAULT_ADMIN:
            return value
        if value not in self._given:
            digest = hmac.digest(self._key, value.casefold().encode(), "sha256")
            self._given[value] = f"someone-{digest.hex()[:16]}"
        return self._given[value]

    def text(self, value: str | None) -> str | None:
        """Give every email address within a text its pseudonym."""
        return value and _EMAIL.sub(lambda found: self.hide(found[0]) or "", value)

    def assignments(self, found: tuple[okta.Assignment, ...]) -> tuple[okta.Assignment, ...]:
        return tuple(
            replace(
                each,
                name=each.user_id,
                username=self.hide(each.username),
                email=self.hide(each.email),
                login=self.hide(each.login),
                okta_email=self.hide(each.okta_email),
            )
            for each in found
        )

    def group_pushes(self, found: tuple[okta.GroupPush, ...]) -> tuple[okta.GroupPush, ...]:
        return tuple(replace(each, error_summary=self.text(each.error_summary)) for each in found)

    def log(self, log: okta.Log) -> okta.Log:
        return replace(
            log,
            events=tuple(self._log_event(event) for event in log.events),
            earlier=tuple(self._log_event(event) for event in log.earlier),
        )

    def _log_event(self, event: okta.LogEvent) -> okta.LogEvent:
        return replace(
            event,
            actor=replace(event.actor, name=None, login=None),
            targets=tuple(_log_target(target) for target in event.targets),
            reason=self.text(event.reason),
        )

    def accounts(self, found: tuple[unleash.User, ...]) -> tuple[unleash.User, ...]:
        return tuple(
            replace(
                each,
                name=f"user {each.id}",
                username=self.hide(each.username),
                email=self.hide(each.email),
            )
            for each in found
        )

    def events(self, log: unleash.EventLog) -> unleash.EventLog:
        return replace(
            log,
            events=tuple(
                replace(
                    event,
                    created_by=None,
                    before=self._fields(event.before),
                    after=self._fields(event.after),
                )
                for event in log.events
            ),
        )

    def _fields(self, values: Mapping[str, str]) -> dict[str, str]:
        """Hide the personal fields of an event's data, which are in JSON."""
        return {
            name: self._json(value) if name in _PERSONAL_FIELDS else value
            for name, value in values.items()
            if name != "name"
        }

    def _json(self, value: str) -> str:
        plain = msgspec.json.decode(value)
        hidden = self.hide(plain) if isinstance(plain, str) else None
        return msgspec.json.encode(hidden).decode()


def _log_target(target: okta.LogTarget) -> okta.LogTarget:
    """Keep what an app's settings were changed from and to, but nothing of a person's profile."""
    bare = replace(target, name=None, login=None)
    return replace(bare, before={}, after={}) if "User" in target.type else bare
