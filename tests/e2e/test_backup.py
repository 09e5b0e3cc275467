"""Backup and restore by the commands in docs/operations.md, for both databases."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.peers.postgres_server import postgres_programs

OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
(SECTION,) = re.findall(r"^## Backup and restore\n(.*?)^## ", OPERATIONS, re.MULTILINE | re.DOTALL)
SQLITE_BACKUP, SQLITE_RESTORE, POSTGRES = (
    [line.removeprefix("$ ") for line in block.splitlines()]
    for block in re.findall(r"```console\n(.*?)```", SECTION, re.DOTALL)
)


def type_in(folder: Path, *lines: str, **environ: str) -> None:
    """Run lines of the documentation in a shell; `auditor` commands run by other means."""
    for line in lines:
        if not line.startswith("auditor "):
            subprocess.run(line, shell=True, check=True, cwd=folder, env={**os.environ, **environ})


def open_rules(commands) -> set[str]:
    (target,) = commands.json("findings")
    return {each["rule"] for each in target["findings"]}


def is_detected_resolved_and_restored(commands, back_up, restore) -> None:
    world = commands.world
    world.map_attribute("user", "email", "user.email")
    commands.audit()
    before = open_rules(commands)
    assert "email-not-login" in before
    back_up()
    world.map_attribute("user", "email", "user.login")
    commands.audit()
    assert "email-not-login" not in open_rules(commands)
    restore()
    assert open_rules(commands) == before
    code, _ = commands("doctor")
    assert (code, commands.errors) == (0, "")
    commands.audit()
    assert "email-not-login" not in open_rules(commands)


def test_sqlite_is_backed_up_while_it_is_in_use_and_restored(commands):
    folder = commands.folder
    is_detected_resolved_and_restored(
        commands,
        lambda: type_in(folder, *SQLITE_BACKUP),
        lambda: type_in(folder, *SQLITE_RESTORE),
    )
    assert (folder / "auditor.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.postgres
def test_postgresql_is_dumped_and_restored(commands, postgres_url):
    url = postgres_url.replace("+psycopg", "")
    commands.config.write_text(f'{commands.config.read_text()}\n[store]\nurl = "{url}"\n')
    assert commands("db", "upgrade")[0] == 0
    environ = {"DATABASE_URL": url, "PATH": f"{postgres_programs()}:{os.environ['PATH']}"}
    dump, *load = POSTGRES
    is_detected_resolved_and_restored(
        commands,
        lambda: type_in(commands.folder, dump, **environ),
        lambda: type_in(commands.folder, *load, **environ),
    )
