"""What is remembered, as Prometheus sees it: the same numbers whoever shows them."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily

from auditor import __version__
from auditor.serve.standing import Standing


def families(now: Standing, at: datetime) -> Iterator[GaugeMetricFamily]:
    """Yield everything that history tells; a target that was never audited has no numbers."""
    at_last = _gauge("last_audit_timestamp_seconds", "When a target was last audited.", "target")
    took = _gauge("last_audit_duration_seconds", "How long that took.", "target")
    found = _gauge("open_findings", "Open findings that nobody accepted.", "target", "severity")
    held = _gauge("other_findings", "Findings in other states.", "target", "state")
    rules = _gauge("rules", "Rules by what they said.", "target", "verdict")
    unseen = _gauge("missing_collections", "What could not be read.", "target")
    for target, run in now.runs.items():
        if run is None:
            continue
        at_last.add_metric([target], run.at.timestamp())
        took.add_metric([target], run.duration)
        unseen.add_metric([target], len(run.missing))
        for severity, number in run.counts.open.items():
            found.add_metric([target, severity], number)
        for state in ("waived", "pending", "unverified"):
            held.add_metric([target, state], getattr(run.counts, state))
        for verdict, number in run.counts.verdicts.items():
            rules.add_metric([target, verdict], number)
    yield from (at_last, took, found, held, rules, unseen)

    outbox = _gauge("outbox_messages", "Messages that were not told.", "state")
    for state in ("waiting", "in_doubt", "given_up"):
        outbox.add_metric([state], getattr(now.backlog, state))
    oldest = now.backlog.oldest_at
    age = _gauge("outbox_oldest_age_seconds", "Since when the oldest of them waits; 0: none does.")
    age.add_metric([], (at - oldest).total_seconds() if oldest else 0)
    targets = _gauge("targets", "Configured targets, by the auditor's version.", "version")
    targets.add_metric([__version__], len(now.runs))
    yield from (outbox, age, targets)


class Remembered:
    """A collector that shows one standing."""

    def __init__(self, now: Standing, at: datetime) -> None:
        self._families = tuple(families(now, at))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families."""
        yield from self._families


class Attempts:
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
