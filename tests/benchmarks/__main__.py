"""Benchmarks: ratios within one run on one machine; nothing is asserted.

``python -m tests.benchmarks [PART ...]`` prints a table in Markdown; without names, every part.
"""
# ruff: noqa: T201  (it reports to the terminal)

import gzip
import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from tests.benchmarks.measuring import COMPILED, Cost, measure, typical
from tests.benchmarks.served import Served, printed_figures, served
from tests.support.peers.canned_server import answer, serving
from tests.support.processes.reading_process import (
    inflating_users,
    list_of_users,
    read_in_a_process,
)

FEW = 12
SOME = 10_000
MANY = 100_000
GROWTH = (10_000, 50_000, 200_000)
LATE = 0.05
"""Seconds by which each answer is delayed."""

PAGE = 500
STARTS = 30
"""Starts of each command; the fastest counts."""

MOST_STARTS = 60
"""The largest cost of an audit of a few users, in starts of an empty Python program."""

START_LIMITS = {"--version": 4, "--help": 8, "rules": 12}
"""For each command, the largest ratio of its start to that of an empty program."""

RUNS_OF_A_YEAR = 365 * 24
ROWS_OF_A_BODY = 100_000

TARGETS = 200
USERS_OF_A_TARGET = 500
MOST_SECONDS_OF_A_ROUND = 240
WORST_DAYS = 5
MOST_SECONDS_OF_THE_WORST_DAY = 10

MOST_MEBIBYTES = 512
"""Largest memory of one process, in MiB, with 100,000 users that all have a finding."""

MOST_OF_A_LIST = 300
"""Largest memory to read the largest lists, in MiB."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One thing that was measured."""

    what: str
    measured: str
    reference: str
    ratio: float
    wanted: float
    """The ratio must not exceed it."""


