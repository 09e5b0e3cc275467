"""No output of the program contains a secret. Every secret is a canary; all output is searched."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from auditor.cli.main import run
from auditor.config.loading import load_settings
from auditor.engine.findings.tracked_findings import State
from auditor.errors import AuditorError
from auditor.sandbox import Sandbox, World
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from auditor.sandbox.slack.records import ALL_SCOPES, INTERACTIVE_SCOPES
from auditor.store import open_store
from tests.support.peers.processes import answers, free_port, serving
from tests.support.plain_http import plain_get
from tests.support.processes.command_line import commands

CANARY = "canary"
"""The text in every secret, also in those of the sandbox's answers."""

FINDING = "the id of a finding"
"""Replaced by a stored id when the command is run."""

COMMANDS = (
    ("run", "--save-snapshot", "seen.json", "--metrics-textfile", "auditor.prom"),
    ("run", "--format", "json"),
    ("report", "--send"),
    ("report", "--format", "json"),
    ("export", "--format", "json"),
    ("export", "--format", "csv"),
    ("export", "--format", "ocsf"),
    ("findings", "--state", "all"),
    ("findings", "--state", "all", "--format", "json"),
    ("findings", "--state", "all", "--format", "csv"),
    ("waive", FINDING, "--until", "30d", "--reason", "x", "--owner", "Ro Ott"),
    ("verify", FINDING),
    ("verify", FINDING, "--format", "json"),
    ("changes",),
    ("changes", "--format", "json"),
    ("history",),
    ("history", "--format", "json"),
    ("plan",),
    ("plan", "--format", "json"),
    ("person", "recovery.one"),
    ("person", "recovery.one", "--format", "json"),
    ("watch", "--once"),
    ("lockout", "-v"),
    ("lockout", "--format", "json"),
    ("doctor",),
    ("doctor", "--format", "json"),
    ("config", "check"),
    ("config", "schema"),
    ("rules",),
    ("rules", "email-not-login"),
    ("slack", "test"),
    ("slack", "manifest"),
    ("ack", "email-not-login", "--until", "3d", "--reason", "x", "--by", "Ro Ott"),
    ("assign", "email-not-login", "--to", "IAM", "--by", "Ro Ott"),
    ("db", "upgrade"),
    ("db", "adopt", "main"),
    ("db", "forget", "recovery.two"),
    ("db", "rename", "main", "other"),
)

