"""The metrics of `serve` and of a single batch are the same."""

import os
import stat
from collections import defaultdict

import pytest
from prometheus_client import CollectorRegistry

from auditor.cli.main import run
from auditor.cli.setup.sandbox_files import environment
from auditor.engine.audit_history import Tally
from auditor.errors import DeliveryError
from auditor.observability.metrics import (
    WatchCounter,
    batch_registry,
    grouping_key,
    write_metrics,
)
from auditor.observability.status import SystemStatus
from auditor.rule.severity import Severity
from auditor.store import Backlog
from tests.support.builders.reports import UNTIL, stored_audit
from tests.support.processes.service_process import Numbers, eventually, numbers

WAIVER = """
[[waiver]]
rule = "extra-attribute"
owner = "Ada"
reason = "until the move"
expires = 2099-01-01
"""


@pytest.fixture
def drifted(installation):
    """Return a sandbox with an open finding, a waived one and missing data."""
    installation.write(WAIVER)
    installation.world.rate_limits["mappings"] = 60
    installation.world.map_attribute("user", "email", "user.email")
    installation.world.add_schema_attribute("nick", title="Nick", external_name="nick")
    installation.world.map_attribute("user", "nick", "user.login")
    return installation


def in_file(installation, monkeypatch) -> dict[str, Numbers]:
    """Audit a batch; return what it leaves for the node exporter."""
    for name, value in environment(installation.sandbox).items():
        monkeypatch.setenv(name, value)
    path = installation.path.with_name("auditor.prom")
    run(["run", "-c", str(installation.path), "--metrics-textfile", str(path)])
    return numbers(path.read_text())


def findings_shown(shown: dict[str, Numbers]) -> Numbers:
    """Return the findings by severity, state and target, over all rules."""
    counts: Numbers = defaultdict(float)
    for (_, *key), number in shown["auditor_findings"].items():
        counts[tuple(key)] += number
    return {key: number for key, number in counts.items() if number}


def test_findings_are_counted_by_severity_and_state(drifted, monkeypatch):
    shown = in_file(drifted, monkeypatch)
    rules = {rule for rule, *_ in shown["auditor_rule_status"]}
    assert len(shown["auditor_findings"]) >= 4 * len(rules)
    waived = {("low", "waived", "sandbox"): 1, ("medium", "waived", "sandbox"): 1}
    opened = {("critical", "open", "sandbox"): 1, ("high", "open", "sandbox"): 1}
    assert findings_shown(shown) == {**opened, **waived}
    assert shown["auditor_open_findings"]["high", "sandbox"] == 1
    assert shown["auditor_affected_users"]["email-not-login", "sandbox"] == 1
    assert shown["auditor_rules"]["sandbox", "unknown"] == 0


def test_each_rule_has_its_status_findings_and_affected_users(drifted, monkeypatch):
    shown = in_file(drifted, monkeypatch)
    rule = "email-not-login"
    assert shown["auditor_rule_status"][rule, "fail", "sandbox"] == 1
    assert shown["auditor_rule_status"][rule, "pass", "sandbox"] == 0
    assert sum(n for (r, *_), n in shown["auditor_findings"].items() if r == rule) >= 1
    assert (rule, "sandbox") in shown["auditor_affected_users"]
    statuses = shown["auditor_rule_status"].items()
    assert all(sum(n for (r, *_), n in statuses if r == each) == 1 for (each, *_), _ in statuses)


def test_affected_users_of_a_rule_are_those_of_its_open_findings():
    tallies = tuple(
        Tally(target="t", rule="r", severity=severity, state=state, number=1, affected=affected)
        for severity, state, affected in (
            (Severity.HIGH, "open", 5),
            (Severity.LOW, "not_evaluated", 2),
            (Severity.LOW, "waived", 9),
        )
    )
    backlog = Backlog(waiting=0, uncertain=0, failed=0, oldest_at=None)
    status = SystemStatus(last_audits={"t": stored_audit()}, tallies=tallies, backlog=backlog)
    registry = batch_registry(status, UNTIL, 0)
    assert registry.get_sample_value("auditor_affected_users", {"target": "t", "rule": "r"}) == 7


def test_the_group_of_a_push_names_instance_and_shard():
    key = grouping_key("3-of-16", {"AUDITOR_INSTANCE": "eu/1"})
    assert key == "job/auditor/instance/eu%2F1/shard/3-of-16"
    assert grouping_key("1-of-1", {}).startswith("job/auditor/instance/")


