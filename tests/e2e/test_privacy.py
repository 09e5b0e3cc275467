"""With ``privacy = "ids"``, the auditor writes, prints and sends no planted name.

The sinks are derived from the code: every command in every format, every option that writes to a
file or an address, every channel and table of the configuration, every table of the database, and
every page of the service. A new one fails a test here until it is covered.
"""

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from auditor.cli.main import auditor, run
from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.config.settings import Settings
from auditor.config.tables.service_settings import Address
from auditor.engine.findings.tracked_findings import State
from auditor.observability.metrics import JobCounter
from auditor.sandbox import Sandbox, World
from auditor.serve.health_endpoints import operations_app
from auditor.serve.http_server import HttpServer
from auditor.store import open_store
from auditor.store.tables.column_types import TableRow
from tests.support.peers.processes import free_port
from tests.support.plain_http import plain_get
from tests.support.processes.command_line import commands
from tests.support.processes.service_process import listening

CANARY = "canary"
"""The text in each planted name, email, login, description and error text."""

FINDING, USER = "<id of a finding>", "<id of a user>"
"""Replaced when a command is run."""

ARGUMENTS: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {
    ("run",): (("-v",), ("-q",), ()),
    ("report",): ((), ("--send",)),
    ("export",): ((),),
    ("findings",): (("--state", "all"), (FINDING,)),
    ("waive",): ((FINDING, "--until", "30d", "--reason", "x", "--owner", "Ro Ott"),),
    ("verify",): ((FINDING,),),
    ("watch",): (("--once",),),
    ("changes",): ((),),
    ("history",): ((),),
    ("plan",): ((), ("--calls",), ("--write-to", "terraform")),
    ("person",): ((USER,),),
    ("lockout",): ((), ("-v",)),
    ("doctor",): ((), ("-v",)),
    ("config", "check"): ((),),
    ("config", "schema"): ((),),
    ("rules",): ((), ("email-not-login",)),
    ("slack", "test"): ((),),
    ("slack", "manifest"): ((),),
    ("assign",): ((FINDING, "--to", "Ro Ott", "--by", "Ro Ott"),),
    ("ack",): ((FINDING, "--until", "3d", "--reason", "x", "--by", "Ro Ott"),),
    ("db", "upgrade"): ((),),
    ("db", "adopt"): (("sandbox",),),
    ("db", "forget"): ((USER,),),
    ("db", "rename"): (("sandbox", "other"),),
}
"""Each command that reads the configuration, with its arguments. `db rename` is the last."""

READS_NOTHING = {("init",), ("demo",), ("sandbox",), ("completion",), ("help",)}
"""Commands that read no configured target."""

BY_ITSELF = {("serve",)}
"""Commands whose pages are read below; their jobs are those of `run` and `report`."""

WRITING_OPTIONS = {
    ("run", "--save-snapshot"): "seen.json",
    ("run", "--metrics-textfile"): "auditor.prom",
    ("run", "--metrics-push"): "<address>",
    ("plan", "--write-to"): "terraform",
    ("report", "--destination"): "elsewhere",
}
"""Options of commands that write to a file or an address."""

SINK_TABLES = {"store", "slack", "webhook", "report", "heartbeat", "metrics", "serve"}
"""Tables of the configuration that name where something is written or sent to."""

OTHER_KEYS = {
    *("target", "defaults", "include", "privacy", "rule_paths", "resolve_after", "fail_on", "keep"),
    *("alerts", "schedule", "sla", "owners", "watch", "rules", "waiver", "attestation"),
}


def options_of(words: tuple[str, ...]) -> list[click.Option]:
    command: click.Command = auditor
    context = click.Context(auditor)
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(context, word)
        assert found is not None
        command = found
    return [each for each in command.params if isinstance(each, click.Option)]


def formats_of(words: tuple[str, ...]) -> list[str]:
    for option in options_of(words):
        if "--format" in option.opts and isinstance(option.type, click.Choice):
            return [str(choice) for choice in option.type.choices]
    return []


def test_every_command_is_covered() -> None:
    assert set(commands()) == ARGUMENTS.keys() | READS_NOTHING | BY_ITSELF


