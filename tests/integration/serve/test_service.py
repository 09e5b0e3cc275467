"""The service over real HTTP: its jobs and its endpoints."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
import time_machine

from auditor.config.schedule import Job
from auditor.errors import ConfigError, StoreError
from auditor.observability.metrics import JobCounter
from auditor.sandbox.faults.wire import held
from auditor.serve.jobs import Jobs
from auditor.serve.scheduler import JobScheduler
from auditor.serve.service import Service, SignalRequest
from auditor.serve.shutdown import shut_down
from auditor.store import open_store
from tests.support.processes.service_process import HEARTBEAT, eventually, listening

BEAT = timedelta(seconds=0.1)


def jobs_of(installation) -> Jobs:
    """Return the jobs of a service that has reached its store."""
    with open_store(installation.settings().store.database_url().reveal()):
        return Jobs(installation.settings(), lambda: installation.world.now, JobCounter())


def do_due(jobs: Jobs) -> None:
    """Do the due jobs, as each beat of the service does."""
    for job, target in jobs.due():
        jobs.do(job, target)


def test_a_target_that_was_never_audited_is_audited_at_once(installation):
    installation.world.map_attribute("user", "email", "user.email")
    with installation.serving():
        eventually(installation.is_ready)
        metrics = installation.ask("/metrics").text
        assert 'auditor_open_findings{severity="critical",target="sandbox"}' in metrics
        assert 'auditor_rules{target="sandbox",verdict="fail"}' in metrics
        done = 'auditor_jobs_total{job_kind="audit",result="done"} 1.0'
        eventually(lambda: done in installation.ask("/metrics").text)
    assert len(installation.audits()) == 1


def test_ready_means_that_every_target_was_audited_recently(installation):
    with installation.serving():
        eventually(installation.is_ready)
        installation.world.advance(hours=27)
        answer = installation.ask("/readyz")
        assert answer.status_code == 503
        assert "sandbox was last audited" in answer.json()["reasons"][0]
        assert installation.ask("/healthz").is_success


def test_missing_audits_of_a_target_are_reported_once(installation):
    jobs_of(installation).do(Job.AUDIT, "sandbox")
    installation.world.advance(hours=27)
    service = Service(installation.settings, lambda: installation.world.now)
    for _ in range(2):
        service.notify_missing_audits()
    sent = installation.sandbox.slack.transcript().count("No audit of sandbox has completed since")
    assert sent == 1


def test_the_metrics_name_no_user(installation):
    installation.world.map_attribute("user", "email", "user.email")
    with installation.serving():
        eventually(installation.is_ready)
        shown = installation.ask("/metrics").text + installation.ask("/readyz").text
    assert "@" not in shown


def test_two_services_share_the_slots(installation):
    jobs = [jobs_of(installation) for _ in range(2)]
    for each in jobs:
        each.do(Job.AUDIT, "sandbox")
    assert len(installation.audits()) == 1
    installation.world.advance(hours=1)
    for each in reversed(jobs):
        each.do(Job.AUDIT, "sandbox")
    assert len(installation.audits()) == 2


def test_the_second_service_does_not_wait_for_the_first(installation):
    first, second = (jobs_of(installation) for _ in "ab")
    may_end = Event()
    installation.sandbox.faults.add("okta", "/api/v1/mappings", held(may_end))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first.do, Job.AUDIT, "sandbox")
        eventually(lambda: installation.sandbox.requests)
        second.do(Job.AUDIT, "sandbox")
        assert installation.audits() == ()
        may_end.set()
    running.result()
    assert len(installation.audits()) == 1


def test_a_missed_audit_is_made_up_once(installation):
    jobs = [jobs_of(installation) for _ in range(2)]
    for each in jobs:
        do_due(each)
    assert len(installation.audits()) == 1
    installation.world.advance(hours=5)
    for each in jobs:
        do_due(each)
    assert len(installation.audits()) == 2


def test_an_audit_that_failed_is_due_again(installation):
    jobs = jobs_of(installation)
    (database,) = installation.path.parent.glob("*.db")
    away = database.rename(database.with_suffix(".away"))
    jobs.do(Job.AUDIT, "sandbox")
    with pytest.raises(StoreError, match="the file does not exist"):
        jobs.due()
    assert not database.exists(), "a service begins no new history"
    away.rename(database)
    assert jobs.due() == ((Job.AUDIT, "sandbox"),)
    do_due(jobs)
    assert (len(installation.audits()), jobs.due()) == (1, ())


def test_the_weekly_report_is_written_and_announced_once(installation):
    installation.world.map_attribute("user", "email", "user.email")
    jobs = [jobs_of(installation) for _ in range(2)]
    jobs[0].do(Job.AUDIT, "sandbox")
    installation.world.advance(days=8)
    messages = installation.sandbox.slack.channel.messages
    counts = [len(messages)]
    for each in jobs:
        each.do(Job.REPORT, "sandbox")
        counts.append(len(messages))
    (written,) = (installation.path.parent / "reports/sandbox").glob("*-W*.html")
    assert "email-not-login" in written.read_text()
    assert counts[0] < counts[1] == counts[2]


def test_a_report_that_could_not_be_written_is_made_up_by_any_replica(installation):
    first, second = (jobs_of(installation) for _ in "ab")
    first.do(Job.AUDIT, "sandbox")
    installation.world.advance(days=8)
    obstacle = installation.path.parent / "reports"
    obstacle.write_text("a file, not a folder")
    first.do(Job.REPORT, "sandbox")
    assert (Job.REPORT, "sandbox") in second.due()
    obstacle.unlink()
    do_due(second)
    assert list((obstacle / "sandbox").glob("*-W*.html"))
    assert (Job.REPORT, "sandbox") not in first.due()
    first.do(Job.REPORT, "sandbox")
    assert installation.sandbox.slack.transcript().count("📋 ") == 1


def test_a_report_is_due_only_when_an_audit_preceded_it(installation):
    jobs = jobs_of(installation)
    assert jobs.due() == ((Job.AUDIT, "sandbox"),)


def test_a_failed_report_is_retried(installation):
    jobs_of(installation).do(Job.AUDIT, "sandbox")
    installation.world.advance(days=8)
    in_its_way = installation.path.parent / "reports"
    in_its_way.write_text("a file, not a folder")

    def reports(result):
        return installation.metrics().get("auditor_jobs_total", {}).get(("report", result), 0)

    with installation.serving(beat=BEAT):
        eventually(lambda: reports("failed") > 1)
        in_its_way.unlink()
        eventually(lambda: reports("done"))


def test_a_reload_adds_a_new_target(installation):
    with installation.serving() as service:
        eventually(installation.is_ready)
        installation.add_target("second")
        service.request(SignalRequest.RELOAD)
        eventually(lambda: 'target="second"' in installation.ask("/metrics").text)


def test_a_rotated_token_needs_no_restart(installation):
    file = installation.path.parent / "okta-token"
    file.write_text(installation.world.okta_token)
    text = installation.path.read_text()
    by_file = text.replace('token_env = "SANDBOX_OKTA_TOKEN"', 'token_file = "okta-token"')
    installation.path.write_text(by_file)
    jobs = jobs_of(installation)
    do_due(jobs)
    installation.world.okta_token = "00rotated"  # Okta refuses the old one from now on
    installation.world.advance(hours=1)
    do_due(jobs)
    file.write_text("00rotated\n")
    installation.world.advance(hours=1)
    do_due(jobs)
    assert ["okta.app" in audit.missing for audit in installation.audits()] == [False, True, False]


def test_an_invalid_reload_changes_nothing(installation, capfd):
    with installation.serving() as service:
        eventually(installation.is_ready)
        before = service.settings
        installation.path.write_text("[[target]]\nname = 1")
        service.request(SignalRequest.RELOAD)
    assert service.settings is before
    assert "reload_failed" in capfd.readouterr().err


def test_a_port_in_use_is_reported(installation):
    with installation.serving():
        other = Service(installation.settings, lambda: installation.world.now)
        with pytest.raises(ConfigError, match=r"cannot listen on .*: Address already in use"):
            other.run()


def test_it_waits_for_an_unavailable_store(installation):
    installation.write('[store]\nurl = "sqlite:///later/auditor.db"')
    (installation.path.parent / "later").write_text("in its way")
    with installation.serving():
        answer = installation.ask("/readyz")
        assert (answer.status_code, answer.json()["reasons"]) == (503, ["the store cannot be read"])
        assert installation.ask("/metrics").status_code == 503
        (installation.path.parent / "later").unlink()
        eventually(installation.is_ready)


def test_jobs_missed_during_a_suspension_are_done_once(installation):
    """The machine was suspended over Monday's report and many audits; nothing was restarted."""
    sunday = datetime(2026, 11, 22, 20, tzinfo=UTC)
    with time_machine.travel(sunday, tick=False) as traveller:
        installation.world.clock.travel(sunday)
        with installation.serving(beat=BEAT):
            eventually(installation.is_ready)
            installation.world.advance(hours=16)
            traveller.shift(timedelta(hours=16))
            done = {("audit", "done"): 2, ("report", "done"): 1}
            eventually(lambda: done.items() <= installation.metrics()["auditor_jobs_total"].items())
    assert len(installation.audits()) == 2
    assert len(list((installation.path.parent / "reports/sandbox").glob("*-W*.html"))) == 1


