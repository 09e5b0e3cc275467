"""A plugin for pytest: the collected tests are run once for each mutant, in a fork."""
# ruff: noqa: T201  (it reports to the terminal)

import gc
import os
import pickle
import resource
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from importlib import import_module
from math import ceil
from pathlib import Path
from time import process_time
from types import FunctionType
from typing import Any, NamedTuple

import pytest
from coverage import Coverage

from auditor.resources import shipped
from auditor.rule.loader import load_rules
from tests.mutation.mutants import Mutant, mutants

PATIENCE = 4
"""A mutant that needs so many times the CPU time of its tests, ..."""

SECONDS = 5
BYTES = 4 * 2**30
"""... and more than these seconds, or that needs so much memory, is ended."""

LOST = "it never ended"
ENDED, BROKEN, FULL = range(3)
"""Exit codes with which the process of a trial ends itself."""


class Passing(NamedTuple):
    """The results of the tests without a mutant."""

    broken: str
    """A test that fails without a mutant; empty: none."""

    seconds: Mapping[str, float]
    """CPU time of each."""

    through: Mapping[Path, Mapping[int, Iterable[str]]]
    """File and line to the tests that execute the line."""


class Fate(StrEnum):
    """The result of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    UNREACHED = "unreached"
    """No test executes the mutant."""


class Trials:
    """Tests every mutant of some files and reports the result."""

    def __init__(self, paths: Iterable[Path], report: Callable[[Mutant, Fate], None]) -> None:
        self._paths = tuple(paths)
        self._report = report
        self._failed = ""
        self._killers: list[str] = []
        """The tests that detected a mutant, the latest first. They run first."""

    def pytest_sessionstart(self) -> None:
        """Use the same examples for each mutant; store and shrink none."""
        import hypothesis  # after pytest has prepared it

        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile(
            "mutants", database=None, deadline=None, derandomize=True, phases=phases
        )
        hypothesis.settings.load_profile("mutants")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record a failed test."""
        if report.failed:
            self._failed = report.nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests without a mutant, to record their lines, and then for each mutant."""
        functions = _functions_in(self._paths)
        passing = _in_fork(lambda: self._passing(session.items))
        if passing.broken:
            # Printed here: without pytest's terminal plugin, nothing shows the reason of an exit.
            print(f"{passing.broken} fails without a mutant", flush=True)
            pytest.exit("no mutant was tried", pytest.ExitCode.USAGE_ERROR)
        gc.freeze()
        for path in self._paths:
            for mutant in mutants(path):
                through = passing.through[path]
                concerned = {name for line in mutant.lines for name in through.get(line, ())}
                items = self._in_order(item for item in session.items if item.nodeid in concerned)
                seconds = sum(passing.seconds[item.nodeid] for item in items)
                live = functions[path.resolve(), mutant.within]
                self._report(mutant, self._fate(mutant, live, items, SECONDS + PATIENCE * seconds))
        return True

    def _fate(
        self,
        mutant: Mutant,
        live: Iterable[FunctionType],
        items: list[pytest.Item],
        seconds: float,
    ) -> Fate:
        def try_it() -> str:
            resource.setrlimit(resource.RLIMIT_CPU, (ceil(seconds), ceil(seconds)))
            resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
            for function in live:
                # a mutant that no longer uses an outer name still has access to it
                reach = function.__code__.co_freevars
                function.__code__ = mutant.code.replace(co_freevars=reach)
            return self._first_failing(items)

        if not items:
            return Fate.UNREACHED
        killer = _in_fork(try_it)
        if killer in self._killers:
            self._killers.remove(killer)
        if killer not in {"", LOST}:
            self._killers.insert(0, killer)
        return Fate.KILLED if killer else Fate.SURVIVED

    def _in_order(self, items: Iterable[pytest.Item]) -> list[pytest.Item]:
        """Put the tests first that killed the last mutants."""
        rank = {name: at for at, name in enumerate(self._killers)}
        return sorted(items, key=lambda item: rank.get(item.nodeid, len(rank)))

    def _first_failing(self, items: list[pytest.Item]) -> str:
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                break
        return self._failed

    def _passing(self, items: list[pytest.Item]) -> Passing:
        """Run the tests without a mutant."""
        seconds = {}
        coverage = Coverage(
            data_file=None, config_file=False, include=[str(path) for path in self._paths]
        )
        with coverage.collect():
            for item in items:
                coverage.switch_context(item.nodeid)
                begun = process_time()
                self._first_failing([item])
                seconds[item.nodeid] = process_time() - begun
        data = coverage.get_data()
        through = {path: data.contexts_by_lineno(str(path.resolve())) for path in self._paths}
        return Passing(self._failed, seconds, through)


def _functions_in(paths: Iterable[Path]) -> Mapping[tuple[Path, str], list[FunctionType]]:
    """Import the files, and find all references to their functions."""
    load_rules([shipped("rules")])
    for path in paths:
        if path.parts[0] == "auditor":
            import_module(".".join(path.with_suffix("").parts))
    files = {str(path.resolve()): path.resolve() for path in paths}
    found = defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename in files:
            found[files[each.__code__.co_filename], each.__code__.co_qualname].append(each)
    return found


def _in_fork(work: Callable[[], Any]) -> Any:
    """Return the result of ``work`` in a separate process.

    Only a process that was killed, or ran out of memory, has no result; other failures are errors.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = ENDED
        try:
            with os.fdopen(writing, "wb") as answer:
                pickle.dump(work(), answer)
        except MemoryError:
            code = FULL
        except BaseException:  # noqa: BLE001  (no code of the test run may continue in this process)
            traceback.print_exc()
            code = BROKEN
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        received = answer.read()
    match os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        case 0:
            return pickle.loads(received)
        case code if code == FULL or code < 0:
            return LOST
        case _:
            pytest.exit("the trial itself broke", pytest.ExitCode.INTERNAL_ERROR)
