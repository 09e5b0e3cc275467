"""The days around a change of clocks, lived through by two processes on one store."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from auditor.sandbox import Sandbox, World
from auditor.serve.jobs import Job, Jobs
from auditor.serve.metrics import Attempts
from auditor.store import open_store
from tests.serve.conftest import House

BERLIN = ZoneInfo("Europe/Berlin")
SCHEDULE = """
[schedule]
audit = "30 2,14 * * *"
report = "0 9 * * mon"
time_zone = "Europe/Berlin"
spread = "1m"
"""


@pytest.mark.parametrize(
    ("begins", "early"),
    [(datetime(2026, 10, 24, tzinfo=UTC), "02:30"), (datetime(2027, 3, 27, tzinfo=UTC), "03:30")],
    ids=["autumn", "spring"],
)
def test_each_slot_is_lived_through_once(tmp_path, begins, early):
    with Sandbox(World.clean(people=2, at=begins)) as sandbox:
        house = House(sandbox, tmp_path)
        house.write(SCHEDULE)
        settings, world = house.settings(), house.world
        both = [Jobs(settings, lambda: world.now, Attempts()) for _ in range(2)]
        schedule = settings.targets[0].schedule
        assert schedule.audit
        assert schedule.report
        ends = begins + timedelta(days=3)
        while (
            due := min(schedule.audit.after(world.now), schedule.report.after(world.now))
        ) < ends:
            world.advance(seconds=(due - world.now).total_seconds())
            job = Job.REPORT if due == schedule.report.until(due) else Job.AUDIT
            for each in both:
                each.do(job, "sandbox")
        with open_store(settings.store.url().reveal()) as store:
            runs = store.runs("sandbox")
        times = [f"{(run.at - schedule.audit.shift).astimezone(BERLIN):%H:%M}" for run in runs]
        assert times == ["02:30", "14:30", early, "14:30", "02:30", "14:30"]
        assert len(list((tmp_path / "reports/sandbox").glob("*-W*.html"))) == 1
