"""The health checks of the watch: logs that it can read, polls, and audits that are late."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from auditor.domain.collections import EVENTS, LOG, MissingData, MissingReason
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.engine.diagnostics.watch_checks import WatchFact, check_log_access, check_watch
from auditor.engine.watch.watched_target import WatchedEvent, WatchedTarget, WatchTimes
from tests.support.builders.contexts import clean_snapshot

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
OKTA, UNLEASH = "https://acme.okta.com", "https://unleash.acme.example"


def checks(
    polled_at: Mapping[str, datetime | None], *targets: WatchedTarget, is_enabled: bool = True
) -> dict[str, HealthCheck]:
    fact = WatchFact(
        is_enabled=is_enabled,
        interval=timedelta(seconds=60),
        times=WatchTimes(),
        polled_at=polled_at,
        targets=targets,
    )
    return {each.about: each for each in check_watch(fact, NOW)}


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def event(at: datetime) -> WatchedEvent:
    return WatchedEvent(target="production", id="okta/1", published_at=at, seen_at=at)


def test_recent_polls_are_ok_and_state_the_oldest():
    found = checks({OKTA: ago(minutes=3), UNLEASH: ago(seconds=5)})
    assert {each.status for each in found.values()} == {HealthStatus.OK}
    assert found["polls"].message == "2 logs polled, the oldest poll 3 minutes ago."


@pytest.mark.parametrize(
    ("is_enabled", "status", "remedy"),
    [
        (True, HealthStatus.WARNING, "Run auditor serve or auditor watch."),
        (False, HealthStatus.NOTICE, "Set watch.enabled = true"),
    ],
)
def test_a_log_without_a_poll_for_three_intervals_is_late(is_enabled, status, remedy):
    found = checks({OKTA: ago(hours=2), UNLEASH: ago(seconds=5)}, is_enabled=is_enabled)["polls"]
    assert found.status is status
    assert found.message.startswith("1 of 2 logs not polled in time.")
    assert found.details == (f"{OKTA}: last poll 2026-05-04 07:00 UTC, 2 hours ago",)
    assert found.remediation.startswith(remedy)


def test_a_new_org_without_a_poll_is_late_when_others_are_polled():
    found = checks({OKTA: None, UNLEASH: ago(seconds=5)})["polls"]
    assert (found.status, found.details) == (HealthStatus.WARNING, (f"{OKTA}: never",))


@pytest.mark.parametrize(
    ("is_enabled", "remedy"), [(True, "Run auditor serve"), (False, "Set watch.enabled = true")]
)
def test_without_any_poll_a_notice_states_how_to_start_one(is_enabled, remedy):
    (found,) = checks({OKTA: None, UNLEASH: None}, is_enabled=is_enabled).values()
    assert found.status is HealthStatus.NOTICE
    assert found.remediation.startswith(remedy)


def test_many_late_logs_are_counted_and_ten_are_listed():
    found = checks({f"https://{each}.example": ago(days=1) for each in range(25)})["polls"]
    assert found.message.startswith("25 of 25 logs")
    assert len(found.details) == 10


@pytest.mark.parametrize(
    "target",
    [
        WatchedTarget(target="production", events=(event(ago(minutes=12)),)),
        WatchedTarget(target="production", full_requested_at=ago(minutes=11)),
    ],
)
def test_an_audit_that_was_due_ten_minutes_ago_is_late(target):
    found = checks({OKTA: NOW}, target)["audits"]
    assert found.status is HealthStatus.WARNING
    assert found.message.startswith("1 audit of the watch not done in time: production (")
    found = checks({OKTA: NOW}, target, is_enabled=False)["audits"]
    assert found.status is HealthStatus.NOTICE


@pytest.mark.parametrize(
    "target",
    [
        WatchedTarget(target="production", events=(event(ago(minutes=9)),)),
        WatchedTarget(target="production", full_requested_at=ago(minutes=10)),
        WatchedTarget(
            target="production", events=(event(ago(minutes=12)),), targeted_at=ago(minutes=14)
        ),
        WatchedTarget(
            target="production", full_requested_at=ago(hours=1), full_started_at=ago(minutes=20)
        ),
    ],
)
def test_an_audit_that_waits_as_it_should_is_not_late(target):
    assert checks({OKTA: NOW}, target)["audits"].status is HealthStatus.OK


def test_an_audit_is_late_although_one_log_was_never_polled():
    waiting = WatchedTarget(target="production", full_requested_at=ago(hours=1))
    found = checks({OKTA: None, UNLEASH: NOW}, waiting)
    assert found["audits"].status is HealthStatus.WARNING


@pytest.mark.parametrize(
    ("collection", "side", "grant"),
    [(LOG, "Okta", "grant okta.logs.read"), (EVENTS, "Unleash", "give the root role Admin")],
)
def test_a_log_that_cannot_be_read_is_a_warning_with_its_consequence(collection, side, grant):
    refused = MissingData(
        why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/logs", status=403, detail=""
    )
    name = collection.name.partition(".")[2]
    found = {each.about: each for each in check_log_access(clean_snapshot(**{name: refused}))}
    check = found.pop(f"log of {side}")
    assert check.status is HealthStatus.WARNING
    assert f"The watch detects no change in {side}; scheduled audits do." in check.message
    assert grant in check.remediation
    assert [each.status for each in found.values()] == [HealthStatus.OK]
