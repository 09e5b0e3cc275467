"""Which tables there are, and how older ones are brought up to date."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from auditor.errors import StoreError
from auditor.store.backends.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0003"
"""The newest migration; kept here so that a run need not load Alembic (a test compares)."""

MIGRATIONS = Path(__file__).parents[1] / "migrations"
MIGRATION_LOCK_TIMEOUT = timedelta(minutes=5)
"""How long one process waits while another one migrates."""


def ensure_current(database: Database, *, migrate: bool | None) -> None:
    """Bring the tables up to date where that is allowed; see :func:`auditor.store.open_store`."""
    with database.reading() as connection:
        revision = current(connection)
    if revision == HEAD:
        return
    if revision is not None and revision not in _known():
        msg = f"{database.where}: written by a newer auditor ({revision}); upgrade this one"
        raise StoreError(msg)
    if not (database.backend.migrates_itself if migrate is None else migrate):
        state = f"its tables are of revision {revision}" if revision else "it has no tables yet"
        msg = f"{database.where}: {state}, {HEAD} is needed (run `auditor db upgrade`)"
        raise StoreError(msg)
    upgrade(database)


def current(connection: Connection) -> str | None:
    """Return the revision of the tables; ``None``: there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found else None


def upgrade(database: Database, to: str = "head") -> None:
    """Apply what is missing, in one transaction, while all others wait."""
    from alembic import command

    taken = "somebody else has been migrating it for minutes"
    with (
        database.lock("schema", MIGRATION_LOCK_TIMEOUT, taken=taken),
        database.writing(migrating=True) as connection,
    ):
        command.upgrade(alembic_config(connection), to)


def alembic_config(connection: Connection | None = None) -> "Config":
    """Return what Alembic needs to know; it works inside the transaction of ``connection``."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _known() -> set[str]:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(alembic_config())
    return {script.revision for script in scripts.walk_revisions()}
