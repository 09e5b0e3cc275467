"""A real open-source Unleash: the server from npm on a database of our own."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, LiteralString
from uuid import uuid4

import httpx
import psycopg

from tests.support.peers.node import installed, node
from tests.support.peers.postgres_server import Postgres
from tests.support.peers.processes import answers, free_port, serving
from tests.support.plain_http import PlainClient, plain_post

DEFAULT_VERSION = "8.2.0"
ADMIN_TOKEN = "*:*.the-admin-token-of-a-test"
PASSWORD_LOGIN = "unleash.auth.simple"
"""The name of the setting."""

WITHOUT_LIMITS = {
    "AUTHENTICATION_RATE_LIMIT_PER_MINUTE": "1000000",
    "CREATE_USER_RATE_LIMIT_PER_MINUTE": "1000000",
    "SIMPLE_LOGIN_LIMIT_PER_MINUTE": "1000000",
    "TOKEN_AUTHENTICATION_RATE_LIMIT_PER_MINUTE": "1000000",
}
"""One server serves many tests: Unleash's own limit is ten logins a minute."""


class RealUnleash:
    """A running Unleash.

    SCIM ids, groups and settings, which the open-source edition cannot write, are written into
    its database; every answer is the real server's.
    """

    def __init__(self, url: str, version: str, database: psycopg.Connection) -> None:
        self.url = url
        self.version = version
        self.admin_token = ADMIN_TOKEN
        self._database = database
        remember(database)

    def reset(self) -> None:
        """Restore every table and sequence to its state after the start of the server.

        Only the initial admin (id 1) is left. `admin_token` stays valid, PATs do not.
        """
        restore(self._database)

    def execute(self, sql: LiteralString, *params: object) -> list[tuple[Any, ...]]:
        """Run one statement with `%s` parameters in Unleash's database; return its rows."""
        cursor = self._database.execute(sql, params)
        return cursor.fetchall() if cursor.description else []

    def login_pat(self, username: str = "admin", password: str = "unleash4all") -> str:
        """Log in with a password and return a new personal access token of that user."""
        with PlainClient(base_url=self.url) as session:
            credentials = {"username": username, "password": password}
            session.post("/auth/simple/login", json=credentials).raise_for_status()
            tomorrow = datetime.now(UTC) + timedelta(days=1)
            created = session.post(
                "/api/admin/user/tokens",
                json={"description": uuid4().hex, "expiresAt": tomorrow.isoformat()},
            ).raise_for_status()
            return str(created.json()["secret"])

    def create_user(
        self,
        *,
        email: str | None = None,
        username: str | None = None,
        name: str | None = None,
        role: str = "Viewer",
        password: str | None = None,
    ) -> int:
        """Create a user with the root role `role` and return their id.

        Unleash answers 400 to a weak password.
        """
        given = {"email": email, "username": username, "name": name, "password": password}
        body = {key: value for key, value in given.items() if value is not None}
        created = plain_post(
            f"{self.url}/api/admin/user-admin",
            headers={"Authorization": self.admin_token},
            json={**body, "rootRole": role, "sendEmail": False},
        ).raise_for_status()
        return int(created.json()["id"])

    def add_viewers(
        self, people: Iterable[tuple[str, str, str | None]]
    ) -> Iterator[tuple[str, int]]:
        """Add very many SCIM-managed Viewers at once (login, name, SCIM id); yield login and id."""
        logins, names, scim_ids = map(list, zip(*people, strict=True))
        added = self.execute(
            "INSERT INTO users (email, username, name, scim_id)"
            " SELECT lower(login), login, name, scim_id"
            " FROM unnest(%s::text[], %s::text[], %s::text[]) AS people (login, name, scim_id)"
            " RETURNING username, id",
            logins,
            names,
            scim_ids,
        )
        self.execute(
            "INSERT INTO role_user (user_id, role_id, project)"
            " SELECT unnest(%s::int[]), id, 'default' FROM roles WHERE name = 'Viewer'",
            [user_id for _, user_id in added],
        )
        yield from added

    def change_role(self, user_id: int, role: str) -> None:
        """Give a user another root role, as the initial admin would."""
        httpx.put(
            f"{self.url}/api/admin/user-admin/{user_id}",
            headers={"Authorization": self.login_pat()},
            json={"rootRole": role},
        ).raise_for_status()

    def delete_user(self, user_id: int) -> None:
        """Delete a user; the last admin, too, since the admin API token does it."""
        httpx.delete(
            f"{self.url}/api/admin/user-admin/{user_id}",
            headers={"Authorization": self.admin_token},
        ).raise_for_status()

    def set_scim_id(self, user_id: int, scim_id: str | None) -> None:
        """Make a user SCIM-managed; `None` makes the user unmanaged."""
        self.execute("UPDATE users SET scim_id = %s WHERE id = %s", scim_id, user_id)

    def set_setting(self, name: str, content: dict[str, Any]) -> None:
        """Write a row of settings: `scim`, `unleash.enterprise.auth.saml` and the like."""
        self.execute(
            "INSERT INTO settings (name, content) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET content = excluded.content",
            name,
            json.dumps(content),
        )

    def set_password_login(self, enabled: bool) -> None:
        """Switch the login with a password on or off."""
        self.set_setting(PASSWORD_LOGIN, {"disabled": not enabled})

    @contextmanager
    def without_invitations(self) -> Iterator[None]:
        """Create users as SCIM does: without a link to set a password, whose hash takes 0.1 s.

        Unleash makes no link while the login with a password is off. It is as before afterwards.
        """
        before = self.execute("SELECT content FROM settings WHERE name = %s", PASSWORD_LOGIN)
        self.set_password_login(enabled=False)
        yield
        self.execute("DELETE FROM settings WHERE name = %s", PASSWORD_LOGIN)
        for (content,) in before:
            self.set_setting(PASSWORD_LOGIN, content)

    def make_group(
        self,
        name: str,
        root_role: str | None = None,
        scim_id: str | None = None,
        member_ids: Iterable[int] = (),
    ) -> int:
        """Create a group with the root role named `root_role` and return its id."""
        [(group_id,)] = self.execute(
            "INSERT INTO groups (name, scim_id, root_role_id)"
            " VALUES (%s, %s, (SELECT id FROM roles WHERE type = 'root' AND name = %s))"
            " RETURNING id",
            name,
            scim_id,
            root_role,
        )
        for user_id in member_ids:
            self.execute(
                "INSERT INTO group_user (group_id, user_id) VALUES (%s, %s)", group_id, user_id
            )
        return int(group_id)