def cold_start() -> Iterator[Figure]:
    """Start and print something that needs no network. Other work only makes a start slower."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)

        def start(*words: str) -> float:
            return min(measure(words, env=COMPILED, folder=folder).wall for _ in range(STARTS))

        nothing = start("-c", "pass")
        for command, limit in START_LIMITS.items():
            found = start("-m", "auditor", command)
            yield Figure(
                what=f"wall of `auditor {command}` against `python -c pass`",
                measured=_ms(found),
                reference=_ms(nothing),
                ratio=found / nothing,
                wanted=limit,
            )


def whole_run() -> Iterator[Figure]:
    """Audit very many users, compared with programs that only read the lists."""
    with served(SOME) as sandbox:
        early, early_bare = _ours_and_bare(sandbox)
    with served(MANY) as sandbox:
        ours, bare = _ours_and_bare(sandbox)
        others = (
            ("the typed SDK listing assignments", typical(lambda: sandbox.read_by("typed"), 1)),
            ("a bare reader of both lists", bare),
        )
        for (name, other), (of_cpu, of_peak) in zip(others, ((0.25, 0.4), (2, 1)), strict=True):
            yield _of("CPU", f"run over {MANY:,} people against {name}", ours, other, of_cpu)
            yield _of("peak", f"run over {MANY:,} people against {name}", ours, other, of_peak)
    growth_of_ours, growth_of_bare = ours.cpu - early.cpu, bare.cpu - early_bare.cpu
    yield Figure(
        what=f"CPU of growth from {SOME:,} to {MANY:,} people against a bare reader of both lists",
        measured=f"{growth_of_ours:.2f} s",
        reference=f"{growth_of_bare:.2f} s",
        ratio=growth_of_ours / growth_of_bare,
        wanted=1.8,
    )


def _ours_and_bare(sandbox: Served) -> tuple[Cost, Cost]:
    return typical(sandbox.first_audit, 3), typical(lambda: sandbox.read_by("bare"), 3)


def small_run() -> Iterator[Figure]:
    """Audit a few users: nearly all of it is the start of the process."""
    with served(FEW) as sandbox:
        audit = typical(sandbox.first_audit, 5)
        empty = ("-c", "pass")
        nothing = typical(lambda: measure(empty, env=COMPILED, folder=sandbox.folder), 15)
    yield Figure(
        what=f"CPU of an audit of {FEW} people against `python -c pass`",
        measured=_ms(audit.cpu),
        reference=_ms(nothing.cpu),
        ratio=audit.cpu / nothing.cpu,
        wanted=MOST_STARTS,
    )


def fleet() -> Iterator[Figure]:
    """Audit many targets in one process; the sandbox needs a part of the same cores."""
    with served(USERS_OF_A_TARGET) as sandbox:
        sandbox.repeat_target(TARGETS // 10)
        few = sandbox.first_round()
        sandbox.repeat_target(TARGETS)
        first, second = sandbox.first_round(), sandbox.round()
    what = f"a round of {TARGETS} targets of {USERS_OF_A_TARGET} users"
    yield _up_to(f"seconds for {what}", max(first.wall, second.wall), MOST_SECONDS_OF_A_ROUND)
    for name, found in (("its tenth", few), ("the first such round", first)):
        yield Figure(
            what=f"peak of {what} against {name}",
            measured=_mib(second if found is first else first),
            reference=_mib(found),
            ratio=(second if found is first else first).peak / found.peak,
            wanted=1.25,
        )


def late_answers() -> Iterator[Figure]:
    """Delay every answer: only the longest chain of pages may add time."""
    with served(MANY) as sandbox:
        prompt = typical(sandbox.first_audit, 3)
        sandbox.order("late", str(LATE))
        sandbox.order("requests")
        late = typical(sandbox.first_audit, 1)
        asked = sandbox.order("requests")
    chain = max(asked.count(each) for each in set(asked))
    floor = chain * LATE + prompt.cpu
    yield Figure(
        what=f"wall with {LATE * 1000:.0f} ms added, against {chain} pages in a row plus the CPU",
        measured=f"{late.wall:.1f} s",
        reference=f"{floor:.1f} s",
        ratio=late.wall / floor,
        wanted=1.15,
    )


def growth() -> Iterator[Figure]:
    """Audit an increasing number of users."""
    costs = []
    for people in GROWTH:
        with served(people) as sandbox:
            costs.append(typical(sandbox.first_audit, 3))
    small, middle, large = costs
    for what, unit in (("cpu", "µs"), ("peak", "KiB")):
        scale = 1e6 if what == "cpu" else 1024
        early = (getattr(middle, what) - getattr(small, what)) / (GROWTH[1] - GROWTH[0]) * scale
        later = (getattr(large, what) - getattr(middle, what)) / (GROWTH[2] - GROWTH[1]) * scale
        yield Figure(
            what=f"{what} of one more person, {GROWTH[1]:,} to {GROWTH[2]:,}, against "
            f"{GROWTH[0]:,} to {GROWTH[1]:,}",
            measured=f"{later:.1f} {unit}",
            reference=f"{early:.1f} {unit}",
            ratio=later / early,
            wanted=1.25,
        )


def storm() -> Iterator[Figure]:
    """Change one mapping that affects very many users, and report it."""
    with served(MANY) as sandbox:
        before = sandbox.order("slack")
        sandbox.order("storm")
        audit, report = sandbox.audit(), sandbox.command("report")
        yield _up_to("CPU seconds to record, announce and report it", audit.cpu + report.cpu, 8)
        yield _up_to("MiB to audit it", audit.peak, MOST_MEBIBYTES)
        yield _up_to("MiB to report it", report.peak, MOST_MEBIBYTES)
        yield _up_to("new messages in the channel", sandbox.order("slack") - before, 1)
        yield _up_to("MiB of the largest HTML page", _largest_page(sandbox) / 1024**2, 1)


def limits() -> Iterator[Figure]:
    """Read the largest lists, and audit a target with as many findings as users."""
    for name, body, outcome in (
        ("an answer that inflates to 240 MiB", inflating_users(), "truncated"),
        ("a list of 200,000 users", gzip.compress(list_of_users(200_000), 1), "200000"),
    ):
        headers = {"content-encoding": "gzip"}
        answered = Response(body, headers=headers, media_type="application/json")
        with serving(answered) as peer:
            if outcome != "truncated":
                peer.answers.append(answer({"password": 0, "noPassword": 0}))
            found, mebibytes = read_in_a_process(peer)
        yield _up_to(f"MiB to read {name} ({found})", mebibytes, MOST_OF_A_LIST)
        if found != outcome:
            raise ValueError(found)
    with served(MANY) as sandbox:
        sandbox.announce_low_severity()
        before = sandbox.order("slack")
        sandbox.order("unmanaged")
        audit = sandbox.repeated_audit(WORST_DAYS)
        messages = (sandbox.order("slack") - before) / WORST_DAYS
        exports = {}
        for kind in ("csv", "ocsf", "json"):
            exports[kind] = sandbox.command("export", "--format", kind)
        findings = (sandbox.folder / "output.txt").read_text().count('"subject"')
        report = sandbox.command("report", "--send")
        yield _up_to(
            f"MiB to audit {MANY:,} users with {findings:,} findings", audit.peak, MOST_MEBIBYTES
        )
        yield _up_to("CPU seconds to audit them", audit.cpu, MOST_SECONDS_OF_THE_WORST_DAY)
        yield _up_to("new messages in the channel about their one cause", messages, 1)
        for kind, cost in exports.items():
            yield _up_to(f"MiB to export them as {kind.upper()}", cost.peak, MOST_MEBIBYTES)
        yield _up_to("MiB to write the report and attach it in Slack", report.peak, MOST_MEBIBYTES)


def watch() -> Iterator[Figure]:
    """Change a mapping between two audits."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        measure(("-m", "tests.benchmarks.detection", "delays"), env={}, folder=folder)
        delays = sorted(printed_figures(folder))
        p95 = delays[math.ceil(0.95 * len(delays)) - 1]
        yield _up_to(f"seconds from a mapping edit to Slack, p95 of {len(delays)}", p95, 120)
        measure(("-m", "tests.benchmarks.detection", "polls"), env={}, folder=folder)
        (polls,) = printed_figures(folder)
        yield _up_to("polling requests a minute for 30 targets of one org", polls, 2)
    with served(MANY) as sandbox:
        sandbox.order("drift")
        sandbox.order("requests")
        seconds, audits = sandbox.watch()
        asked = len(sandbox.order("requests"))
        if audits != 1:
            raise ValueError(audits)
        what = f"of a poll and a targeted audit at {MANY:,} people"
        yield _up_to(f"requests {what}", asked, 19)
        yield _up_to(f"CPU seconds {what}", seconds, 1)


