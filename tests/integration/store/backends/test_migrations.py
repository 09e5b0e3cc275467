"""The tables are created by one migration, and a database of another revision is rejected."""

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, String, Text, create_engine, event, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from auditor import __version__
from auditor.errors import StoreError
from auditor.store import open_store
from auditor.store.backends import schema
from auditor.store.backends.database import open_database
from auditor.store.backends.schema import (
    HEAD_REVISION,
    RECOGNIZED_TABLES,
    VERSION_TABLE,
    alembic_config,
    current_revision,
    upgrade,
)
from auditor.store.tables import TableRow
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import finding

SCRIPTS = ScriptDirectory.from_config(alembic_config())


def execute(url, statement: str) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql(statement)


def refusal(url) -> str:
    with pytest.raises(StoreError) as refused, open_store(url, migrate=True):
        pass
    return str(refused.value)


def tables_hash() -> str:
    """Return a hash of all tables and indexes, as PostgreSQL creates them."""
    statements = []
    for table in TableRow.metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=postgresql.dialect())))
        statements += sorted(
            str(CreateIndex(index).compile(dialect=postgresql.dialect())) for index in table.indexes
        )
    return hashlib.sha256("".join(statements).encode()).hexdigest()[:8]


def test_one_migration_leads_to_the_revision_that_the_code_needs():
    (script,) = SCRIPTS.walk_revisions()
    assert script.revision == SCRIPTS.get_current_head() == HEAD_REVISION


def test_the_revision_changes_with_the_tables():
    assert f"initial_{tables_hash()}" == HEAD_REVISION, (
        "edit 0001_initial.py, and give HEAD_REVISION this value"
    )


def migrate_from_nothing(database) -> None:
    with database.writing(migrating=True) as connection:
        command.upgrade(alembic_config(connection), "head")


def test_models_and_migrations_agree(url):
    with open_database(url) as database:
        migrate_from_nothing(database)
        with database.writing() as connection:
            command.check(alembic_config(connection))


def structure(database) -> dict[str, list[str]]:
    """Return all that defines each table: columns with types and defaults, keys, indexes."""
    with database.reading() as connection:
        found = inspect(connection)
        return {
            table: [
                *map(repr, found.get_columns(table)),
                repr(found.get_pk_constraint(table)),
                *sorted(map(repr, found.get_foreign_keys(table))),
                *sorted(map(repr, found.get_unique_constraints(table))),
                *sorted(map(repr, found.get_check_constraints(table))),
                *sorted(map(repr, found.get_indexes(table))),
            ]
            for table in found.get_table_names()
        }


def test_a_new_database_equals_one_that_was_migrated(url):
    with open_database(url) as database:
        migrate_from_nothing(database)
        migrated = structure(database)
        with database.writing() as connection:
            TableRow.metadata.drop_all(connection)
            connection.exec_driver_sql(f"DROP TABLE {VERSION_TABLE}")
        upgrade(database)
        assert structure(database) == migrated
        assert migrated.keys() == TableRow.metadata.tables.keys() | {VERSION_TABLE}


def words_of(statement: str) -> list[str]:
    return sorted(statement.replace(",", " ").split())


def test_the_statements_that_create_sqlite_tables_equal_those_of_the_migrations(tmp_path):
    """SQLite keeps the text of each statement. Only the order of the constraints may differ."""
    found = []
    for create in (migrate_from_nothing, upgrade):
        url = f"sqlite:///{tmp_path}/{create.__name__}.db"
        with open_database(url) as database:
            create(database)
            with database.reading() as connection:
                rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master")
                found.append({name: words_of(sql or "") for name, sql in rows})
    migrated, created = found
    assert created == migrated


def test_sqlite_creates_its_tables(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/new/auditor.db") as store:
        assert store.history.targets() == ()


def test_nothing_is_migrated_that_must_not_be(tmp_path):
    url = f"sqlite:///{tmp_path}/auditor.db"
    with pytest.raises(StoreError, match="has no tables"), open_store(url, migrate=False):
        pass


@pytest.mark.postgres
def test_postgresql_is_migrated_by_an_operator(postgres_url):
    with (
        pytest.raises(StoreError, match=r"has no tables \(run `auditor db upgrade`\)"),
        open_store(postgres_url),
    ):
        pass
    with open_store(postgres_url, migrate=True):
        pass
    with open_store(postgres_url) as store:
        audit(store, finding())
        assert len(store.history.findings(TARGET)) == 1


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "initial_00000000"])
def test_a_database_of_an_earlier_revision_is_rejected_with_the_fix(url, revision):
    with open_store(url, migrate=True):
        pass
    execute(url, f"UPDATE alembic_version SET version_num = '{revision}'")
    message = refusal(url)
    assert f"the tables are of revision {revision}" in message
    assert "move the database away and audit again" in message


