import subprocess
import sys

HEAVY = ("alembic", "psycopg", "sqlalchemy", "sqlmodel")


def loaded_by(code: str) -> set[str]:
    """Run ``code`` in a fresh interpreter; return which of the heavy libraries it loaded."""
    show = f"import sys; print(*(set(sys.modules) & set({HEAVY!r})))"
    command = [sys.executable, "-c", f"{code}\n{show}"]
    return set(subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())


def test_naming_the_store_loads_no_database_library():
    assert loaded_by("import auditor.store") == set()


def test_a_store_needs_no_migrations_library(tmp_path):
    url = f"sqlite:///{tmp_path}/auditor.db"
    use = (
        f"from auditor.store import open_store\nwith open_store({url!r}) as s: s.history.targets()"
    )
    for state in ("new", "up to date"):
        assert (state, loaded_by(use)) == (state, {"sqlalchemy", "sqlmodel"})