HAS_FIRST_DATA = """
SELECT FROM users JOIN role_user ON user_id = id, api_tokens
WHERE id = 1 AND password_hash IS NOT NULL
"""


def _has_first_data(database: str) -> bool:
    """Return whether the initial admin and the admin token exist: /health answers sooner."""
    with psycopg.connect(database) as connection:
        return connection.execute(HAS_FIRST_DATA).rowcount > 0


@contextmanager
def running_unleash(postgres: Postgres, version: str = DEFAULT_VERSION) -> Iterator[RealUnleash]:
    """Run Unleash on a new database; skips when Node or the npm registry is absent."""
    server = installed("unleash-server", version) / "unleash-server"
    database = postgres.conninfo(postgres.create_database().rpartition("/")[2])
    url = f"http://127.0.0.1:{(port := free_port())}"
    environment = {
        "TZ": "UTC",
        "NODE_ENV": "production",
        "LOG_LEVEL": "warn",
        "CHECK_VERSION": "false",
        "SEND_TELEMETRY": "false",
        "DATABASE_URL": database,
        "DATABASE_SSL": "false",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
        "UNLEASH_URL": url,
        "INIT_ADMIN_API_TOKENS": ADMIN_TOKEN,
        **WITHOUT_LIMITS,
    }
    with (
        TemporaryDirectory(prefix="unleash-") as home,
        serving(
            [node(), server / "dist/server.js"],
            ready=lambda: answers(f"{url}/health") and _has_first_data(database),
            log=Path(home) / "unleash.log",
            env=environment,
            cwd=server,
        ),
        psycopg.connect(database, autocommit=True) as connection,
    ):
        yield RealUnleash(url, version, connection)


@contextmanager
def one_unleash(postgres: Postgres) -> Iterator[Callable[[str], RealUnleash]]:
    """Yield a function that returns a server of a version, and first stops one of another version.

    A start takes seconds of CPU. One server is enough for the tests of a version that follow each
    other.
    """
    with ExitStack() as running:
        servers: dict[str, RealUnleash] = {}

        def server_of(version: str) -> RealUnleash:
            if version not in servers:
                servers.clear()
                running.close()
                servers[version] = running.enter_context(running_unleash(postgres, version))
            return servers[version]

        yield server_of


REMEMBER = """
CREATE SCHEMA fresh;
CREATE TABLE fresh."sequence values" AS
    SELECT format('%I.%I', schemaname, sequencename) AS name, last_value
    FROM pg_sequences WHERE schemaname = 'public';
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE fresh.%1$I AS TABLE public.%1$I', name);
    END LOOP;
END $$;
"""

RESTORE = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- no foreign keys, no triggers
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM public.%I', name);
        EXECUTE format('INSERT INTO public.%1$I SELECT * FROM fresh.%1$I', name);
    END LOOP;
    PERFORM setval(sequence.name::regclass, coalesce(last_value, 1), last_value IS NOT NULL)
        FROM fresh."sequence values" AS sequence;
END $$;
"""


def remember(database: psycopg.Connection) -> None:
    """Copy every table and the state of every sequence; the connection is a superuser's."""
    database.execute(REMEMBER)


def restore(database: psycopg.Connection) -> None:
    """Restore every table and sequence to what `remember` copied, in one transaction."""
    database.execute(RESTORE)