AT_DEBUG = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
logging.debug("the root logger writes")
from auditor.cli.main import run
sys.exit(run(sys.argv[1:]))
"""

LONG_RUNNING = {("init",), ("serve",), ("demo",)}
"""Commands that have their own tests below."""

READS_NOTHING = {("sandbox",), ("completion",), ("help",)}
"""They read no configuration. The sandbox prints the tokens of its own simulation."""


def test_every_command_is_covered() -> None:
    everything = set(commands())
    assert everything > READS_NOTHING
    watched = {
        next(each for each in everything if words[: len(each)] == each) for words in COMMANDS
    }
    assert everything == watched | LONG_RUNNING | READS_NOTHING


class Watched:
    """Runs commands on a small sandbox in which every secret is a canary."""

    def __init__(self, sandbox: Sandbox, folder: Path, signed_in: str, store_url: str) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.store_url = store_url
        world, slack = sandbox.world, sandbox.slack
        client = world.add_oauth_client()
        world.okta_token = f"00{CANARY}-okta"
        world.unleash.tokens[f"user:{CANARY}-unleash"] = world.unleash.tokens[world.unleash_token]
        self.environment = {
            "OKTA": world.okta_token if signed_in == "token" else client.private_key,
            "UNLEASH": f"user:{CANARY}-unleash",
            "STORE": store_url,
            "SLACK": slack.add_token(f"xoxb-{CANARY}-slack", ALL_SCOPES | INTERACTIVE_SCOPES),
            "APP": slack.add_token(f"xapp-{CANARY}-app", frozenset({"connections:write"})),
            "HOOK": f"{sandbox.slack_url}/hook/{CANARY}-hook",
            "KEY": f"{CANARY}-key",
            "BEAT": f"{sandbox.slack_url}/{CANARY}-beat",
            "PASSWORD": f"{CANARY}-password",
            "AUDITOR_CONFIG": str(folder / "auditor.toml"),
        }
        port = free_port(side_by_side=2)
        self.operations, self.reports = f"127.0.0.1:{port}", f"127.0.0.1:{port + 1}"
        okta = {
            "token": 'token_env = "OKTA"',
            "private key": f'client_id = "{client.id}"\nprivate_key_env = "OKTA"',
        }
        self.keys = [client.private_key.splitlines()[1]]
        self._clients = world.oauth_clients
        (folder / "auditor.toml").write_text(f"""\
            target = [{{ name = "main", okta = {{ {", ".join(okta[signed_in].splitlines())}, \
org_url = "{sandbox.okta_url}", app_id = "{world.app_id}" }}, \
unleash = {{ url = "{sandbox.unleash_url}", token_env = "UNLEASH" }} }}]
            store = {{ url_env = "STORE" }}
            slack = {{ channel = "#{slack.channel.name}", token_env = "SLACK", \
app_token_env = "APP", operators = ["U0OPERATOR"], base_url = "{sandbox.slack_url}/api" }}
            webhook = [{{ name = "pager", url_env = "HOOK", secret_env = "KEY" }}]
            heartbeat = {{ url_env = "BEAT" }}
            serve = {{ password_env = "PASSWORD", operations = "{self.operations}", \
reports = "{self.reports}" }}
            """)

    def __call__(self, *words: str) -> int:
        return run([self._finding() if word == FINDING else word for word in words] + ["--debug"])

    def _finding(self) -> str:
        """Return the id of a stored finding, or of none."""
        settings = load_settings(self.folder / "auditor.toml", self.environment)
        try:
            with open_store(settings.store.database_url().reveal(), create=False) as store:
                found = store.history.findings("main", *State)
        except AuditorError:
            found = ()
        return found[0].id if found else "0" * 16

    @property
    def secrets(self) -> list[str]:
        issued = [token for client in self._clients.values() for token in client.issued]
        return [CANARY, *self.keys, *issued]

    def all_output(self) -> Iterator[str]:
        """Yield all stored data and all data sent to other services."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield path.read_text(errors="replace")
        if self.store_url.startswith("postgresql"):
            yield from _rows(self.store_url.replace("+psycopg", ""))
        slack = self.sandbox.slack
        yield repr([channel.messages for channel in slack.channels.values()])
        yield repr(slack.files)
        yield repr([each.body for sent in slack.deliveries.values() for each in sent])

    def assert_no_secret(self, *others: str) -> None:
        for text in (*self.all_output(), *others):
            assert not [secret for secret in self.secrets if secret in text]


def _rows(url: str) -> Iterator[str]:
    with psycopg.connect(url) as connection:
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        for (table,) in connection.execute(tables).fetchall():
            yield repr(connection.execute(f'SELECT t::text FROM "{table}" t').fetchall())


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/auditor.db"
    url = request.getfixturevalue("postgres").create_database()
    return url.replace("postgres@", f"postgres:{CANARY}-database@")


