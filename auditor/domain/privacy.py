"""``privacy = "ids"``: the snapshot without names, emails, logins and free text. Pure.

An allow-list by type: each collection has an entry in ``_FILTERS``, and a collection without one
does not leave the boundary. Equal values stay equal, as Unleash compares them, so no verdict
changes. A pseudonym is a keyed hash (HMAC-SHA256, 16 hex digits), not encryption: who knows the
org, the app id and a guess can verify the guess.

Kept as they are, because they describe the configuration and name no user: ids, statuses, times,
features, the names of attributes, user types and root roles, the label of the Okta app, the
address of Unleash. Group names are replaced. Free text is replaced by codes.
"""

import dataclasses
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from auditor.domain import collections as keys
from auditor.domain import okta, unleash
from auditor.domain.collections import ACCESS, USERS, Collection, MissingData, MissingReason
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.log_text.setting_notes import stated_date
from auditor.domain.log_text.user_agents import tool_of
from auditor.domain.privacy_text import MaskedText, classified, safe_note
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.serialization import scalar_from_json

DEFAULT_ADMIN: Final = "admin"
"""The account that Unleash creates at its first start; rules know it by this name."""

_PERSONAL_FIELDS: Final = frozenset({"email", "username"})
_CONSTANTS: Final = (
    "ACTIVE|INACTIVE|ENABLED|DISABLED|ERROR|PUSH|DONT_PUSH|NONE|BUILT_IN|CUSTOM|"
    "SAML_2_0|OPENID_CONNECT|AUTO_LOGIN|BROWSER_PLUGIN|SECURE_PASSWORD_STORE|BOOKMARK|"
    "SCIM_PROVISIONING|GROUP_PUSH|PUSH_[A-Z_]+|IMPORT_[A-Z_]+"
)
_SAFE_VALUE: Final = re.compile(rf'true|false|null|-?\d+|"({_CONSTANTS})"')
"""JSON that names no user: Booleans, numbers, and documented constants."""


