"""The revision of the tables: which one is needed, which one a database has, how it is upgraded."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, text

from auditor import __version__
from auditor.errors import StoreError
from auditor.store.backends.database import Database
from auditor.store.tables import TableRow

if TYPE_CHECKING:
    from alembic.config import Config

HEAD_REVISION = "initial_4ee43e25"
"""The newest revision. It is stated here so that an audit need not import Alembic.

The migration is edited in place until the first tag. The second part is a hash of the tables, so
that each edit makes another revision; a test computes it.
"""

UNRELEASED_REVISIONS = ("0001", "0002", "0003", "initial_")
"""Prefixes of the revisions before the first tag. No migration begins at them."""

MIGRATIONS_FOLDER = Path(__file__).parents[1] / "migrations"
VERSION_TABLE = "alembic_version"
_VERSION = Table(
    VERSION_TABLE,
    MetaData(naming_convention={"pk": "%(table_name)s_pkc"}),
    Column("version_num", String(32), primary_key=True),
)
"""Alembic's own table, as Alembic creates it."""

RECOGNIZED_TABLES = frozenset({"audit", "finding", "outbox", "target"})
"""Without a version table, each of these shows that the database is not empty."""

MIGRATION_LOCK_TIMEOUT = timedelta(minutes=5)
"""How long a process waits while another process migrates the database."""


def ensure_current(database: Database, *, migrate: bool | None) -> None:
    """Upgrade the tables to :data:`HEAD_REVISION` where that is allowed.

    ``migrate``: as in :func:`auditor.store.open_store`. Raises
    :class:`~auditor.errors.StoreError` when the tables are not of this revision afterwards.
    """
    with database.reading() as connection:
        revision = current_revision(connection, database.where)
        # The usual case: no lock is taken, and Alembic is not imported.
        if revision == HEAD_REVISION:
            return
        if revision is not None and revision not in _known_revisions():
            writer = _writer_version(connection)
            raise StoreError(_unusable_revision(database.where, revision, writer))
    if not (database.backend.migrates_itself if migrate is None else migrate):
        state = (
            "the database has no tables"
            if revision is None
            else f"an earlier version of the auditor wrote the tables ({revision})"
        )
        msg = f"{database.where}: {state} (run `auditor db upgrade`)"
        raise StoreError(msg)
    upgrade(database)


def current_revision(connection: Connection, where: str) -> str | None:
    """Return the revision of the tables; ``None``: the database is empty.

    Raises :class:`~auditor.errors.StoreError` when tables exist and their revision is unknown.
    ``where`` names the database in the error.
    """
    names = set(inspect(connection).get_table_names())
    if VERSION_TABLE in names:
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all()  # noqa: S608
        if len(found) == 1:
            return str(found[0])
        msg = (
            f"{where}: the table {VERSION_TABLE} has {len(found)} rows instead of one, so the"
            " revision of the tables is unknown; nothing was read or written"
            " (restore the database from a backup, or give store.url an empty database)"
        )
        raise StoreError(msg)
    if existing := sorted(names & RECOGNIZED_TABLES):
        msg = (
            f"{where}: the table {existing[0]} exists, but {VERSION_TABLE} does not;"
            " the tables belong to another program, or the database is damaged"
            " (restore it from a backup, or give store.url an empty database)"
        )
        raise StoreError(msg)
    return None


def upgrade(database: Database) -> None:
    """Create the tables, or apply the missing migrations, in one transaction.

    Other processes wait until it ends.
    """
    held, remedy = "a migration of the database is running", "wait for its end, and run again"
    with (
        database.lock("schema", MIGRATION_LOCK_TIMEOUT, held=held, remedy=remedy),
        database.writing(migrating=True) as connection,
    ):
        # Another process may have migrated the database while this one waited for the lock.
        revision = current_revision(connection, database.where)
        if revision is None:
            _create_tables(connection)
        elif revision != HEAD_REVISION:
            from alembic import command

            command.upgrade(alembic_config(connection), "head")


def _create_tables(connection: Connection) -> None:
    """Create the tables as all migrations together do; a test proves that both are equal.

    The migrations would cost a first audit a sixth of its CPU, most of it the import of Alembic.
    """
    TableRow.metadata.create_all(connection, checkfirst=False)
    _VERSION.create(connection)
    connection.execute(_VERSION.insert().values(version_num=HEAD_REVISION))


def alembic_config(connection: Connection | None = None) -> "Config":
    """Return Alembic's configuration; it works inside the transaction of ``connection``."""
    from alembic.config import Config

    config = Config()
    # Alembic reads the value by ConfigParser, where % begins a reference.
    config.set_main_option("script_location", str(MIGRATIONS_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _known_revisions() -> frozenset[str]:
    """Return the revisions from which this version can migrate."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return frozenset(script.revision for script in scripts)


def _writer_version(connection: Connection) -> str | None:
    """Return the version of the auditor that recorded the last audit; ``None``: not readable."""
    found = inspect(connection)
    # A newer version may have other tables and columns.
    if "audit" not in found.get_table_names():
        return None
    if not {"id", "version"} <= {column["name"] for column in found.get_columns("audit")}:
        return None
    newest = "SELECT version FROM audit ORDER BY id DESC LIMIT 1"
    version = connection.execute(text(newest)).scalar()
    return None if version is None else str(version)


def _unusable_revision(where: str, revision: str, writer: str | None) -> str:
    if revision.startswith(UNRELEASED_REVISIONS):
        return (
            f"{where}: the tables are of revision {revision}, which a version before the first"
            f" release wrote; this version needs {HEAD_REVISION} and cannot convert them"
            " (move the database away and audit again: a new history begins; or use that version)"
        )
    named = f"{writer}, tables {revision}" if writer else f"tables {revision}"
    return (
        f"{where}: a newer version of the auditor wrote it ({named}) and this is {__version__}"
        " (upgrade this auditor, or restore the backup that was made before the upgrade)"
    )
