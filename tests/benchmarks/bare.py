"""A reader of both lists that does nothing else: httpx, msgspec, and the fields of an audit."""
# ruff: noqa: T201  (it reports to the terminal)

import os
import sys
from datetime import datetime

import httpx
import msgspec


class _Credentials(msgspec.Struct, rename="camel"):
    user_name: str | None = None


class _Mapped(msgspec.Struct):
    email: str | None = None


class _Type(msgspec.Struct):
    id: str


class _Profile(msgspec.Struct, rename="camel"):
    login: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None


class _Person(msgspec.Struct):
    status: str
    type: _Type
    profile: _Profile


class _Embedded(msgspec.Struct):
    user: _Person


class _Assignment(msgspec.Struct, rename="camel"):
    id: str
    status: str
    sync_state: str
    scope: str
    credentials: _Credentials
    profile: _Mapped
    created: datetime
    last_updated: datetime
    status_changed: datetime
    external_id: str | None = None
    embedded: _Embedded | None = msgspec.field(default=None, name="_embedded")


class _User(msgspec.Struct, rename="camel"):
    id: int
    email: str | None = None
    username: str | None = None
    name: str | None = None
    scim_id: str | None = None
    root_role: int | None = None
    seen_at: datetime | None = None
    created_at: datetime | None = None


class _Users(msgspec.Struct):
    users: list[_User]


def read(okta: str, unleash: str, app: str) -> int:
    """Read assignments and users; return how many there are of both."""
    page = msgspec.json.Decoder(list[_Assignment])
    assignments: list[_Assignment] = []
    token = {"Authorization": f"SSWS {os.environ['SANDBOX_OKTA_TOKEN']}"}
    with httpx.Client(headers=token, timeout=60) as client:
        url: str | None = f"{okta}/api/v1/apps/{app}/users?limit=500&expand=user"
        while url:
            answer = client.get(url)
            assignments += page.decode(answer.content)
            url = answer.links.get("next", {}).get("url")
    token = {"Authorization": os.environ["SANDBOX_UNLEASH_TOKEN"]}
    body = httpx.get(f"{unleash}/api/admin/user-admin", headers=token, timeout=60).content
    return len(assignments) + len(msgspec.json.decode(body, type=_Users).users)


if __name__ == "__main__":
    print(read(*sys.argv[1:]))
