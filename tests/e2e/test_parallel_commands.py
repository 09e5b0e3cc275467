"""Two commands at the same moment on one store: no traceback, no lost and no doubled row."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.sandbox import Sandbox, World
from tests.support.drift import break_email
from tests.support.peers.processes import PATIENCE
from tests.support.processes.warm_process import WarmProcess

CAUSE = "<id of the cause>"
"""Replaced when a command is run."""

RUN = ("run", "--exit-zero")
REPORT = ("report", "--send")
ACK = ("ack", "email-not-login", "--until", "3d", "--reason", "change window")
ASSIGN = ("assign", "email-not-login", "--to", "iam")
ACTIONS = {"ack", "assign"}
READERS = (
    ("findings",),
    ("export",),
    ("verify", CAUSE),
    ("history",),
    ("doctor",),
    ("db", "upgrade"),
    ("db", "forget", "unknown@acme.example"),
)
PAIRS = (
    (RUN, RUN),
    (RUN, REPORT),
    (RUN, ACK),
    (RUN, ASSIGN),
    (RUN, ("watch", "--once")),
    (ACK, ASSIGN),
    (ASSIGN, (*ASSIGN[:-1], "security")),
    (REPORT, REPORT),
    *((RUN, each) for each in READERS),
)
TABLES = (
    "audit",
    "finding",
    "transition",
    "outbox",
    "incident_action",
    "thread",
    "change",
    "target",
)


class SharedStore:
    """Runs commands of one configuration as processes, and counts the rows of its store."""

    def __init__(self, sandbox: Sandbox, folder: Path, url: str) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._url = url
        config = folder / "auditor.toml"
        config.write_text(f'{sandbox_configuration(sandbox)}\n[store]\nurl_env = "STORE_URL"\n')
        self._environ = {**os.environ, **environment(sandbox), "STORE_URL": url}

    def start(self, *words: str) -> WarmProcess:
        named = (self._cause() if each == CAUSE else each for each in words)
        return WarmProcess(*named, env=self._environ, folder=self._folder)

    def together(self, *commands: tuple[str, ...]) -> None:
        """Start the commands at the same moment, and wait for both. None may fail."""
        running = [(words, self.start(*words)) for words in commands]
        for words, process in running:
            _, complaints = process.communicate(PATIENCE)
            # 4: the other process delivers the messages of the target, and one can wait.
            assert process.returncode in {0, 1, 3, 4}, (commands, words, complaints)
            assert "Traceback" not in complaints

    def rows(self) -> Counter[str]:
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.connect() as connection:
            return Counter(
                {
                    table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
                    for table in TABLES
                }
            )

    def _cause(self) -> str:
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.connect() as connection:
            query = "SELECT cause FROM finding WHERE rule = 'email-not-login'"
            return str(connection.execute(text(query)).scalar_one())

    def waiting(self) -> int:
        """Return how many messages are not delivered."""
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.connect() as connection:
            count = "SELECT count(*) FROM outbox WHERE delivered_at IS NULL"
            return int(connection.execute(text(count)).scalar_one())

    def posted(self) -> list[tuple[str, str, str]]:
        """Return the place and the text of each message in Slack."""
        return [
            (channel.name, each.thread_ts or "", each.text)
            for channel in self._sandbox.slack.channels.values()
            for each in channel.messages.values()
        ]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SharedStore]:
    url = f"sqlite:///{tmp_path}/auditor.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    world = World.clean()
    with Sandbox(world) as sandbox:
        shared = SharedStore(sandbox, tmp_path, url)
        shared.together(("db", "upgrade"), ("db", "upgrade"))
        shared.together(RUN)
        break_email(world)
        shared.together(RUN)
        yield shared


def test_two_commands_at_the_same_moment_lose_and_double_nothing(shared: SharedStore) -> None:
    for pair in PAIRS:
        before, posted = shared.rows(), Counter(shared.posted())
        shared.together(*pair)
        added = shared.rows() - before
        words = [each[0] for each in pair]
        # A watch without an event audits nothing.
        assert added["audit"] == words.count("run"), pair
        assert added["incident_action"] == sum(each in ACTIONS for each in words), pair
        # Nothing changed, so that an audit adds no finding and no change.
        assert not added.keys() & {"finding", "transition", "change", "target"}, (pair, added)
        assert all(shared.rows()[each] >= before[each] for each in TABLES), pair
        if shared.waiting():
            shared.together(RUN)
        assert shared.waiting() == 0, pair
        new = Counter(shared.posted()) - posted
        assert all(count == 1 for count in new.values()), (pair, new)
