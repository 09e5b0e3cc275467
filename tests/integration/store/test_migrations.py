"""Each revision that ever was can be brought up to date, with data in it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Float,
    Integer,
    MetaData,
    NullPool,
    String,
    Text,
    create_engine,
    event,
    insert,
    select,
)

from auditor.errors import StoreError
from auditor.store import open_store
from auditor.store.backends.database import open_database
from auditor.store.backends.schema import HEAD, alembic_config, current, upgrade
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import finding

SCRIPTS = ScriptDirectory.from_config(alembic_config())
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()]
SAMPLES: tuple[tuple[type, Any], ...] = (
    (Boolean, True),
    (Integer, 1000),  # beyond what a sequence has given out
    (Float, 1.5),
    (DateTime, datetime(2026, 1, 5, tzinfo=UTC)),
    (JSON, {}),
)


def fill(url) -> dict[str, int]:
    """Put a row into every table as the database describes it; return how many there are."""
    engine = create_engine(url, poolclass=NullPool)
    tables = MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                row = {column.name: sample(column.type) for column in table.columns}
                connection.execute(insert(table), row)
        return {
            table.name: len(connection.execute(select(table)).all())
            for table in tables.sorted_tables
        }


def sample(kind):
    return next((value for known, value in SAMPLES if isinstance(kind, known)), "x")


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_revision_is_brought_up_to_date_with_its_data(url, revision):
    with open_database(url) as database:
        upgrade(database, revision)
    before = fill(url)
    with open_store(url, migrate=True) as store:
        assert store.history.targets() == ("x",)
        audit(store, finding())
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for name in before.keys() & tables.tables.keys():
            assert len(connection.execute(select(tables.tables[name])).all()) >= before[name]


def test_the_newest_revision_is_the_one_the_code_expects():
    assert SCRIPTS.get_current_head() == HEAD


def test_models_and_migrations_agree(url):
    with open_database(url) as database:
        upgrade(database)
        with database.writing() as connection:
            command.check(alembic_config(connection))


def test_sqlite_brings_itself_up_to_date(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/new/auditor.db") as store:
        assert store.history.targets() == ()


def test_nothing_is_migrated_that_must_not_be(tmp_path):
    url = f"sqlite:///{tmp_path}/auditor.db"
    with pytest.raises(StoreError, match="no tables yet"), open_store(url, migrate=False):
        pass


@pytest.mark.postgres
def test_postgresql_waits_to_be_told(postgres_url):
    with (
        pytest.raises(StoreError, match=r"no tables yet, .* \(run `auditor db upgrade`\)"),
        open_store(postgres_url),
    ):
        pass
    with open_store(postgres_url, migrate=True):
        pass
    with open_store(postgres_url) as store:
        audit(store, finding())
        assert len(store.history.findings(TARGET)) == 1


def test_what_a_newer_auditor_wrote_is_left_alone(url):
    with open_store(url, migrate=True):
        pass
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with (
        pytest.raises(StoreError, match=r"newer auditor \(9999\); upgrade this one"),
        open_store(url, migrate=True),
    ):
        pass


def test_a_migration_that_breaks_leaves_nothing_behind(url):
    with open_database(url) as database:
        engine = database.backend.engine

        def break_late(_connection, _cursor, statement, *_):
            if "CREATE TABLE transition" in statement:
                raise RuntimeError

        event.listen(engine, "before_cursor_execute", break_late)
        with pytest.raises(RuntimeError):
            upgrade(database)
        event.remove(engine, "before_cursor_execute", break_late)
        with database.reading() as connection:
            assert current(connection) is None
        upgrade(database)
        with database.reading() as connection:
            assert current(connection) == HEAD


def test_a_table_that_is_made_anew_keeps_what_hangs_on_it(url):
    """SQLite alters a table by dropping it, which must not take its children along."""
    with open_store(url, migrate=True) as store:
        audit(store, finding())
        with store.database.writing(migrating=True) as connection:
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("target") as target:
                target.alter_column("org_url", existing_type=String(), type_=Text())
        assert len(store.history.findings(TARGET)) == 1


def test_of_many_that_start_at_once_one_migrates_and_all_go_on(url):
    def begin(_):
        with open_store(url, migrate=True) as store:
            return store.history.targets()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(begin, range(8))) == [()] * 8
