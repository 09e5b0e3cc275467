"""The users who are assigned to the app."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

from msgspec import field

from auditor.collect.http import Endpoint
from auditor.collect.http.limits import MAX_PAGE_BYTES
from auditor.collect.reader import Reader, Schema, Time, cap_text, filled, plausible
from auditor.domain.okta import Assignment

T = TypeVar("T")

ASSIGNMENTS_ENDPOINT = Endpoint(path="/api/v1/apps/{}/users", cap=MAX_PAGE_BYTES)


class _AppCredentials(Schema):
    user_name: str | None = None


class _AppProfile(Schema):
    email: str | None = None


class _Type(Schema):
    id: str | None = None


class _UserProfile(Schema):
    login: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None


class _User(Schema):
    status: str | None = None
    status_changed: Time | None = None
    type: _Type | None = None
    profile: _UserProfile | None = None


class _Embedded(Schema):
    user: _User | None = None


class _Assignment(Schema):
    id: str
    external_id: str | None = None
    status: str | None = None
    sync_state: str | None = None
    scope: str | None = None
    created: Time | None = None
    last_updated: Time | None = None
    status_changed: Time | None = None
    credentials: _AppCredentials | None = None
    profile: _AppProfile | None = None
    embedded: _Embedded | None = field(default=None, name="_embedded")


def read_assignments(reader: Reader, app_id: str) -> tuple[Assignment, ...]:
    """Read all assignments of the app, each with its user."""
    rows = reader.rows(
        _Assignment, ASSIGNMENTS_ENDPOINT, app_id, key=_id_of, limit="500", expand="user"
    )
    return tuple(_assignments(rows))


def _id_of(row: _Assignment) -> str:
    return row.id


# Made once, not once for each of 100,000 rows.
_NO_USER = _User()
_NO_PROFILE = _UserProfile()
_NO_APP_PROFILE = _AppProfile()
_NO_CREDENTIALS = _AppCredentials()


def _assignments(rows: Iterator[_Assignment]) -> Iterator[Assignment]:
    """Turn rows into records; equal strings and times of a row become one object."""
    try:
        yield from map(_assignment, rows)
    finally:
        # A text of a service can have megabytes, and `serve` runs for weeks.
        _word.cache_clear()
        _type_id.cache_clear()


def _assignment(row: _Assignment) -> Assignment:
    user = (row.embedded and row.embedded.user) or _NO_USER
    person = user.profile or _NO_PROFILE
    login, created = filled(person.login), plausible(row.created)
    return Assignment(
        user_id=row.id,
        status=_word(row.status),
        sync_state=_word(row.sync_state),
        external_id=filled(row.external_id),
        scope=_word(row.scope),
        username=_like(login, (row.credentials or _NO_CREDENTIALS).user_name, filled),
        email=_like(login, (row.profile or _NO_APP_PROFILE).email, filled),
        login=login,
        okta_email=_like(login, person.email, filled),
        name=_name(person),
        user_status=_word(user.status),
        user_type_id=_type_id(user.type.id if user.type else None),
        created_at=created,
        updated_at=_like(created, row.last_updated, plausible),
        status_changed_at=_like(created, row.status_changed, plausible),
        user_status_changed_at=_like(created, user.status_changed, plausible),
    )


# Cached, so that equal texts are one object: 100,000 rows have only a few statuses, scopes and
# types.
@lru_cache(maxsize=256)
def _word(text: str | None) -> str | None:
    return cap_text(filled(text))


_type_id = lru_cache(maxsize=256)(filled)


def _like(known: T | None, value: T | None, clean: Callable[[T | None], T | None]) -> T | None:
    """Return ``known`` if the value equals it, else the cleaned value."""
    return known if value == known else clean(value)


def _name(person: _UserProfile) -> str | None:
    parts = (person.first_name, person.last_name)
    return cap_text(filled(person.display_name) or filled(" ".join(filter(None, parts))))
