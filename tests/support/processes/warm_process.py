"""Processes of the auditor that are forked from one whose imports are done.

A new interpreter needs half a second of CPU for its imports. In all else these processes are like
those that a shell starts: memory, files, locks, signals and their end are their own. A test whose
subject is the start of the process starts an interpreter.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from multiprocessing import get_context
from pathlib import Path
from pkgutil import walk_packages
from subprocess import TimeoutExpired
from tempfile import mkdtemp

import auditor

NOT_FOR_COMMANDS = ("auditor.sandbox", "auditor.store.migrations")
OF_OTHERS = (
    "jinja2",
    "okta_expression_parser",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
)
"""Modules of other projects that the auditor imports late."""


class WarmProcess:
    """A command ``auditor WORDS`` in a process of its own; the methods are those of a `Popen`."""

    def __init__(self, *words: str, env: Mapping[str, str], folder: Path) -> None:
        """Start it in ``folder``, where a folder of its own gets its output."""
        self._words = words
        outputs = Path(mkdtemp(prefix="process-", dir=folder))
        self._outputs = [outputs / name for name in ("stdout", "stderr")]
        for path in self._outputs:
            path.touch()
        self._process = FORKING.Process(
            target=_run, args=(words, dict(env), folder, self._outputs), daemon=True
        )
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """Return the exit code, or the negative number of a signal; ``None`` while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise TimeoutExpired(self._words, timeout or 0)
        return self.returncode

    def kill(self) -> None:
        self._process.kill()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for the end; return stdout and stderr."""
        self.wait(timeout)
        printed, complaints = (path.read_text() for path in self._outputs)
        return printed, complaints


def _run(
    words: tuple[str, ...], environ: dict[str, str], folder: Path, outputs: list[Path]
) -> None:
    for number, path in enumerate(outputs, start=1):
        with path.open("w") as file:
            os.dup2(file.fileno(), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["auditor", *words]
    from auditor.__main__ import main

    sys.exit(main())


def _modules() -> Iterator[str]:
    for module in walk_packages(auditor.__path__, "auditor."):
        if not module.name.startswith(NOT_FOR_COMMANDS):
            yield module.name


FORKING = get_context("forkserver")
FORKING.set_forkserver_preload([*OF_OTHERS, *_modules()])