@pytest.fixture(params=["token", "private key"])
def watched(request, tmp_path, store_url, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    with Sandbox(World.clean(people=4)) as sandbox:
        it = Watched(sandbox, tmp_path, request.param, store_url)
        for name, value in it.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        yield it


def test_no_output_of_a_command_contains_a_secret(watched, capsys, caplog):
    if watched.store_url.startswith("postgresql"):
        assert watched("db", "upgrade") == 0
    watched.sandbox.world.map_attribute("user", "email", "user.email")
    codes = {words: watched(*words) for words in COMMANDS}
    assert set(codes.values()) <= {0, 1}, (codes, capsys.readouterr().err)
    slack = watched.sandbox.slack
    assert slack.files
    assert slack.deliveries
    assert list(watched.folder.rglob("*.html"))
    assert list(watched.folder.glob("*.prom"))
    printed = capsys.readouterr()
    assert "heartbeat: refused" in printed.err
    watched.assert_no_secret(printed.out, printed.err, caplog.text, slack.transcript())


@pytest.mark.parametrize("fault", ["status-403", "html-with-200", "truncated-json"])
def test_no_output_of_a_failure_contains_a_secret(watched, capsys, caplog, fault):
    watched("db", "upgrade")
    for service in ("okta", "unleash"):
        watched.sandbox.faults.add(service, "/**", ALL_FAULTS[fault])
    slack = watched.sandbox.slack
    slack.fail("chat.postMessage", "invalid_auth", times=9)
    slack.fail("hook", 403, times=9)
    for words in COMMANDS:
        watched(*words)
    printed = capsys.readouterr()
    assert "not delivered: " in printed.err
    watched.assert_no_secret(printed.out, printed.err, caplog.text)


def test_a_traceback_contains_no_secret(watched, capsys, caplog, monkeypatch):
    nowhere = f"127.0.0.1:9/{CANARY}"
    monkeypatch.setenv("STORE", f"postgresql://auditor:{CANARY}@127.0.0.1:9/auditor")
    assert watched("run") == 2
    monkeypatch.setenv("STORE", watched.store_url)
    watched("db", "upgrade")
    monkeypatch.setenv("BEAT", f"http://{nowhere}")
    monkeypatch.setenv("HOOK", f"http://{nowhere}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"gopher://me:{CANARY}@proxy")
    assert watched("run") == 2
    printed = capsys.readouterr()
    assert printed.err.count("Traceback") > 2
    watched.assert_no_secret(printed.out, printed.err, caplog.text)


@pytest.mark.parametrize("words", [("run",), ("slack", "test"), ("report", "--send")], ids=" ".join)
@pytest.mark.parametrize("store", ["reachable", "unreachable"])
def test_a_root_logger_at_debug_writes_no_secret(watched, words, store):
    """The test needs a new process: imports of one command change the logs of another."""
    environ = {**os.environ, **watched.environment}
    if store == "unreachable":
        environ["STORE"] = "postgresql://127.0.0.1:9/auditor"
    started = subprocess.run(
        [sys.executable, "-c", AT_DEBUG, *words],
        env=environ,
        cwd=watched.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the root logger writes" in started.stderr
    watched.assert_no_secret(started.stdout, started.stderr)


def test_init_prints_no_secret(watched, capsys, caplog):
    world = watched.sandbox.world
    for name, token in (("okta", world.okta_token), ("unleash", f"user:{CANARY}-unleash")):
        (watched.folder / name).write_text(token)
    new = watched.folder / "new/auditor.toml"
    new.parent.mkdir()
    options = ("--org-url", world.okta.url, "--app", "Unleash", "--unleash-url", world.unleash.url)
    tokens = ("--okta-token-file", "okta", "--unleash-token-file", "unleash")
    assert watched("init", "-c", str(new), "--no-input", *options, *tokens) == 0
    kept = {path for path in new.parent.rglob("*") if path.is_file() and CANARY in path.read_text()}
    assert {path.parent.name for path in kept} == {"secrets"}
    printed = capsys.readouterr()
    for text in (new.read_text(), printed.out, printed.err, caplog.text):
        assert CANARY not in text


def test_the_demo_prints_no_secret(watched, capsys, caplog):
    assert watched("demo", "-d", "demo") == 0
    printed = capsys.readouterr()
    watched.assert_no_secret(printed.out, printed.err, caplog.text)


def test_serve_prints_no_secret(watched, tmp_path_factory):
    watched("db", "upgrade")
    log = tmp_path_factory.mktemp("serve") / "log"
    pages = [f"http://{watched.operations}/{name}" for name in ("metrics", "healthz", "readyz")]
    pages += [f"http://{watched.reports}/", f"http://{watched.reports}/login"]
    command = [sys.executable, "-m", "auditor", "serve", "--debug"]
    environ = {**os.environ, **watched.environment}
    with serving(command, ready=lambda: answers(pages[2]), log=log, env=environ):
        shown = [plain_get(page).text for page in pages]
    assert "auditor_last_audit_timestamp_seconds" in shown[0]
    assert '"event": "audited"' in log.read_text()
    watched.assert_no_secret(log.read_text(), *shown)