def year() -> Iterator[Figure]:
    """Do a year of hourly audits with fifty open findings."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        measure(("-m", "tests.benchmarks.year", str(RUNS_OF_A_YEAR)), env={}, folder=folder)
        first, last, size = map(float, (folder / "output.txt").read_text().split())
    yield _up_to("MB of the database after a year of hourly audits", size, 50)
    yield Figure(
        what="CPU of the store per run, at the end of a year against its beginning",
        measured=_ms(last),
        reference=_ms(first),
        ratio=last / first,
        wanted=1.2,
    )


def utf8() -> Iterator[Figure]:
    """Validate the UTF-8 of a body before its JSON is decoded."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        measure(("-m", "tests.benchmarks.utf8", str(ROWS_OF_A_BODY)), env={}, folder=folder)
        validated, decoded = map(float, (folder / "output.txt").read_text().split())
    yield Figure(
        what=f"CPU to validate the UTF-8 of {ROWS_OF_A_BODY:,} rows against decoding them",
        measured=_ms(validated),
        reference=_ms(decoded),
        ratio=validated / decoded,
        wanted=0.25,
    )


def report() -> Iterator[Figure]:
    """Render a week with many findings, and open it in a browser where there is one."""
    for findings, kilobytes in ((500, 300), (10_000, 1000)):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            words = ("-m", "tests.benchmarks.page", str(findings), str(folder / "page.html"))
            measure(words, env={}, folder=folder)
            size, rendering, *opening = map(float, (folder / "output.txt").read_text().split())
        page = f"a page of {findings:,} findings"
        yield _up_to(f"kB of {page}", size / 1000, kilobytes)
        yield _up_to(f"CPU seconds to render {page}", rendering, 0.5)
        for seconds in opening:
            yield _up_to(f"seconds to open and filter {page}", seconds, 1)


PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "cold_start": cold_start,
    "small_run": small_run,
    "whole_run": whole_run,
    "late_answers": late_answers,
    "growth": growth,
    "storm": storm,
    "limits": limits,
    "fleet": fleet,
    "watch": watch,
    "year": year,
    "utf8": utf8,
    "report": report,
}


def _of(what: str, of: str, ours: Cost, other: Cost, wanted: float) -> Figure:
    def measured_value(cost: Cost) -> tuple[float, str]:
        return (cost.cpu, f"{cost.cpu:.2f} s") if what == "CPU" else (cost.peak, _mib(cost))

    (mine, measured), (theirs, reference) = measured_value(ours), measured_value(other)
    return Figure(
        what=f"{what} of a {of}",
        measured=measured,
        reference=reference,
        ratio=mine / theirs,
        wanted=wanted,
    )


def _up_to(what: str, found: float, limit: float) -> Figure:
    return Figure(
        what=what,
        measured=f"{found:.3g}",
        reference=f"{limit:g}",
        ratio=found / limit,
        wanted=1,
    )


def _largest_page(sandbox: Served) -> int:
    return max(page.stat().st_size for page in sandbox.folder.rglob("*.html"))


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _mib(cost: Cost) -> str:
    return f"{cost.peak:.0f} MiB"


def main(names: list[str]) -> None:
    """Measure the named parts, or all."""
    print("| what | measured | reference | ratio | at most | |")
    print("|---|--:|--:|--:|--:|---|")
    for name in names or PARTS:
        for figure in PARTS[name]():
            verdict = "met" if figure.ratio <= figure.wanted else "missed"
            print(
                f"| {figure.what} | {figure.measured} | {figure.reference} "
                f"| {figure.ratio:.2f} | {figure.wanted:g} | {verdict} |",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