def test_every_option_that_writes_is_covered() -> None:
    found = {
        (words[0], option.opts[-1])
        for words in ARGUMENTS
        for option in options_of(words)
        if option.metavar in {"FILE", "DIR", "URL", "PATH"}
        and not {"--config", "--snapshot"} & set(option.opts)
    }
    assert found <= WRITING_OPTIONS.keys()


READ_OPTIONS = {
    *("--by", "--config", "--fail-on", "--format", "--if-older-than", "--jobs", "--last"),
    *("--lock-timeout", "--owner", "--reason", "--rule", "--set", "--severity", "--shard"),
    *("--since", "--snapshot", "--state", "--target", "--to", "--until", "--wait"),
}
"""Options that are read. Where they are stored or shown, ARGUMENTS has them."""


def test_every_option_with_a_text_is_covered() -> None:
    found = {
        (words[0], option.opts[-1])
        for words in ARGUMENTS
        for option in options_of(words)
        if not option.is_flag and isinstance(option.type, click.ParamType)
    }
    unknown = {each for each in found if each[1] not in READ_OPTIONS} - WRITING_OPTIONS.keys()
    assert unknown == set(), sorted(unknown)


def test_every_table_of_the_configuration_is_covered() -> None:
    keys = {field.alias or name for name, field in Settings.model_fields.items()}
    assert keys == SINK_TABLES | OTHER_KEYS


def plant(world: World) -> None:
    """Put the canary wherever a person can be named."""
    person = world.add_person(
        f"{CANARY}.one@example.com", "Canary", "One", email=f"{CANARY}@private.example"
    )
    other = world.add_person(f"CORP\\{CANARY}", "Canary", "Two", email=f"{CANARY}.two@example.com")
    for each in (person, other):
        world.assign(each, by=person)
        world.fail_provisioning(each, f"Canary One ({CANARY}.one@example.com) cannot be pushed")
    group = world.add_group("Canary One and friends")
    world.add_member(group, person)
    world.push_group(group, by=person)
    world.break_group_push(group, reason=f"Group of Canary One: 401 for {CANARY}", by=person)
    world.add_schema_attribute("costCenter", title="Cost center", by=person)
    world.map_attribute("user", "costCenter", f'"{CANARY}" + user.costCenter', by=person)
    world.map_attribute("user", "email", f"user.login == '{CANARY}' ? user.email : {CANARY}")
    world.set_username_template(f"CORP\\{CANARY}${{source.login}}", by=person)
    world.set_sign_on(subjectNameIdTemplate=f"{CANARY}-${{user.email}}", by=person)
    world.add_local_user(
        username=f"CORP\\{CANARY}",
        email=f"{CANARY}@corp.example",
        name="Canary",
        role="Admin",
        by=f"{CANARY}@example.com",
    )
    world.add_service_account(f"robot of {CANARY}", role="Admin", by=f"{CANARY}@example.com")
    world.add_team("Canary's team", role="Admin", by=f"{CANARY}@example.com")
    world.remove_user(world.add_local_user(username=f"{CANARY}.gone").id, by=CANARY)


EMPTY_TABLES = {"job_slot", "watched_target"}
"""Tables that the commands above leave empty: they have times, and names of jobs and targets."""


