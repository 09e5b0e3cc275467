"""The long-running mode over real HTTP: what it does by itself, and what it shows."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from auditor.errors import ConfigError
from auditor.sandbox.faults import slow
from auditor.serve.jobs import Job, Jobs
from auditor.serve.metrics import Attempts
from auditor.serve.service import Service, Wish
from auditor.store import open_store
from tests.serve.conftest import eventually


def runs(house, target="sandbox"):
    with open_store(house.settings().store.url().reveal()) as store:
        return store.runs(target)


def test_what_was_never_audited_is_audited_at_once_and_shown(house):
    house.world.map_attribute("user", "email", "user.email")
    with house.serving():
        eventually(house.is_ready)
        metrics = house.ask("/metrics").text
        assert 'auditor_open_findings{severity="critical",target="sandbox"}' in metrics
        assert 'auditor_rules{target="sandbox",verdict="fail"}' in metrics
        done = 'auditor_jobs_total{job="audit",result="done"} 1.0'
        eventually(lambda: done in house.ask("/metrics").text)
    assert len(runs(house)) == 1


def test_ready_means_audited_lately(house):
    with house.serving():
        eventually(house.is_ready)
        house.world.advance(hours=27)
        answer = house.ask("/readyz")
        assert answer.status_code == 503
        assert "sandbox was last audited" in answer.json()["because"][0]
        assert house.ask("/healthz").is_success


def test_a_target_that_is_not_audited_any_more_is_told_once(house):
    Jobs(house.settings(), lambda: house.world.now, Attempts()).do(Job.AUDIT, "sandbox")
    house.world.advance(hours=27)
    service = Service(house.settings, lambda: house.world.now)
    for _ in range(2):
        service.break_silence()
    told = house.sandbox.slack.transcript().count("No audit of sandbox has completed since")
    assert told == 1


def test_no_person_is_named_to_those_who_scrape(house):
    house.world.map_attribute("user", "email", "user.email")
    with house.serving():
        eventually(house.is_ready)
        shown = house.ask("/metrics").text + house.ask("/readyz").text
    assert "@" not in shown


def test_two_share_the_slots(house):
    jobs = [Jobs(house.settings(), lambda: house.world.now, Attempts()) for _ in range(2)]
    for each in jobs:
        each.do(Job.AUDIT, "sandbox")
    assert len(runs(house)) == 1
    house.world.advance(hours=1)
    for each in reversed(jobs):
        each.do(Job.AUDIT, "sandbox")
    assert len(runs(house)) == 2


def test_who_comes_second_does_not_wait_for_the_first(house):
    first, second = (Jobs(house.settings(), lambda: house.world.now, Attempts()) for _ in "ab")
    house.sandbox.faults.add("okta", "/api/v1/mappings", slow(3))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first.do, Job.AUDIT, "sandbox")
        eventually(lambda: house.sandbox.requests)
        second.do(Job.AUDIT, "sandbox")
        assert runs(house) == ()
    running.result()
    assert len(runs(house)) == 1


def test_what_was_missed_is_made_up_for_once(house):
    jobs = [Jobs(house.settings(), lambda: house.world.now, Attempts()) for _ in range(2)]
    jobs[0].catch_up("sandbox")
    for each in jobs:
        each.catch_up("sandbox")
    assert len(runs(house)) == 1
    house.world.advance(hours=5)
    for each in jobs:
        each.catch_up("sandbox")
    assert len(runs(house)) == 2


def test_the_weekly_report_is_written_and_told_once(house):
    house.world.map_attribute("user", "email", "user.email")
    jobs = [Jobs(house.settings(), lambda: house.world.now, Attempts()) for _ in range(2)]
    jobs[0].do(Job.AUDIT, "sandbox")
    house.world.advance(days=8)
    messages = house.sandbox.slack.channel.messages
    counts = [len(messages)]
    for each in jobs:
        each.do(Job.REPORT, "sandbox")
        counts.append(len(messages))
    (written,) = (house.path.parent / "reports/sandbox").glob("*-W*.html")
    assert "email-not-login" in written.read_text()
    assert counts[0] < counts[1] == counts[2]


def test_a_reload_takes_up_a_new_target(house):
    with house.serving() as service:
        eventually(house.is_ready)
        house.add_target("second")
        service.wish(Wish.RELOAD)
        eventually(lambda: 'target="second"' in house.ask("/metrics").text)


def test_a_broken_reload_leaves_everything_as_it_was(house, capfd):
    with house.serving() as service:
        eventually(house.is_ready)
        house.path.write_text("[[target]]\nname = 1")
        service.wish(Wish.RELOAD)
        eventually(lambda: "the old configuration stays" in capfd.readouterr().err)
        assert house.is_ready()


def test_a_port_in_use_is_said(house):
    with house.serving():
        other = Service(house.settings, lambda: house.world.now)
        with pytest.raises(ConfigError, match=r"cannot listen on .*: Address already in use"):
            other.run()


def test_it_waits_for_a_store_that_cannot_be_had(house):
    house.write('[store]\nurl = "sqlite:///later/auditor.db"')
    (house.path.parent / "later").write_text("in its way")
    with house.serving():
        answer = house.ask("/readyz")
        assert (answer.status_code, answer.json()["because"]) == (503, ["the store cannot be read"])
        assert house.ask("/metrics").status_code == 503
        (house.path.parent / "later").unlink()
        eventually(house.is_ready)


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_an_audit_lets_it_end(house, with_signal):
    house.sandbox.faults.add("okta", "/api/v1/mappings", slow(2))
    command = [sys.executable, "-m", "auditor", "serve", "-c", str(house.path)]
    with subprocess.Popen(command, env=house.environ, stderr=subprocess.PIPE) as process:
        eventually(lambda: any("mappings" in each.path for each in house.sandbox.requests))
        os.kill(process.pid, with_signal)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    lines = [json.loads(line) for line in said.splitlines()]
    (audited,) = [line for line in lines if line["event"] == "audited"]
    assert audited["target"] == "sandbox"
    assert audited["run"]
    assert len(runs(house)) == 1
