"""Prometheus metrics of the status of all targets: the same from `serve` and from one batch."""

import os
import socket
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product
from pathlib import Path
from urllib.parse import quote

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily

from auditor import __version__
from auditor.config.schedule import Job
from auditor.config.tables.service_settings import GATEWAY_EXAMPLE
from auditor.engine.audit_history import StoredAudit
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.watch.watched_target import DueAudit
from auditor.errors import DeliveryError
from auditor.files import cause_and_remedy, write_whole
from auditor.observability.heartbeat import HEARTBEAT_TIMEOUT_SECONDS
from auditor.observability.status import SystemStatus
from auditor.rule.severity import Severity

FINDING_STATES = ("open", "not_evaluated", "waived", "pending")
"""The states of a :class:`~auditor.engine.audit_history.Tally`."""

INSTANCE_VARIABLE = "AUDITOR_INSTANCE"
"""Names this auditor in a Pushgateway. Default: the host name."""


def families(status: SystemStatus, at: datetime) -> Iterator[GaugeMetricFamily]:
    """Yield all metrics of the status. A target that was never audited has none.

    A number that is zero is exported as 0, so that an alert sees that it ended.
    """
    audited = {target: audit for target, audit in status.last_audits.items() if audit}
    yield from _audits(audited)
    yield from _rules(status, audited)
    yield from _rate_limits(status)
    yield from _exposure(status)
    yield from _outbox(status, at)
    yield from _watch(status)
    targets = _gauge("targets", "Configured targets, by the version of the auditor.", "version")
    targets.add_metric([__version__], len(status.last_audits))
    yield targets


def _audits(audited: Mapping[str, StoredAudit]) -> Iterator[GaugeMetricFamily]:
    last_at = _gauge("last_audit_timestamp_seconds", "Time of the last audit.", "target")
    duration = _gauge("last_audit_duration_seconds", "Duration of the last audit.", "target")
    requests = _gauge("last_audit_requests", "Requests of the last audit.", "target")
    missing = _gauge("missing_collections", "Collections that it could not read.", "target")
    rules = _gauge("rules", "Rules by verdict.", "target", "verdict")
    findings = _gauge("open_findings", "Open findings without a waiver.", "target", "severity")
    for target, audit in audited.items():
        last_at.add_metric([target], audit.at.timestamp())
        duration.add_metric([target], audit.duration)
        requests.add_metric([target], audit.requests)
        missing.add_metric([target], len(audit.missing))
        for status in VerdictStatus:
            rules.add_metric([target, status], audit.counts.verdicts.get(status, 0))
        for severity in Severity:
            findings.add_metric([target, severity], audit.counts.open.get(severity, 0))
    yield from (last_at, duration, requests, missing, rules, findings)


def _rules(status: SystemStatus, audited: Mapping[str, StoredAudit]) -> Iterator[GaugeMetricFamily]:
    """Yield the status, the findings and the affected users of each rule."""
    statuses = _gauge("rule_status", "1: the verdict of the rule.", "target", "rule", "status")
    text = "Findings that are not resolved; not_evaluated: open, and not evaluated since."
    findings = _gauge("findings", text, "target", "rule", "severity", "state")
    text = "Affected users of open findings; a user of two findings counts twice."
    affected = _gauge("affected_users", text, "target", "rule")
    numbers: dict[tuple[str, str, str, str], int] = {}
    people: dict[tuple[str, str], int] = {}
    for verdict in status.verdicts:
        if verdict.target in audited:
            people[verdict.target, verdict.rule] = 0
            for each in VerdictStatus:
                is_current = verdict.status is each
                statuses.add_metric([verdict.target, verdict.rule, each], int(is_current))
            for state in FINDING_STATES:
                numbers[verdict.target, verdict.rule, verdict.severity, state] = 0
    for tally in status.tallies:
        # The database can hold findings of targets that the configuration does not contain any
        # more.
        if tally.target in audited:
            numbers[tally.target, tally.rule, tally.severity, tally.state] = tally.number
            if tally.state in {"open", "not_evaluated"}:
                key = tally.target, tally.rule
                people[key] = people.get(key, 0) + tally.affected
    for labels, number in numbers.items():
        findings.add_metric(labels, number)
    for target_rule, number in people.items():
        affected.add_metric(target_rule, number)
    yield from (statuses, findings, affected)


