"""A served sandbox for a benchmark: its addresses, and commands to audit it."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from tests.benchmarks.detection import FIGURE
from tests.benchmarks.measuring import COMPILED, Cost, measure, typical

AT_ONCE = "interval_seconds = 15\ndebounce_seconds = 0\n"
"""Keys of [watch] with which an audit is due at once."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A sandbox in its own process, and a folder to audit it from."""

    folder: Path
    env: dict[str, str]
    okta: str
    unleash: str
    app: str
    orders: IO[str]
    answers: IO[str]

    def order(self, *words: str) -> Any:
        """Send an order to the sandbox, and wait until it is executed."""
        self.orders.write(" ".join(words) + "\n")
        self.orders.flush()
        return json.loads(self.answers.readline())

    def audit(self) -> Cost:
        """Audit it again."""
        return self.command("run", "--exit-zero")

    def repeated_audit(self, times: int) -> Cost:
        """Audit it so often with the same history; return the medians. The last result stays."""
        database, copy = self.folder / "auditor.db", self.folder / "copy.db"
        with closing(sqlite3.connect(database)) as before, closing(sqlite3.connect(copy)) as after:
            before.backup(after)

        def once() -> Cost:
            for file in self.folder.glob("auditor.db*"):
                file.unlink()
            shutil.copy(copy, database)
            return self.audit()

        return typical(once, times)

    def first_audit(self) -> Cost:
        """Audit it with an empty history."""
        for file in self.folder.glob("auditor.db*"):
            file.unlink()
        return self.audit()

    def repeat_target(self, times: int) -> None:
        """Configure so many targets, which are all this one; half of them count as another org."""
        config = self.folder / "auditor.toml"
        head, *tables = config.read_text().partition("[slack]")[0].split("[[target]]")
        first = tables[0].replace("//localhost", "//127.0.0.1")
        rest = [
            first.replace('"sandbox"', f'"target-{number}"').replace(
                "//127.0.0.1", "//localhost" if number % 2 else "//127.0.0.1", 1
            )
            for number in range(1, times)
        ]
        config.write_text("[[target]]".join([head, first, *rest]))

    def announce_low_severity(self) -> None:
        """Let Slack post findings of severity low; by default, only the weekly digest has them."""
        config = self.folder / "auditor.toml"
        channel = re.search(r'^channel = (".+")$', config.read_text(), re.MULTILINE)
        assert channel is not None
        route = f'[[slack.route]]\nchannel = {channel[1]}\nseverity = "low"\n'
        config.write_text(f"{config.read_text()}\n{route}")

    def first_round(self) -> Cost:
        """Audit all targets with an empty history, two at a time."""
        for file in self.folder.glob("auditor.db*"):
            file.unlink()
        return self.round()

    def round(self) -> Cost:
        """Audit all targets, two at a time."""
        return self.command("run", "--exit-zero", "--quiet", "--jobs", "2")

    def watch(self) -> tuple[float, float]:
        """Poll once and do the targeted audit that is due; return CPU seconds and audits."""
        config = self.folder / "auditor.toml"
        if "[watch]" not in config.read_text():
            config.write_text(f"{config.read_text()}\n[watch]\n{AT_ONCE}")
        words = ("-m", "tests.benchmarks.detection", "cpu", str(config))
        measure(words, env=self.env | COMPILED, folder=self.folder)
        seconds, audits = printed_figures(self.folder)
        return seconds, audits

    def command(self, *arguments: str) -> Cost:
        """Run a command of the auditor."""
        config = str(self.folder / "auditor.toml")
        words = ("-m", "auditor", *arguments, "--config", config)
        return measure(words, env=self.env | COMPILED, folder=self.folder)

    def read_by(self, script: str) -> Cost:
        """Read only the lists, with one of the other readers."""
        words = ("-m", f"tests.benchmarks.{script}", self.okta, self.unleash, self.app)
        return measure(words, env=self.env, folder=self.folder)


def printed_figures(folder: Path) -> list[float]:
    """Return the figures that ``tests.benchmarks.detection`` printed."""
    lines = (line.split() for line in (folder / "output.txt").read_text().splitlines())
    return [float(words[1]) for words in lines if words[:1] == [FIGURE]]


@contextmanager
def served(people: int) -> Iterator[Served]:
    """Serve a sandbox with `people` users; all answers are encoded before the first measurement."""
    with (
        TemporaryDirectory() as place,
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.serving", str(people)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())
        (Path(place) / "auditor.toml").write_text(address["configuration"])
        sandbox = Served(
            folder=Path(place),
            env=address["environment"],
            okta=address["okta"],
            unleash=address["unleash"],
            app=address["app"],
            orders=process.stdin,
            answers=process.stdout,
        )
        sandbox.first_audit()
        yield sandbox
        process.stdin.close()
