"""Prometheus evaluates our alerts and our dashboard on the metrics that the product exports."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from auditor.domain.snapshot import RateLimit
from auditor.engine.audit_history import Tally
from auditor.observability.metrics import JobCounter, batch_registry
from auditor.observability.status import SystemStatus
from auditor.rule.severity import Severity
from auditor.store import Backlog
from tests.support.builders.reports import counts, stored_audit, verdict

DEPLOY = Path(__file__).parents[3] / "deploy"
RULES = DEPLOY / "prometheus/rules.yaml"
CUSTOM = DEPLOY / "kustomize/components/prometheus-rule/prometheusrule.yaml"
DASHBOARD = DEPLOY / "grafana/dashboard.json"

START = datetime(1970, 1, 1, tzinfo=UTC)
"""The time at which promtool begins."""

HOURS = 5
"""After so many hours it evaluates."""

SCRAPES_PER_HOUR = 72
"""One in 50 seconds. Prometheus rarely scrapes in the second in which it evaluates, so that it
extrapolates an increase: one failure is a little more than 1."""

REPLICAS = ("one", "two")


def registries() -> tuple[CollectorRegistry, ...]:
    """Return the metrics of a process that has every problem that an alert reports."""
    low = Tally(
        target="eu",
        rule="push-flag-off",
        severity=Severity.LOW,
        number=3,
        state="not_evaluated",
        affected=0,
    )
    status = SystemStatus(
        last_audits={
            "eu": stored_audit(START, counts=counts(unknown=2, critical=1, low=3)),
        },
        tallies=(low,),
        verdicts=(verdict(target="eu"),),
        rate_limits={"eu": (RateLimit(bucket="/api/v1/apps/{}", limit=600, remaining=30),)},
        backlog=Backlog(waiting=1, uncertain=0, failed=4, oldest_at=START),
    )
    jobs = JobCounter()
    jobs.count("audit", "failed")
    return batch_registry(status, START + timedelta(hours=HOURS), 2), jobs.registry


def series() -> Iterator[dict[str, str]]:
    """Yield what Prometheus scrapes from two replicas with one database."""
    samples = [
        sample
        for registry in registries()
        for family in registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    ]
    for replica in REPLICAS:
        for name, labels, value, *_ in samples:
            every = {**labels, "job": "scraped", "instance": f"{replica}:9187", "pod": replica}
            text = ",".join(f"{key}={json.dumps(each)}" for key, each in every.items())
            # A counter grows: each replica has one failed job a minute.
            start = f"0+{value}" if name.endswith("_total") else f"{value}"
            values = f"{start}x{60 * HOURS}"
            yield {"series": f"{name}{{{text}}}", "values": values}


def failing(times: int) -> Iterator[dict[str, str]]:
    """Yield what Prometheus scrapes from one process whose audit fails after four, five … hours."""
    jobs = JobCounter()
    labels = {"job_kind": "audit", "result": "failed"}
    scrapes: list[str] = []
    for failed in range(times + 1):
        value = jobs.registry.get_sample_value("auditor_jobs_total", labels)
        number = SCRAPES_PER_HOUR if failed else 4 * SCRAPES_PER_HOUR
        scrapes.append(f"_x{number}" if value is None else f"{value}x{number - 1}")
        jobs.count("audit", "failed")
    values = " ".join(scrapes)
    name = 'auditor_jobs_total{job_kind="audit",result="failed",job="scraped",instance="one:9187"}'
    yield {"series": name, "values": values}


def evaluated(tmp_path: Path, tests: dict[str, Any]) -> None:
    """Compare what Prometheus concludes with what is expected."""
    if shutil.which("promtool") is None:
        pytest.skip("no promtool: the alert rules are not checked by Prometheus")
    test = {"interval": "1m", "input_series": list(series()), **tests}
    path = tmp_path / "tests.yaml"
    path.write_text(
        yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [test]})
    )
    command = ["promtool", "test", "rules", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> dict[str, str]:
    """Return the title of each panel to its expression, for all targets."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    found = {panel["title"]: only(panel["targets"])["expr"] for panel in panels}
    assert len(found) == len(panels)
    return {title: each.replace("$target", ".*") for title, each in found.items()}


def only(values: list[Any]) -> Any:
    (value,) = values
    return value


FIRING = {
    "AuditorNotAuditing": ("eu was not audited for 5h 0m 0s", {"target": "eu"}),
    "AuditorIncomplete": (
        "2 rules are not evaluated on eu",
        {"target": "eu", "verdict": "unknown"},
    ),
    "AuditorJobsFail": (
        "audit failed 360 times in three hours",
        {"job_kind": "audit", "result": "failed"},
    ),
    "AuditorNotificationsWaiting": ("Notifications wait for delivery, or failed", {}),
    "AuditorRateLimit": (
        "Okta's rate limit for /api/v1/apps/{} is nearly used up during audits of eu",
        {"target": "eu", "bucket": "/api/v1/apps/{}"},
    ),
    "AuditorFindings": (
        "1 open critical findings on eu",
        {"target": "eu", "severity": "critical"},
    ),
}
"""The alerts that fire once for two replicas: summary and labels."""