def _rate_limits(status: SystemStatus) -> Iterator[GaugeMetricFamily]:
    text = "Requests that Okta allows in a window."
    limit = _gauge("okta_rate_limit_requests", text, "target", "bucket")
    text = "The fewest requests that remained during the last audit, counting all clients."
    remaining = _gauge("okta_rate_limit_remaining_requests", text, "target", "bucket")
    for target in status.last_audits:
        for each in status.rate_limits.get(target, ()):
            limit.add_metric([target, each.bucket], each.limit)
            remaining.add_metric([target, each.bucket], each.remaining)
    yield from (limit, remaining)


def _exposure(status: SystemStatus) -> Iterator[GaugeMetricFamily]:
    """Yield the delays of seven days. A figure that is unknown has no sample."""
    text = "Time from the change in Okta to the account in Unleash, in the last seven days."
    delay = _gauge("access_delay_seconds", text, "target", "kind", "quantile")
    over = _gauge("access_delays_over_budget", "Users over the budget.", "target", "kind")
    waiting = _gauge("access_delays_waiting", "Users who still wait.", "target", "kind")
    unknown = _gauge("access_delays_unknown", "Delays with an unknown time.", "target", "kind")
    text = "Users times days with access after leaving, in the last seven days."
    exposed = _gauge("exposure_user_days", text, "target")
    for target, exposure in status.exposure.items():
        exposed.add_metric([target], exposure.user_days)
        for each in (exposure.leavers, exposure.joiners):
            for quantile, span in (("0.5", each.p50), ("0.95", each.p95), ("1", each.worst)):
                if span is not None:
                    delay.add_metric([target, each.kind, quantile], span.total_seconds())
            over.add_metric([target, each.kind], each.over_budget)
            waiting.add_metric([target, each.kind], each.waiting)
            unknown.add_metric([target, each.kind], each.unknown)
    yield from (delay, over, waiting, unknown, exposed)


def _outbox(status: SystemStatus, at: datetime) -> Iterator[GaugeMetricFamily]:
    outbox = _gauge("outbox_messages", "Notifications that are not delivered.", "state")
    for state in ("waiting", "uncertain", "failed"):
        outbox.add_metric([state], getattr(status.backlog, state))
    oldest = status.backlog.oldest_at
    age = _gauge("outbox_oldest_age_seconds", "Age of the oldest notification that waits, or 0.")
    age.add_metric([], (at - oldest).total_seconds() if oldest else 0)
    yield from (outbox, age)


def _watch(status: SystemStatus) -> Iterator[GaugeMetricFamily]:
    text = "Time of the last poll of an org or an instance. No sample: it was never polled."
    polled = _gauge("watch_last_poll_timestamp_seconds", text, "origin")
    for origin, at in status.polled_at.items():
        polled.add_metric([origin], at.timestamp())
    yield polled


class StatusCollector:
    """A collector that exports one status."""

    def __init__(self, status: SystemStatus, at: datetime) -> None:
        self._families = tuple(families(status, at))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics."""
        yield from self._families


_RESULTS = ("done", "failed")


class JobCounter:
    """Counts the scheduled jobs of this process, as a failed job leaves nothing in the history."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._jobs = Counter(
            "auditor_jobs",
            "Scheduled jobs by result.",
            # Prometheus uses the label "job" for the scrape target.
            ("job_kind", "result"),
            registry=self.registry,
        )
        # An increase is seen only in a series that exists before it. Without a 0 at the start,
        # Prometheus misses the first failure.
        for job, result in product(Job, _RESULTS):
            self._jobs.labels(job, result)

    def count(self, job: str, result: str) -> None:
        """Count one job."""
        self._jobs.labels(job, result).inc()