def test_a_job_that_does_not_end_within_the_grace_period_is_abandoned(installation):
    may_end = Event()
    installation.sandbox.faults.add("okta", "/api/v1/mappings", held(may_end))
    jobs_of(installation)
    scheduler = JobScheduler(installation.settings(), lambda: installation.world.now, JobCounter())
    scheduler.start()
    eventually(lambda: installation.sandbox.requests)
    assert not shut_down([scheduler], timedelta())
    assert installation.audits() == ()
    may_end.set()
    eventually(installation.audits)


def test_a_waiting_job_of_a_target_that_a_reload_removed_is_left_out(installation, caplog):
    jobs = jobs_of(installation)
    jobs.do(Job.AUDIT, "removed")
    assert installation.audits() == ()
    assert caplog.records == []


def test_a_job_does_not_overlap_itself(installation):
    installation.write('[schedule]\naudit = "* * * * *"\n')
    now = installation.world.now
    with time_machine.travel(now, tick=False) as traveller, installation.serving(beat=BEAT):
        eventually(installation.is_ready)
        may_end = Event()
        installation.sandbox.faults.add("okta", "/api/v1/mappings", held(may_end))
        installation.sandbox.requests.clear()
        for come_about in (
            lambda: any("mappings" in each.path for each in installation.sandbox.requests),
            lambda: ("audit", "overlapped") in installation.metrics().get("auditor_jobs_total", {}),
        ):
            installation.world.advance(minutes=1)
            traveller.shift(timedelta(minutes=1))
            eventually(come_about)
        may_end.set()
    assert len(installation.audits()) >= 2