@pytest.mark.parametrize("name", FIRING)
def test_two_replicas_raise_one_alert_with_the_figure_of_one(tmp_path, name):
    rule = only([each for each in alerts() if each["alert"] == name])
    summary, labels = FIRING[name]
    annotations = dict(rule["annotations"], summary=summary)
    if "description" in annotations:
        annotations["description"] = annotations["description"].replace(
            "{{ $labels.target }}", "eu"
        )
    alert = {"exp_labels": {**labels, **rule["labels"], "job": "scraped"}}
    alert["exp_annotations"] = annotations
    expected = [alert]
    if name == "AuditorNotificationsWaiting":
        failed = {**alert["exp_labels"], "state": "failed"}
        expected.append({**alert, "exp_labels": failed})
    test = {"eval_time": f"{HOURS}h", "alertname": name, "exp_alerts": expected}
    evaluated(tmp_path, {"alert_rule_test": [test]})


@pytest.mark.parametrize(("times", "is_alerted"), [(1, False), (2, True)])
def test_two_failed_jobs_in_three_hours_raise_an_alert_and_one_does_not(
    tmp_path, times, is_alerted
):
    rule = only([each for each in alerts() if each["alert"] == "AuditorJobsFail"])
    alert = {
        "exp_labels": {
            "job_kind": "audit",
            "result": "failed",
            "job": "scraped",
            **rule["labels"],
        },
        "exp_annotations": {"summary": f"audit failed {times} times in three hours"},
    }
    expected = [alert] if is_alerted else []
    # The last minute before the next failure.
    test = {
        "eval_time": f"{240 + 60 * times - 1}m",
        "alertname": rule["alert"],
        "exp_alerts": expected,
    }
    scraped = {"interval": "50s", "input_series": list(failing(times))}
    evaluated(tmp_path, {**scraped, "alert_rule_test": [test]})


def test_every_alert_has_a_test():
    # These two compare nothing between replicas: no metric at all, and the run of one process.
    per_process = {"AuditorMetricsMissing", "AuditorRunFailed"}
    assert {each["alert"] for each in alerts()} == FIRING.keys() | per_process


SHOWN: dict[str, list[tuple[str, float]]] = {
    "Open findings": [("{}", 4)],
    "Rules not evaluated": [("{}", 2)],
    "Time since the oldest last audit": [("{}", HOURS * 3600)],
    "Notifications not delivered": [("{}", 5)],
    "Open findings by severity": [
        ('{severity="critical"}', 1),
        ('{severity="high"}', 0),
        ('{severity="low"}', 3),
        ('{severity="medium"}', 0),
    ],
    "Rules by verdict": [
        (f'{{verdict="{each}"}}', 2 if each == "unknown" else 0)
        for each in ("attested", "fail", "needs_attestation", "not_applicable", "pass", "unknown")
    ],
    "Open findings by target": [('{target="eu"}', 4)],
    "Collections that could not be read": [('{target="eu"}', 0)],
    "Duration of the last audit": [('{target="eu"}', 1.5)],
    "Scheduled jobs": [
        (
            f'{{job_kind="{job}",result="{result}"}}',
            120 if (job, result) == ("audit", "failed") else 0,
        )
        for job in ("audit", "report")
        for result in ("done", "failed")
    ],
    "Findings by state": [
        (f'{{state="{each}"}}', 3 if each == "not_evaluated" else 0)
        for each in ("not_evaluated", "open", "pending", "waived")
    ],
    "Remaining part of Okta's rate limits": [('{bucket="/api/v1/apps/{}",target="eu"}', 0.05)],
    "Requests of the last audit": [('{target="eu"}', 23)],
    "Age of the oldest notification that is not delivered": [("{}", HOURS * 3600)],
}
"""Panel to the values that it shows for two replicas."""


@pytest.mark.parametrize("title", SHOWN)
def test_a_panel_shows_the_figures_of_two_replicas_once(tmp_path, title):
    samples = [{"labels": labels, "value": value} for labels, value in SHOWN[title]]
    test = {"eval_time": f"{HOURS}h", "expr": expressions()[title], "exp_samples": samples}
    evaluated(tmp_path, {"promql_expr_test": [test]})


def test_every_panel_has_a_test():
    assert expressions().keys() == SHOWN.keys()


def test_the_alert_rules_are_the_same_in_both_forms_and_valid():
    rules = yaml.safe_load(RULES.read_text())
    assert yaml.safe_load(CUSTOM.read_text())["spec"] == rules
    if shutil.which("promtool") is None:
        pytest.skip("no promtool: the alert rules are not checked by Prometheus")
    command = ["promtool", "check", "rules", str(RULES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
