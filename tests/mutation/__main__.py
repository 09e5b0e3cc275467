"""Try mutants of the core: ``python -m tests.mutation [FILE OR FOLDER ...]``."""
# ruff: noqa: T201  (it reports to the terminal)

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.mutation.mutants import Mutant
from tests.mutation.trial import Fate, Trials

CORE = ("auditor/domain", "auditor/engine", "rules")
TESTS = ("tests/unit", "tests/rules")
OPTIONS = (
    *("-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist"),
    *("-o", "addopts=--import-mode=importlib"),
    # It measures time, and coverage and other processes distort it. It kills no mutant.
    "--ignore=tests/unit/test_patterns.py",
    # It needs pytest-xdist.
    "--ignore=tests/unit/support/session/test_process_groups.py",
)
README = Path(__file__).with_name("README.md")


def main(names: Iterable[str]) -> int:
    """Try all mutants; 1 when one survives that README.md does not explain."""
    explained = README.read_text()
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    unexplained: list[str] = []

    def report(mutant: Mutant, fate: Fate) -> None:
        package = next(each for each in CORE if mutant.path.is_relative_to(each))
        counts[package][fate] += 1
        if fate is not Fate.KILLED and f"`{mutant}`" not in explained:
            unexplained.append(str(mutant))
            print(f"{mutant.path}:{mutant.line}: {fate}: {mutant}", flush=True)

    with TemporaryDirectory() as folder:
        code = pytest.main(
            [*TESTS, *OPTIONS, f"--basetemp={folder}/tests"],
            plugins=[Trials(_files(names or CORE), report)],
        )
    for package, fates in counts.items():
        results = ", ".join(f"{fates[fate]} {fate}" for fate in Fate)
        print(f"{package}: {fates.total()} mutants, {results}")
    return int(code) or int(bool(unexplained))


def _files(names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = Path(name)
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