def test_a_finding_that_is_not_evaluated_stays_open_with_its_own_label(drifted, monkeypatch):
    in_file(drifted, monkeypatch)
    drifted.world.okta_permissions.remove("okta.profileMappings.read")
    shown = in_file(drifted, monkeypatch)
    for severity in ("critical", "high"):
        assert (severity, "open", "sandbox") not in findings_shown(shown)
        assert findings_shown(shown)[severity, "not_evaluated", "sandbox"] == 1
        assert shown["auditor_open_findings"][severity, "sandbox"] == 1
    assert shown["auditor_rules"]["sandbox", "unknown"] == 5
    assert shown["auditor_missing_collections"]["sandbox",] == 2


def test_requests_and_the_remaining_rate_limits_are_shown(drifted, monkeypatch):
    shown = in_file(drifted, monkeypatch)
    assert shown["auditor_last_audit_requests"]["sandbox",] == len(
        [each for each in drifted.sandbox.requests if each.service in {"okta", "unleash"}]
    )
    limits = shown["auditor_okta_rate_limit_requests"]
    left = shown["auditor_okta_rate_limit_remaining_requests"]
    mappings = ("/api/v1/mappings", "sandbox")
    asked = [each for each in drifted.sandbox.requests if each.path.startswith("/api/v1/mappings")]
    assert (limits[mappings], left[mappings]) == (60, 60 - len(asked))
    assert limits.keys() == left.keys() > {mappings, ("/api/v1/apps/{}/users", "sandbox")}


def test_serve_shows_the_same_metrics(drifted, monkeypatch):
    left = in_file(drifted, monkeypatch)
    with drifted.serving():
        eventually(drifted.is_ready)
        shown = drifted.metrics()
    by_batch = {"auditor_last_batch_timestamp_seconds", "auditor_last_batch_exit_code"}
    by_serve = {name for name in shown if name.startswith(("auditor_jobs", "auditor_watch"))}
    assert left.keys() - by_batch == shown.keys() - by_serve
    assert findings_shown(shown) == findings_shown(left)


def test_an_undelivered_message_is_shown_with_its_age(drifted, monkeypatch):
    drifted.sandbox.slack.fail("chat.postMessage", "invalid_auth", times=50)
    shown = in_file(drifted, monkeypatch)
    assert shown["auditor_outbox_messages"]["waiting",] > 0
    assert shown["auditor_outbox_oldest_age_seconds"][()] > 0


def test_delays_of_leavers_are_shown_and_unknown_ones_have_no_sample(installation, monkeypatch):
    in_file(installation, monkeypatch)
    world = installation.world
    leaver = next(
        world.person(id_) for id_, each in world.app.assignments.items() if each.external_id
    )
    world.unassign(leaver)
    shown = in_file(installation, monkeypatch)
    delays = shown["auditor_access_delay_seconds"]
    assert 0 <= delays["leaver", "1", "sandbox"] < 1
    assert not any(kind == "joiner" for kind, *_ in delays)
    assert shown["auditor_access_delays_waiting"]["leaver", "sandbox"] == 0
    assert shown["auditor_exposure_user_days"][("sandbox",)] < 1


def test_the_node_exporter_can_read_the_file_of_a_service_with_a_strict_umask(tmp_path):
    earlier = os.umask(0o077)
    try:
        write_metrics(CollectorRegistry(), str(tmp_path / "auditor.prom"))
    finally:
        os.umask(earlier)
    assert stat.S_IMODE((tmp_path / "auditor.prom").stat().st_mode) == 0o644


def test_a_pipe_or_device_is_not_replaced_by_a_file(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(DeliveryError, match="not a regular file"):
        write_metrics(CollectorRegistry(), str(pipe))
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_the_failures_of_the_watch_are_counted_from_zero():
    registry = CollectorRegistry()
    counter = WatchCounter(registry)
    counter.polled("https://acme.okta.com", is_failed=False, events=0)
    zero = {
        (each.name, *each.labels.values())
        for metric in registry.collect()
        for each in metric.samples
        if each.name.endswith("_total") and each.value == 0
    }
    assert zero >= {
        ("auditor_watch_polls_total", "https://acme.okta.com", "failed"),
        ("auditor_watch_audits_total", "targeted", "failed"),
        ("auditor_watch_audits_total", "full", "failed"),
    }
