"""What is remembered, as Prometheus sees it: the same numbers whoever shows them."""

import re
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest, write_to_textfile
from prometheus_client.core import GaugeMetricFamily

from auditor import __version__
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.errors import DeliveryError
from auditor.net.proxies import client_options
from auditor.net.tls import trusted
from auditor.observability.heartbeat import HEARTBEAT_TIMEOUT_SECONDS
from auditor.observability.status import SystemStatus
from auditor.rule.severity import Severity

STATES = ("open", "unverified", "waived", "pending")
"""Of a :class:`~auditor.engine.audit_history.Tally`."""


def families(now: SystemStatus, at: datetime) -> Iterator[GaugeMetricFamily]:
    """Yield everything that history tells; a target that was never audited has no numbers.

    What there is none of is 0, not absent: an alert sees it go.
    """
    yield from _audits(now)
    yield _findings(now)
    yield from _rate_limits(now)
    yield from _outbox(now, at)
    targets = _gauge("targets", "Configured targets, by the auditor's version.", "version")
    targets.add_metric([__version__], len(now.runs))
    yield targets


def _audits(now: SystemStatus) -> Iterator[GaugeMetricFamily]:
    at_last = _gauge("last_audit_timestamp_seconds", "When a target was last audited.", "target")
    took = _gauge("last_audit_duration_seconds", "How long that took.", "target")
    asked = _gauge("last_audit_requests", "Requests sent to Okta and Unleash for it.", "target")
    unseen = _gauge("missing_collections", "What it could not read.", "target")
    rules = _gauge("rules", "Rules by what they said.", "target", "verdict")
    count = _gauge(
        "open_findings",
        "Open findings that nobody accepted, seen by the last audit or not.",
        "target",
        "severity",
    )
    for target, run in now.runs.items():
        if run is None:
            continue
        at_last.add_metric([target], run.at.timestamp())
        took.add_metric([target], run.duration)
        asked.add_metric([target], run.requests)
        unseen.add_metric([target], len(run.missing))
        for status in VerdictStatus:
            rules.add_metric([target, status], run.counts.verdicts.get(status, 0))
        for severity in Severity:
            count.add_metric([target, severity], run.counts.open.get(severity, 0))
    yield from (at_last, took, asked, unseen, rules, count)


def _findings(now: SystemStatus) -> GaugeMetricFamily:
    text = "All findings that stand; unverified: open, but the last audit could not look."
    found = _gauge("findings", text, "target", "severity", "state")
    numbers = {(each.target, each.severity, each.state): each.number for each in now.tallies}
    for target, run in now.runs.items():
        for severity in Severity if run else ():
            for state in STATES:
                number = numbers.get((target, severity, state), 0)
                found.add_metric([target, severity, state], number)
    return found


def _rate_limits(now: SystemStatus) -> Iterator[GaugeMetricFamily]:
    labels = "target", "bucket"
    limit = _gauge("okta_rate_limit_requests", "What Okta allows in one window.", *labels)
    text = "The least that was left of it during the last audit, whoever used it."
    left = _gauge("okta_rate_limit_remaining_requests", text, *labels)
    for target in now.runs:
        for each in now.rate_limits.get(target, ()):
            limit.add_metric([target, each.bucket], each.limit)
            left.add_metric([target, each.bucket], each.remaining)
    yield from (limit, left)


def _outbox(now: SystemStatus, at: datetime) -> Iterator[GaugeMetricFamily]:
    outbox = _gauge("outbox_messages", "Messages that were not told.", "state")
    for state in ("waiting", "uncertain", "failed"):
        outbox.add_metric([state], getattr(now.backlog, state))
    oldest = now.backlog.oldest_at
    age = _gauge("outbox_oldest_age_seconds", "Since when the oldest of them waits; 0: none does.")
    age.add_metric([], (at - oldest).total_seconds() if oldest else 0)
    yield from (outbox, age)


class StatusCollector:
    """A collector that shows one standing."""

    def __init__(self, now: SystemStatus, at: datetime) -> None:
        self._families = tuple(families(now, at))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families."""
        yield from self._families


class JobCounter:
    """What this process tried, since it began: what failed leaves no trace in history."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._jobs = Counter(
            "auditor_jobs",
            "Scheduled jobs by how they ended.",
            ("job", "result"),
            registry=self.registry,
        )

    def count(self, job: str, result: str) -> None:
        """Count one."""
        self._jobs.labels(job, result).inc()


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"auditor_{name}", text, labels=labels)


_TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def batch_registry(now: SystemStatus, at: datetime, exit_code: int) -> CollectorRegistry:
    """Put together what a round has to show."""
    registry = CollectorRegistry()
    registry.register(StatusCollector(now, at))
    ended = Gauge("auditor_round_timestamp_seconds", "When a round ended.", registry=registry)
    ended.set(at.timestamp())
    code = Gauge("auditor_round_exit_code", "How it ended; see --help.", registry=registry)
    code.set(exit_code)
    return registry


def write_metrics(registry: CollectorRegistry, path: str) -> None:
    """Write the file in one go; raise :class:`~auditor.errors.DeliveryError`."""
    try:
        write_to_textfile(path, registry)
    except OSError as error:
        msg = f"{path}: metrics cannot be written: {error.strerror}"
        raise DeliveryError(msg) from error


def push_metrics(registry: CollectorRegistry, url: str) -> None:
    """Add the metrics to what the Pushgateway has; raise :class:`~auditor.errors.DeliveryError`.

    The client library would follow a redirect and take its end for the gateway's yes.
    """
    import httpx

    from auditor.net.connection_errors import connection_error_message

    gateway = url if "://" in url else f"http://{url}"
    named = re.sub(r"//[^/]*@", "//", gateway)  # without a password
    try:
        answer = httpx.post(
            f"{gateway.rstrip('/')}/metrics/job/auditor",
            content=generate_latest(registry),
            headers={"content-type": _TEXT_FORMAT},
            verify=trusted(),
            **client_options(gateway),
            timeout=HEARTBEAT_TIMEOUT_SECONDS,
            follow_redirects=False,
        )
    except httpx.InvalidURL as error:
        msg = f"{named}: metrics cannot be pushed: this is no address"
        raise DeliveryError(msg) from error
    except httpx.HTTPError as error:
        msg = f"{named}: metrics cannot be pushed: {connection_error_message(error, gateway)}"
        raise DeliveryError(msg) from error
    if not answer.is_success:
        msg = f"{named}: metrics cannot be pushed: refused with status {answer.status_code}"
        raise DeliveryError(msg)