def beats_received(watcher):
    return [path for _, path, _ in watcher.asked]


def expect_failed_heartbeat(installation, monkeypatch, hours):
    installation.write(HEARTBEAT)
    with listening() as watcher:
        monkeypatch.setenv("PING", f"{watcher.url}/ping")
        with installation.serving(beat=BEAT):
            eventually(lambda: "/ping" in beats_received(watcher))
            installation.world.advance(hours=hours)
            eventually(lambda: beats_received(watcher)[-1:] == ["/ping/fail"])


def test_the_heartbeat_states_whether_every_target_is_audited(installation, monkeypatch):
    expect_failed_heartbeat(installation, monkeypatch, hours=27)


def test_the_heartbeat_states_that_notifications_are_not_delivered(installation, monkeypatch):
    installation.world.map_attribute("user", "email", "user.email")
    installation.sandbox.slack.fail("chat.postMessage", "invalid_auth", times=1000)
    expect_failed_heartbeat(installation, monkeypatch, hours=2)


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit()])
def test_an_exit_in_a_job_is_a_failed_job(installation, error):
    attempts = JobCounter()
    times: list[datetime] = []

    def clock() -> datetime:
        times.append(installation.world.now)
        if len(times) > 1:
            raise error
        return times[-1]

    jobs_of(installation)  # creates the database
    Jobs(installation.settings(), clock, attempts).do(Job.AUDIT, "sandbox")
    assert installation.audits() == ()
    failed = {"job_kind": "audit", "result": "failed"}
    assert attempts.registry.get_sample_value("auditor_jobs_total", failed) == 1