def pseudonymize(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with ids, codes and pseudonyms only.

    The target's exclusion patterns match no pseudonym, so they become the ids that they match.
    """
    filters = _filters(_Pseudonyms(snapshot.target))
    read, missing = dict[str, Any](), dict(snapshot.missing)
    for name, value in snapshot.read.items():
        if name in filters:
            read[name] = filters[name](value)
        else:
            missing[name] = MissingData(
                why=MissingReason.NOT_CONFIGURED, endpoint="-", detail="hidden by privacy"
            )
    return dataclasses.replace(
        snapshot, target=_without_patterns(snapshot), read=read, missing=missing
    )


def filtered_collections() -> frozenset[str]:
    """Return the names of the collections that can leave the boundary."""
    example = Target(name="-", org_url="-", app_id="-", unleash_url="-")
    return frozenset(_filters(_Pseudonyms(example)))


def pseudonym(target: Target, value: str) -> str:
    """Return the pseudonym of a name, an email or a login."""
    return _Pseudonyms(target).hide(value) or ""


def _filters(hide: "_Pseudonyms") -> Mapping[str, Callable[[Any], Any]]:
    def kept(value: Any) -> Any:  # noqa: ANN401  (a record of any collection)
        return value

    table: dict[Collection[Any], Callable[[Any], Any]] = {
        keys.APP: hide.app,
        keys.SSO_APP: hide.app,
        keys.CAPABILITIES: kept,
        keys.CONNECTION: kept,
        keys.MAPPINGS: hide.mappings,
        keys.USER_TYPES: kept,
        keys.APP_SCHEMA: kept,
        keys.ASSIGNMENTS: hide.assignments,
        keys.OTHER_ASSIGNMENTS: hide.assignments,
        keys.APP_GROUPS: hide.named,
        keys.GROUP_PUSH: hide.group_pushes,
        keys.PUSHED_GROUPS: hide.named,
        keys.EXCLUDED_GROUP: hide.group,
        keys.LOG: hide.log,
        keys.USERS: lambda users: replace(users, users=hide.accounts(users.users)),
        keys.ADMIN_COUNT: kept,
        keys.GROUPS: hide.named,
        keys.ACCESS: lambda access: replace(
            access,
            users=None if access.users is None else hide.accounts(access.users),
            groups=hide.named(access.groups),
        ),
        keys.INSTANCE: kept,
        keys.STATISTICS: kept,
        keys.SCIM: kept,
        keys.PASSWORD_LOGIN: kept,
        keys.SAML: kept,
        keys.OIDC: kept,
        keys.SERVICE_ACCOUNTS: lambda found: tuple(replace(each, name=None) for each in found),
        keys.SELF: lambda own: replace(own, name=None),
        keys.OWN_TOKENS: lambda tokens: tuple(replace(each, description=None) for each in tokens),
        keys.EVENTS: hide.events,
        keys.SCIM_ENDPOINT: kept,
    }
    return {collection.name: filter_ for collection, filter_ in table.items()}


def _without_patterns(snapshot: Snapshot) -> Target:
    """Resolve the exclusion patterns into the ids of the accounts that they match."""
    target = snapshot.target
    exclude = target.exclude
    if not exclude.patterns:
        return target
    listed = snapshot.get(USERS) or snapshot.get(ACCESS)
    matched = {
        str(account.id)
        for account in (listed.users if listed else None) or ()
        if exclude.covers(names=(account.email, account.username))
    }
    return replace(target, exclude=replace(exclude, ids=exclude.ids | matched, patterns=()))


class _Pseudonyms:
    """The pseudonyms of one target."""

    def __init__(self, target: Target) -> None:
        # From the target alone, so that every audit gives equal pseudonyms.
        self._key = hashlib.sha256(f"{target.org_url} {target.app_id}".encode()).digest()
        self._given: dict[str, str] = {}
        self._expressions = MaskedText(self._digest)

    def hide(self, value: str | None, kind: str = "someone") -> str | None:
        """Return the pseudonym of a value; an empty value stays empty."""
        if not value or normalize_login(value) == DEFAULT_ADMIN:
            return value
        if value not in self._given:
            self._given[value] = self._digest(normalize_login(value) or "")
        return f"{kind}-{self._given[value]}"

    def _digest(self, text: str) -> str:
        return hmac.digest(self._key, text.encode(), "sha256").hex()[:16]

    def app(self, app: okta.App) -> okta.App:
        return replace(
            app,
            username_template=self._expressions.template(app.username_template),
            saml_subject=self._expressions.template(app.saml_subject),
        )

    def mappings(self, found: tuple[okta.ProfileMapping, ...]) -> tuple[okta.ProfileMapping, ...]:
        def masked(each: okta.MappedAttribute) -> okta.MappedAttribute:
            return replace(each, expression=self._expressions.expression(each.expression))

        return tuple(
            replace(
                mapping,
                properties={name: masked(each) for name, each in mapping.properties.items()},
            )
            for mapping in found
        )

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

    def group(self, group: okta.PushedGroup) -> okta.PushedGroup:
        return replace(group, name=self.hide(group.name, "group") or "")

    def named(self, groups: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(replace(each, name=self.hide(each.name, "group")) for each in groups)

    def group_pushes(self, found: tuple[okta.GroupPush, ...]) -> tuple[okta.GroupPush, ...]:
        return tuple(replace(each, error_summary=classified(each.error_summary)) for each in found)

    def log(self, log: okta.Log) -> okta.Log:
        return replace(
            log,
            events=tuple(self._log_event(event) for event in log.events),
            earlier=tuple(self._log_event(event) for event in log.earlier),
        )

    def _log_event(self, event: okta.LogEvent) -> okta.LogEvent:
        tool = tool_of(event.user_agent)
        return replace(
            event,
            actor=replace(event.actor, name=None, login=None),
            targets=tuple(self._log_target(target) for target in event.targets),
            reason=classified(event.reason),
            user_agent=tool.value if tool else None,
            note=safe_note(event.note) or stated_date(event.type, event.reason, event.note),
        )

    def _log_target(self, target: okta.LogTarget) -> okta.LogTarget:
        """Keep the ids and the values of settings; a login becomes its pseudonym, for the joins."""
        # The change details of a user are profile values; those of an app are settings.
        before, after = ({}, {}) if "User" in target.type else (target.before, target.after)
        return replace(
            target,
            name=None,
            login=self.hide(target.login),
            before=self._settings(before),
            after=self._settings(after),
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
        def hidden(event: unleash.Event) -> unleash.Event:
            before, after = self._settings(event.before), self._settings(event.after)
            # The name is an email or a user's name. The id, which stays, is enough for attribution.
            return replace(event, created_by=None, before=before, after=after)

        return replace(log, events=tuple(map(hidden, log.events)))

    def _settings(self, values: Mapping[str, str]) -> dict[str, str]:
        """Keep the values, in JSON, that name no user; hide the personal fields, drop the rest."""
        kept = {name: value for name, value in values.items() if _SAFE_VALUE.fullmatch(value)}
        hidden = {name: self._json(values[name]) for name in _PERSONAL_FIELDS & values.keys()}
        # Sorted, because the personal fields come from a set, which has no fixed order.
        return dict(sorted((kept | hidden).items()))

    def _json(self, value: str) -> str:
        plain = scalar_from_json(value)
        hidden = self.hide(plain) if isinstance(plain, str) else None
        return msgspec.json.encode(hidden).decode()