def test_a_downgrade_is_refused_and_the_versions_are_named(url):
    with open_store(url, migrate=True) as store:
        audit(store, finding())
    execute(url, "UPDATE alembic_version SET version_num = '9999'")
    execute(url, "UPDATE audit SET version = '9.0.0'")
    newer = (
        f"a newer version of the auditor wrote it (9.0.0, tables 9999) and this is {__version__}"
    )
    assert f"{newer} (upgrade this auditor, or restore the backup" in refusal(url)


def test_a_newer_database_without_a_known_audit_table_is_refused_too(url):
    with open_store(url, migrate=True):
        pass
    execute(url, "UPDATE alembic_version SET version_num = '9999'")
    assert "wrote it (tables 9999)" in refusal(url)
    execute(url, "ALTER TABLE audit RENAME COLUMN version TO written_by")
    assert "wrote it (tables 9999)" in refusal(url)


NEXT_MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0200", "{head}", None, None


def upgrade():
    op.add_column("target", sa.Column("added_later", sa.Integer()))
"""


@pytest.fixture
def next_release(tmp_path, monkeypatch):
    """Return a function that adds a migration, as the next release does."""

    def release() -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(schema.MIGRATIONS_FOLDER, folder)
        text = NEXT_MIGRATION.format(head=HEAD_REVISION)
        (folder / "versions" / "0200_next.py").write_text(text)
        monkeypatch.setattr(schema, "MIGRATIONS_FOLDER", folder)
        monkeypatch.setattr(schema, "HEAD_REVISION", "0200")

    return release


def test_sqlite_migrates_itself_and_keeps_the_history(tmp_path, next_release):
    url = f"sqlite:///{tmp_path}/auditor.db"
    with open_store(url) as store:
        audit(store, finding())
    next_release()
    with open_store(url) as store:
        assert len(store.history.findings(TARGET)) == 1
        with store.database.reading() as connection:
            assert current_revision(connection, "") == "0200"
    execute(url, "SELECT added_later FROM target")


@pytest.mark.postgres
def test_postgresql_asks_for_the_upgrade_when_it_is_needed(postgres_url, next_release):
    with open_store(postgres_url, migrate=True) as store:
        audit(store, finding())
    next_release()
    earlier = rf"an earlier version .* \({HEAD_REVISION}\) \(run `auditor db upgrade`\)"
    with pytest.raises(StoreError, match=earlier), open_store(postgres_url):
        pass
    with open_store(postgres_url, migrate=True):
        pass
    with open_store(postgres_url) as store:
        assert len(store.history.findings(TARGET)) == 1
    execute(postgres_url, "SELECT added_later FROM target")


@pytest.mark.parametrize("statement", ["DELETE FROM {0}", "INSERT INTO {0} VALUES ('0002')"])
def test_a_version_table_without_exactly_one_row_is_an_error_with_the_fix(url, statement):
    with open_store(url, migrate=True) as store:
        audit(store, finding())
    execute(url, statement.format("alembic_version"))
    message = refusal(url)
    assert "rows instead of one" in message
    assert "restore the database from a backup" in message


def test_the_recognized_tables_exist():
    assert TableRow.metadata.tables.keys() >= RECOGNIZED_TABLES


def test_tables_without_a_version_table_are_not_an_empty_database(url):
    execute(url, "CREATE TABLE finding (id INTEGER)")
    message = refusal(url)
    assert "the table finding exists, but alembic_version does not" in message


def test_a_migration_that_fails_leaves_nothing_behind(url):
    with open_database(url) as database:
        engine = database.backend.engine

        def fail_late(_connection, _cursor, statement, *_):
            if "CREATE TABLE transition" in statement:
                raise RuntimeError

        event.listen(engine, "before_cursor_execute", fail_late)
        with pytest.raises(RuntimeError):
            upgrade(database)
        event.remove(engine, "before_cursor_execute", fail_late)
        with database.reading() as connection:
            assert current_revision(connection, "") is None
        upgrade(database)
        with database.reading() as connection:
            assert current_revision(connection, "") == HEAD_REVISION


def test_a_table_that_a_migration_copies_keeps_its_children(url):
    """SQLite alters a table by dropping it, which must not delete the rows that refer to it."""
    with open_store(url, migrate=True) as store:
        audit(store, finding())
        with store.database.writing(migrating=True) as connection:
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("target") as target:
                target.alter_column("org_url", existing_type=String(), type_=Text())
        assert len(store.history.findings(TARGET)) == 1


def test_of_many_processes_that_start_at_once_one_migrates(url):
    def begin(_):
        with open_store(url, migrate=True) as store:
            return store.history.targets()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(begin, range(8))) == [()] * 8
