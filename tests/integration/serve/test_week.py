"""A whole week of two services on one store, with a change to or from summer time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import sleep
from zoneinfo import ZoneInfo

import pytest
import time_machine

from auditor.observability.metrics import JobCounter
from auditor.sandbox import Sandbox, World
from auditor.serve.jobs import Jobs
from auditor.store import open_store
from tests.support.processes.service_process import Installation, eventually, jobs_of

BERLIN = ZoneInfo("Europe/Berlin")
BEAT = timedelta(seconds=0.1)
SPREAD = timedelta(minutes=1)
SCHEDULE = """
[store]
url = "sqlite:///{store}"

[schedule]
time_zone = "Europe/Berlin"
spread = "1m"
audit = "0 * * * 0"
report = "30 9 * * 1"
"""
NIGHTLY = """
[target.schedule]
audit = "30 2 * * *"
report = "30 2 * * 7"
"""
ON_WORKDAYS = """
[target.schedule]
audit = "0 6 * * 1-5"
report = "never"
"""
AUTUMN, SPRING = datetime(2026, 10, 21, 12, tzinfo=UTC), datetime(2027, 3, 24, 12, tzinfo=UTC)


def replica(sandbox: Sandbox, folder: Path, name: str) -> Installation:
    """Configure one of several services that share a store."""
    (folder / name).mkdir()
    installation = Installation(sandbox, folder / name)
    installation.write(SCHEDULE.format(store=folder / "auditor.db"))
    installation.add_target("nightly", NIGHTLY)
    installation.add_target("working", ON_WORKDAYS)
    return installation


def every_hour_of_sunday(begins: datetime) -> list[datetime]:
    """Return the hours that pass: 25 in autumn, 23 in spring."""
    sunday = datetime(begins.year, begins.month, begins.day + 4, tzinfo=BERLIN)
    ends = sunday + timedelta(days=1)  # in local time
    hours = int((ends.astimezone(UTC) - sunday.astimezone(UTC)) / timedelta(hours=1))
    return [sunday.astimezone(UTC) + timedelta(hours=number) for number in range(hours)]


def at_wall(begins: datetime, day: int, hour: int, minute: int) -> datetime:
    """Return the first time that Berlin's clocks show this, so many days after the beginning."""
    local = datetime(begins.year, begins.month, begins.day + day, hour, minute, tzinfo=BERLIN)
    return local.astimezone(UTC)


def expected(begins: datetime, night: int) -> dict[str, list[datetime]]:
    """Return when each target is due from Wednesday noon on; ``night``: Sunday's hour."""
    return {
        "sandbox": every_hour_of_sunday(begins),
        "nightly": [at_wall(begins, day, night if day == 4 else 2, 30) for day in range(1, 8)],
        "working": [at_wall(begins, day, 6, 0) for day in (1, 2, 5, 6, 7)],
    }


def ticks(begins: datetime, due: Iterable[datetime]) -> list[datetime]:
    """Return the times of the checks: due times, noon and midnight, and Sunday's half hours."""
    half_hours = [begins + number * timedelta(minutes=30) for number in range(1, 7 * 48 + 1)]
    checks = [at for at in half_hours if at.hour % 12 == at.minute == 0 or at.weekday() == 6]
    return sorted({*due, *checks})


def reports(houses: Iterable[Installation], target: str) -> int:
    folders = (installation.path.parent / "reports" / target for installation in houses)
    return sum(len(list(folder.glob("*-W*.html"))) for folder in folders)


@pytest.mark.parametrize(
    ("begins", "hours", "night"),
    [(AUTUMN, 25, 2), (SPRING, 23, 3)],
    ids=["an hour comes twice", "an hour is left out"],
)
def test_each_slot_of_a_week_is_done_once(tmp_path, begins, hours, night):
    due = expected(begins, night)
    assert len(due["sandbox"]) == hours
    reported_at = [at_wall(begins, 4, night, 30), at_wall(begins, 5, 9, 30)]
    all_due = sorted([*(slot for slots in due.values() for slot in slots), *reported_at])
    with (
        Sandbox(World.clean(people=0, at=begins)) as sandbox,
        time_machine.travel(begins, tick=False) as traveller,
    ):
        both = [replica(sandbox, tmp_path, name) for name in ("one", "other")]
        with both[0].serving(beat=BEAT) as one, both[1].serving(beat=BEAT) as other:

            def attempts() -> list[float]:
                """Count the jobs that each service did or left to the other."""
                return [sum(jobs_of(each).values()) for each in (one, other)]

            def have_done(wanted: list[float]) -> bool:
                """Return whether all jobs are done; a slow job is attempted again."""
                enough = all(n >= least for n, least in zip(attempts(), wanted, strict=True))
                return enough and overseer.due() == ()

            settings = both[0].settings()
            overseer = Jobs(settings, lambda: sandbox.world.now, JobCounter())
            for installation in both:  # no target was audited yet: at once
                eventually(installation.is_ready)
            eventually(partial(have_done, [0, 0]))
            for now in ticks(begins, all_due):
                wanted = [number + all_due.count(now) for number in attempts()]
                sandbox.world.clock.travel(now + SPREAD)
                traveller.move_to(now + SPREAD)
                if now in all_due:
                    eventually(partial(have_done, wanted))
                else:  # jobs that are not due could start now, and must not
                    sleep(2 * BEAT.total_seconds())

            def done() -> float:
                """Count the jobs that were done; a job is counted just after its slot."""
                jobs = map(jobs_of, (one, other))
                return sum(n for each in jobs for (_, how), n in each.items() if how == "done")

            eventually(lambda: done() >= len(due) + len(all_due))
            jobs = [installation.metrics()["auditor_jobs_total"] for installation in both]
        with open_store(f"sqlite:///{tmp_path}/auditor.db") as store:
            runs = {name: [run.at for run in store.history.audits(name)] for name in due}
    assert {name: [at - SPREAD for at in times[1:]] for name, times in runs.items()} == due
    assert [times[0] for times in runs.values()] == [begins] * len(due)
    assert {target: reports(both, target) for target in due} == {
        "sandbox": 1,
        "nightly": 1,
        "working": 0,
    }
    results = {result for each in jobs for (_, result), number in each.items() if number}
    assert results <= {"done", "taken", "overlapped"}
    assert sum(each.get(("audit", "done"), 0) for each in jobs) == sum(map(len, runs.values()))
    assert sum(each.get(("report", "done"), 0) for each in jobs) == 2
