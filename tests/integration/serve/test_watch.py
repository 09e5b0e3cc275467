"""The watch over real HTTP: from an event in a log to the message in Slack."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from auditor.engine.changes.diff import Confidence
from auditor.engine.findings.tracked_findings import Resolution, State
from auditor.pipeline.watch.polls import poll, sources_of
from auditor.pipeline.watch.targeted_audit import TargetedResult, audit_events
from auditor.sandbox import Sandbox, World
from auditor.store.tables import FINDING, VERDICT
from auditor.store.watch.watch_repository import WatchCursor
from tests.support.processes.service_process import eventually
from tests.support.watching import TARGET, Counted, WatchedSandbox

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LOG, EVENTS = "/api/v1/logs", "/api/admin/search/events"
COUNTED = ("targeted", "done")
LAST_POLL = "auditor_watch_last_poll_timestamp_seconds"


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[WatchedSandbox]:
    """A clean sandbox after its first audit, with a watch that has polled once."""
    with Sandbox(World.clean(people=8, at=AT)) as sandbox:
        watched = WatchedSandbox(sandbox, tmp_path)
        watched.audit()
        watched.run(watched.watch(), minutes=1)
        yield watched


def rows(watched: WatchedSandbox, leave_out: tuple[str, ...] = ()) -> list[str]:
    """Return every verdict and finding as it is stored, except of some rules."""
    with watched.open_store() as store, store.database.reading() as connection:
        return [
            repr(row)
            for table in (VERDICT, FINDING)
            for row in connection.execute(
                select(table).where(table.c.rule.not_in(leave_out)).order_by(table.c.id)
            )
        ]


def test_a_changed_mapping_is_in_slack_within_two_minutes(watched):
    watched.world.map_attribute("user", "email", "user.email")
    watched.run(watched.watch(), seconds=81)
    (text,) = watched.roots()
    assert "Critical, sandbox: Email is mapped from user.email" in text
    assert "Changed by Mira Torres" in text


def test_the_affected_users_are_being_counted_until_the_full_audit(watched, monkeypatch):
    watched.world.map_attribute("user", "email", "user.email")
    watch = watched.watch()
    monkeypatch.setattr(watch, "_full", lambda *_: "done")
    watched.run(watch, seconds=81)
    finding = watched.findings()["email-not-login"]
    assert (finding.is_counting, finding.affected_count, finding.affected) == (True, 0, ())
    assert finding.message.endswith("The affected users are being counted.")
    transcript = watched.sandbox.slack.transcript()
    assert "Affected users being counted" in transcript
    assert "No assigned user is affected" not in transcript
    (change,) = watched.changes()
    assert change.confidence is Confidence.LIKELY

    watched.audit()
    finding = watched.findings()["email-not-login"]
    assert (finding.is_counting, finding.affected_count) == (False, 2)
    transcript = watched.sandbox.slack.transcript()
    assert "2 users affected" in transcript
    assert "being counted" not in transcript
    assert "Now worse" not in transcript
    assert len(watched.changes()) == 1


def test_a_critical_finding_starts_the_full_audit_at_once(watched):
    watched.world.map_attribute("user", "email", "user.email")
    counted = Counted()
    watched.run(watched.watch(counted), seconds=81)
    assert counted.audits() == {COUNTED: 1, ("full", "done"): 1}
    assert not watched.findings()["email-not-login"].is_counting


def test_every_other_rule_stays_as_the_full_audit_left_it(watched):
    watched.world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    watched.world.deactivate_person("grace.tanaka@example.com")
    watched.audit()
    watched.run(watched.watch(), minutes=2)
    changed = ("extra-attribute",)
    before = rows(watched, leave_out=changed)
    watched.world.advance(days=3)
    watched.world.map_attribute("user", "title", "user.title")
    counted = Counted()
    watched.run(watched.watch(counted), seconds=81)
    assert counted.audits()[COUNTED] == 1
    assert "extra-attribute" in watched.findings()
    assert rows(watched, leave_out=changed) == before


def test_a_finding_is_being_counted_also_while_its_rule_is_not_evaluated(watched, monkeypatch):
    watched.world.map_attribute("user", "email", "user.email")
    watch = watched.watch()
    monkeypatch.setattr(watch, "_full", lambda *_: "done")
    watched.run(watch, seconds=81)
    watched.world.okta_permissions.discard("okta.profileMappings.read")
    watched.world.set_scim(enabled=False)
    watched.run(watch, minutes=8)
    assert "scim-disabled" in watched.findings()
    assert watched.findings()["email-not-login"].is_counting


def test_a_finding_is_resolved_by_a_targeted_audit(watched):
    watch = watched.watch()
    watched.world.map_attribute("user", "title", "user.title")
    watched.run(watch, seconds=81)
    watched.world.unmap_attribute("user", "title")
    watched.run(watch, minutes=6)
    finding = watched.findings(State.RESOLVED)["extra-attribute"]
    assert finding.resolution is Resolution.FIXED
    assert watched.full_audits() == 1
    assert "🟢 Resolved: " in watched.sandbox.slack.transcript()


def test_a_change_without_a_finding_is_reported_by_the_next_full_audit(watched):
    watched.world.map_attribute("user", "displayName", "user.firstName")
    watched.run(watched.watch(), seconds=81)
    assert len(watched.changes()) == 1
    assert watched.roots() == []
    watched.audit()
    assert len(watched.changes()) == 1
    (text,) = watched.roots()
    assert "1 configuration change on sandbox. No finding results from it." in text


def edit_name(watched, watch, *, times: int, seconds: int) -> None:
    """Edit the mapping of the name again and again; the values are numbered from 0."""
    for number in range(times):
        watched.world.map_attribute("user", "displayName", f'user.firstName + "{number}"')
        watched.run(watch, seconds=seconds)


def test_a_burst_of_events_is_one_targeted_audit(watched):
    counted = Counted()
    watch = watched.watch(counted)
    edit_name(watched, watch, times=12, seconds=4)
    watched.run(watch, minutes=1)
    assert counted.audits() == {COUNTED: 1}
    (change,) = watched.changes()
    assert change.after == 'user.firstName + "11"'


def test_events_of_several_polls_wait_for_the_end_of_the_burst(watched):
    watched.write("[watch]\ninterval_seconds = 15\n")
    counted = Counted()
    watch = watched.watch(counted)
    edit_name(watched, watch, times=6, seconds=5)
    assert counted.audits() == {}
    watched.run(watch, minutes=1)
    assert counted.audits() == {COUNTED: 1}
    (change,) = watched.changes()
    assert change.after == 'user.firstName + "5"'


def test_a_burst_that_does_not_end_is_audited_after_the_longest_debounce(watched):
    watched.write("[watch]\ninterval_seconds = 15\n")
    counted = Counted()
    watch = watched.watch(counted)
    edit_name(watched, watch, times=18, seconds=5)
    assert counted.audits() == {COUNTED: 1}


def test_a_target_has_one_targeted_audit_in_five_minutes(watched):
    counted = Counted()
    watch = watched.watch(counted)
    for each in range(10):
        watched.world.map_attribute("user", "displayName", f'user.firstName + "{each}"')
        watched.run(watch, minutes=1)
    assert counted.audits()[COUNTED] == 2
    watched.run(watch, minutes=5)
    assert counted.audits()[COUNTED] == 3
    assert watched.changes()[-1].after == 'user.firstName + "9"'


def test_assignments_start_no_audit(watched):
    counted = Counted()
    watched.world.add_person("new.hire@example.com", "New", "Hire")
    watched.world.assign("new.hire@example.com")
    watched.world.deactivate_person("grace.tanaka@example.com")
    watched.run(watched.watch(counted), minutes=10)
    assert counted.audits() == {}


def test_an_event_that_is_persisted_late_is_still_attributed(watched):
    watched.world.log_delay = timedelta(minutes=7)
    watched.world.map_attribute("user", "email", "user.email")
    watched.audit()
    (change,) = watched.changes()
    assert change.confidence is Confidence.UNKNOWN
    assert "Changed by an unknown actor" in watched.sandbox.slack.transcript()

    watched.run(watched.watch(), minutes=10)
    (change,) = watched.changes()
    assert (change.confidence, change.changed_by) == (Confidence.LIKELY, "Mira Torres (likely)")
    transcript = watched.sandbox.slack.transcript()
    assert "Changed by Mira Torres (likely)" in transcript
    assert "unknown actor" not in transcript
    assert len(watched.roots()) == 1


def test_a_lost_cursor_starts_a_full_audit(watched):
    with watched.open_store() as store:
        cursor = store.watch.cursor(watched.sandbox.okta_url)
        lost = WatchCursor(at=cursor.at, position={**cursor.position, "after": "lost"})
        store.watch.record_poll(watched.sandbox.okta_url, lost)
    counted = Counted()
    watched.run(watched.watch(counted), minutes=5)
    assert counted.audits() == {("full", "done"): 1}
    assert watched.full_audits() == 2
    watched.world.map_attribute("user", "title", "user.title")
    watched.run(watched.watch(counted), minutes=2)
    assert "extra-attribute" in watched.findings()


def test_an_instance_that_was_restored_starts_a_full_audit(watched):
    for is_on in (False, True):
        watched.world.set_scim(enabled=is_on)
    watched.run(watched.watch(), minutes=20)
    audits = watched.full_audits()
    watched.world.unleash.happenings.pop()
    counted = Counted()
    watched.run(watched.watch(counted), minutes=3)
    assert counted.audits() == {("full", "done"): 1}
    assert watched.full_audits() == audits + 1


def test_a_removed_admin_starts_a_full_audit(watched):
    watched.world.remove_user("recovery.two", by="recovery.one")
    counted = Counted()
    watched.run(watched.watch(counted), minutes=2)
    assert counted.audits() == {COUNTED: 1, ("full", "done"): 1}
    (change,) = watched.changes()
    assert (change.path.startswith("admin["), change.after) == (True, None)


def test_refused_credentials_start_a_full_audit(watched):
    watched.world.reject_credentials()
    counted = Counted()
    watched.run(watched.watch(counted), minutes=2)
    assert ("full", "done") in counted.audits()
    assert "scim-credentials-rejected" in watched.findings()


def test_a_switched_push_flag_starts_a_full_audit(watched):
    watched.world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    watched.run(watched.watch(), minutes=2)
    assert "push-flag-off" in watched.findings()


def test_a_scim_setting_of_unleash_starts_a_targeted_audit(watched):
    watched.world.set_scim(enabled=False)
    watched.run(watched.watch(), minutes=2)
    finding = watched.findings()["scim-disabled"]
    assert finding.opened_at - AT < timedelta(minutes=4)


def test_two_replicas_share_the_polls_and_the_audits(watched):
    counters = [Counted(), Counted()]
    replicas = [watched.watch(each) for each in counters]
    before = watched.requests(LOG), watched.requests(EVENTS)
    watched.world.map_attribute("user", "title", "user.title")
    for _ in range(10 * 6):
        for each in replicas:
            watched.run(each, seconds=5)
    polls = watched.requests(LOG) - before[0], watched.requests(EVENTS) - before[1]
    assert all(9 <= each <= 10 for each in polls)
    assert sum(each.audits().get(COUNTED, 0) for each in counters) == 1
    assert len(watched.roots()) == 1


def test_a_poll_and_an_audit_that_another_process_does_are_left_to_it(watched):
    watched.world.map_attribute("user", "title", "user.title")
    watched.world.advance(minutes=1)
    settings, source = watched.settings(), sources_of(watched.settings().targets)[0]
    with watched.open_store() as store, watched.open_store() as other:
        with other.watch.polling(source.origin):
            assert poll(store, settings, source, lambda: watched.world.now) is None
        polled = poll(store, settings, source, lambda: watched.world.now)
        assert polled
        assert polled.events == 1
        assert poll(other, settings, source, lambda: watched.world.now) is None

        watched.world.advance(minutes=1)
        done, again = (
            audit_events(each, settings, settings.targets[0], lambda: watched.world.now)
            for each in (store, other)
        )
    assert (done.result, again.result) == (TargetedResult.DONE, TargetedResult.NOT_DUE)


def test_the_pause_also_holds_for_an_audit_that_another_process_began(watched):
    settings = watched.settings()
    (source, _), (target,) = sources_of(settings.targets), settings.targets
    results = []
    with watched.open_store() as store:
        for each in range(2):
            watched.world.map_attribute("user", "displayName", f'user.firstName + "{each}"')
            watched.world.advance(minutes=1)
            assert poll(store, settings, source, lambda: watched.world.now)
            watched.world.advance(minutes=1)
            outcome = audit_events(store, settings, target, lambda: watched.world.now)
            results.append(outcome.result)
    assert results == [TargetedResult.DONE, TargetedResult.NOT_DUE]


def test_a_restart_between_poll_and_audit_loses_nothing(watched):
    watched.world.map_attribute("user", "title", "user.title")
    watched.run(watched.watch(), seconds=61)
    for _ in range(30):
        watched.run(watched.watch(), seconds=1)
    assert "extra-attribute" in watched.findings()
    paths = [each.path for each in watched.changes()]
    assert len(paths) == len(set(paths))
    assert len(watched.roots()) == 1


def test_thirty_targets_of_an_org_cost_two_requests_a_minute(watched):
    watched.write(targets=30)
    watch = watched.watch()
    watched.run(watch, minutes=1)
    before = len(watched.sandbox.requests)
    watched.run(watch, minutes=10)
    polls = watched.sandbox.requests[before:]
    assert {each.path for each in polls} == {LOG, EVENTS}
    assert len(polls) <= 2 * 10


def test_beyond_its_share_of_a_rate_limit_a_targeted_audit_is_deferred(tmp_path):
    world = World.clean(people=4, at=AT)
    world.rate_limits["features"] = 10
    with Sandbox(world) as sandbox:
        watched = WatchedSandbox(sandbox, tmp_path)
        # One after the other, or all could begin before an answer states the limit.
        watched.write("[serve]\njobs = 1\n", targets=3)
        for each in watched.settings().targets:
            watched.audit(each.name)
        counted = Counted()
        watch = watched.watch(counted)
        watched.run(watch, minutes=1)
        world.map_attribute("user", "title", "user.title")
        watched.run(watch, seconds=81)
        found = counted.audits()
        assert found[COUNTED] >= 1
        assert found["targeted", "deferred"] >= 1
        with watched.open_store() as store:
            states = store.watch.targets([each.name for each in watched.settings().targets])
        (deferred, *_) = [each for each in states if each.deferred_until]
        assert deferred.deferred_until > world.now - timedelta(minutes=1)
        assert not deferred.targeted_at
        # A full audit would wait for the end of the window, which is a minute of real time.
        world.rate_limits.clear()
        for each in watched.settings().targets:
            watched.audit(each.name)
        settled = counted.audits()
        watched.run(watch, minutes=10)
        assert counted.audits() == settled


def test_with_privacy_ids_no_name_is_stored(watched):
    watched.path.write_text(f'privacy = "ids"\n{watched.path.read_text()}')
    watched.world.map_attribute("user", "displayName", "user.firstName")
    watched.world.set_scim(enabled=False)
    watched.world.advance(minutes=1)
    settings = watched.settings()
    with watched.open_store() as store:
        for source in sources_of(settings.targets):
            poll(store, settings, source, lambda: watched.world.now)
        (found,) = store.watch.targets([TARGET])
    assert {each.id.partition("/")[0] for each in found.events} == {"okta", "unleash"}
    assert "Torres" not in repr(found.events)
    assert "mira" not in repr(found.events)


def test_serve_watches_beside_its_schedule(installation):
    installation.write("[watch]\ninterval_seconds = 15\n")
    with installation.serving():
        eventually(installation.is_ready)
        eventually(lambda: len(installation.metrics().get(LAST_POLL, {})) == 2)
        installation.world.map_attribute("user", "title", "user.title")
        installation.world.advance(minutes=2)
        done = ("targeted", "done")
        eventually(
            lambda: installation.metrics().get("auditor_watch_audits_total", {}).get(done) == 1
        )
        shown = installation.metrics()
        assert shown["auditor_watch_events_total"][installation.sandbox.okta_url,] == 1
        assert shown["auditor_watch_polls_total"][installation.sandbox.okta_url, "done"] >= 2
    assert len(installation.audits()) == 1


def test_a_disabled_watch_polls_nothing(installation):
    installation.write("[watch]\nenabled = false\n")
    with installation.serving():
        eventually(installation.is_ready)
        installation.world.advance(minutes=10)
        assert LAST_POLL not in installation.metrics()
    assert not [each for each in installation.sandbox.requests if "sortOrder" in each.query]