class WatchCounter:
    """Counts what the watch of this process did."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._polls = Counter(
            "auditor_watch_polls", "Polls by result.", ("origin", "result"), registry=registry
        )
        text = "Events that concern a target, each counted once."
        self._events = Counter("auditor_watch_events", text, ("origin",), registry=registry)
        text = "Audits that the watch started, by result; deferred: a rate limit was spent."
        self._audits = Counter(
            "auditor_watch_audits", text, ("audit_kind", "result"), registry=registry
        )
        for kind, result in product(DueAudit, _RESULTS):  # as in `JobCounter`
            self._audits.labels(kind, result)

    def polled(self, origin: str, *, is_failed: bool, events: int) -> None:
        """Count one poll and its new events."""
        for result in _RESULTS:
            self._polls.labels(origin, result)
        self._polls.labels(origin, "failed" if is_failed else "done").inc()
        self._events.labels(origin).inc(events)

    def audited(self, kind: str, result: str) -> None:
        """Count one audit."""
        self._audits.labels(kind, result).inc()


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"auditor_{name}", text, labels=labels)


_TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def batch_registry(status: SystemStatus, at: datetime, exit_code: int) -> CollectorRegistry:
    """Return the metrics at the end of a batch."""
    registry = CollectorRegistry()
    registry.register(StatusCollector(status, at))
    ended = Gauge("auditor_last_batch_timestamp_seconds", "When a batch ended.", registry=registry)
    ended.set(at.timestamp())
    code = Gauge("auditor_last_batch_exit_code", "Its exit code; see --help.", registry=registry)
    code.set(exit_code)
    return registry


def write_metrics(registry: CollectorRegistry, path: str) -> None:
    """Replace the file at once; raise :class:`~auditor.errors.DeliveryError` on failure.

    A device or a pipe is refused: the file would take its place, for all programs. Every user can
    read the file: the node exporter is another user, and the metrics contain no personal data.
    """
    try:
        write_whole(Path(path), generate_latest(registry), mode=0o644)
    except OSError as error:
        msg = f"{path}: metrics cannot be written: {cause_and_remedy(error)}"
        raise DeliveryError(msg) from error


def grouping_key(shard: str, environ: Mapping[str, str]) -> str:
    """Return the path of a group in a Pushgateway: a push replaces nothing of other groups."""
    instance = environ.get(INSTANCE_VARIABLE) or socket.gethostname()
    return f"job/auditor/instance/{quote(instance, safe='')}/shard/{quote(shard, safe='')}"


def push_metrics(registry: CollectorRegistry, url: str, *, shard: str = "1-of-1") -> None:
    """Add the metrics to a Pushgateway; raise :class:`~auditor.errors.DeliveryError` on failure.

    The client library would follow a redirect and take the answer behind it for success.
    """
    import httpx

    from auditor.net.bounded_request import send_bounded
    from auditor.net.connection_errors import connection_error_message

    gateway = url if "://" in url else f"http://{url}"
    scheme, _, rest = gateway.partition("://")
    named = f"{scheme}://{rest.rpartition('@')[2]}"  # without user and password
    try:
        answer = send_bounded(
            # POST, not PUT: it keeps metrics of other names, such as the last success of an earlier
            # batch.
            "POST",
            f"{gateway.rstrip('/')}/metrics/{grouping_key(shard, os.environ)}",
            timeout=HEARTBEAT_TIMEOUT_SECONDS,
            reads_body=False,
            content=generate_latest(registry),
            headers={"content-type": _TEXT_FORMAT},
        )
    except httpx.InvalidURL as error:
        example = f"write it like {GATEWAY_EXAMPLE}"
        msg = f"{named}: metrics cannot be pushed: this is not a URL ({example})"
        raise DeliveryError(msg) from error
    except httpx.HTTPError as error:
        msg = f"{named}: metrics cannot be pushed: {connection_error_message(error, gateway)}"
        raise DeliveryError(msg) from error
    if not answer.is_success:
        msg = (
            f"{named}: metrics cannot be pushed: refused with status {answer.status} "
            "(check the address, and whether the Pushgateway permits pushes)"
        )
        raise DeliveryError(msg)
