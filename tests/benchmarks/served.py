"""A served world, seen from the benchmark: where it is, and how it is audited."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from tests.benchmarks.measuring import Cost, measure


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
        """Tell the sandbox what to do, and wait until it is done."""
        self.orders.write(" ".join(words) + "\n")
        self.orders.flush()
        return json.loads(self.answers.readline())

    def audit(self) -> Cost:
        """Audit it once more."""
        return self.command("run", "--exit-zero")

    def first_audit(self) -> Cost:
        """Audit it as if for the first time."""
        for file in self.folder.glob("auditor.db*"):
            file.unlink()
        return self.audit()

    def command(self, *arguments: str) -> Cost:
        """Run a command of the auditor."""
        config = str(self.folder / "auditor.toml")
        words = ("-m", "auditor", *arguments, "--config", config)
        return measure(words, env=self.env, folder=self.folder)

    def read_by(self, script: str) -> Cost:
        """Let one of the other readers read the lists, and nothing else."""
        words = ("-m", f"tests.benchmarks.{script}", self.okta, self.unleash, self.app)
        return measure(words, env=self.env, folder=self.folder)


@contextmanager
def served(people: int) -> Iterator[Served]:
    """Serve a world of so many people; all its answers are encoded before the first measure."""
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
        told = json.loads(process.stdout.readline())
        (Path(place) / "auditor.toml").write_text(told["configuration"])
        sandbox = Served(
            folder=Path(place),
            env=told["environment"],
            okta=told["okta"],
            unleash=told["unleash"],
            app=told["app"],
            orders=process.stdin,
            answers=process.stdout,
        )
        sandbox.first_audit()
        yield sandbox
        process.stdin.close()
