import psycopg
import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.support.peers.postgres_server import running_postgres


def test_it_is_postgresql_18(postgres_url):
    engine = create_engine(postgres_url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW server_version")).scalar_one().startswith("18.")


def test_every_database_is_new_and_empty(postgres):
    first, second = postgres.create_database(), postgres.create_database()
    assert first != second
    with psycopg.connect(first.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE seen ()")
    with psycopg.connect(second.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT * FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchall() == []


@pytest.mark.postgres
def test_a_stopped_cluster_is_gone():
    with running_postgres() as cluster:
        assert cluster.accepts_connections()
    assert not cluster.accepts_connections()