class Watched:
    """Runs commands on a world with planted names; collects all that was written and sent."""

    def __init__(self, sandbox: Sandbox, folder: Path, receiver: Any) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.receiver = receiver
        self.config = folder / "auditor.toml"

    def words(self, words: tuple[str, ...]) -> list[str]:
        settings = load_settings(self.config, {})
        with open_store(settings.store.database_url().reveal(), create=False) as store:
            found = store.history.findings("sandbox", *State)
        user = next(
            person for person in self.sandbox.world.okta.people.values() if CANARY in person.login
        )
        replaced = {
            FINDING: found[0].id if found else "0" * 16,
            USER: user.id,
            "<address>": self.receiver.url,
        }
        return [replaced.get(word, word) for word in words]

    def written(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the text of each sink."""
        for path in self.folder.rglob("*"):
            if path.is_file() and path.suffix != ".db":
                yield path.name, path.read_bytes().decode(errors="replace")
        (database,) = self.folder.glob("*.db")
        with sqlite3.connect(database) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                yield table, repr(connection.execute(f'SELECT * FROM "{table}"').fetchall())
        slack = self.sandbox.slack
        yield "Slack", repr([channel.messages for channel in slack.channels.values()])
        yield "Slack", repr({name: file.content for name, file in slack.files.items()})
        yield "Slack", slack.transcript()
        yield "addresses", repr(self.receiver.asked)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> Iterator[Watched]:
    caplog.set_level(logging.DEBUG)
    with Sandbox(World.clean(people=4)) as sandbox, listening() as receiver:
        for name, value in environment(sandbox).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("HOOK", receiver.url)
        monkeypatch.setenv("KEY", "key")
        monkeypatch.chdir(tmp_path)
        it = Watched(sandbox, tmp_path, receiver)
        it.config.write_text(
            'privacy = "ids"\n'
            f"{sandbox_configuration(sandbox)}\n"
            '[[webhook]]\nname = "pager"\nurl_env = "HOOK"\nsecret_env = "KEY"\n'
            '[heartbeat]\nurl_env = "HOOK"\n'
            '[report]\nexports = ["json", "csv", "ocsf"]\n'
        )
        yield it


def test_no_planted_name_is_in_any_sink(watched: Watched, capsys: Any, caplog: Any) -> None:
    world = watched.sandbox.world
    assert run(["run", "--exit-zero"]) in {0, 3, 4}
    world.advance(hours=1)
    plant(world)
    sinks: list[tuple[str, str]] = []

    def execute(*words: str) -> None:
        code = run(watched.words(words))
        out, err = capsys.readouterr()
        # A command that changes something is refused the second time, in another format.
        assert code not in {2, 70} or "--format" in words, (words, err)
        sinks.extend([(" ".join(words), out), (f"stderr of {' '.join(words)}", err)])

    execute("run")
    for (command, option), value in WRITING_OPTIONS.items():
        if command in {"run", "report"}:
            execute(command, option, value)
    for command_words, variants in ARGUMENTS.items():
        for arguments in variants:
            execute(*command_words, *arguments)
            for name in formats_of(command_words):
                execute(*command_words, *arguments, "--format", name)
    sinks += watched.written()
    sinks += pages_of(watched)
    sinks.append(("log", caplog.text))
    for name, text in sinks:
        found = text.lower().find(CANARY)
        assert found < 0, f"{name}: {text[max(0, found - 200) : found + 100]}"
    filled = {name for name, text in sinks if text.strip("[](){} \n")}
    expected = {"Slack", "finding", "seen.json", "auditor.prom", "addresses", "log"}
    assert expected <= filled
    assert any(name.endswith(".html") for name in filled)
    assert TableRow.metadata.tables.keys() - filled == EMPTY_TABLES


def pages_of(watched: Watched) -> Iterator[tuple[str, str]]:
    """Yield the answer of each operations endpoint."""
    app = operations_app(
        lambda: load_settings(watched.config, {}),
        lambda: watched.sandbox.world.now,
        JobCounter(),
        begun=lambda: True,
    )
    with HttpServer(Address(host="127.0.0.1", port=free_port()), app) as server:
        for route in app.routes:
            path = getattr(route, "path", "")
            yield path, plain_get(f"{server.url}{path}").text


def test_the_names_are_planted_where_the_auditor_reads(watched: Watched, capsys: Any) -> None:
    """Without `privacy`, the canary is in each kind of sink; so the test above can fail."""
    watched.config.write_text(watched.config.read_text().replace('privacy = "ids"\n', ""))
    run(["run", "--exit-zero"])
    watched.sandbox.world.advance(hours=1)
    plant(watched.sandbox.world)
    run(["run", "--exit-zero", "-v", "--save-snapshot", "seen.json"])
    run(["report"])
    found = {name for name, text in watched.written() if CANARY in text.lower()}
    sinks = {"seen.json", "Slack", "finding", "change", "configuration_read", "addresses"}
    assert found.issuperset(sinks), found
    assert any(name.endswith(".html") for name in found)
    assert CANARY in capsys.readouterr().out.lower()
