"""Audit a batch: all targets of one invocation, several at a time. An error ends one audit only."""

import gc
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

from msgspec import Struct

from auditor.collect.okta.org_log import OrgLogs
from auditor.config.rule_settings import check_rules
from auditor.config.settings import Settings
from auditor.config.tables.target_settings import TargetSettings
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.errors import ConfigError, exhaustion
from auditor.pipeline.audit import AlreadyAudited, Outcome

T = TypeVar("T")
R = TypeVar("R")


class TargetResult(Struct, frozen=True, kw_only=True):
    """The outcome of the audit of one target, or the error that ended it."""

    target: str
    outcome: Outcome | None = None
    error: BaseException | None = None

    @property
    def skipped(self) -> bool:
        """Return whether another process has already audited the target."""
        return isinstance(self.error, AlreadyAudited)


MAX_TARGETS_OF_ORG = 50
"""How many targets of one org one process can audit in an hour with Okta's lowest rate limits.

An audit sends about five requests to the bucket of ``/api/v1/apps``, and half of a bucket of 10
requests a minute is 300 requests an hour.
"""


class Shard(Struct, frozen=True, kw_only=True):
    """One of several parts of the targets."""

    number: int
    """Number of the part, from 1."""

    of: int

    def part(self, targets: Sequence[T], org_of: Callable[[T], str]) -> list[T]:
        """Return the targets of this shard, in their order.

        Each target is in exactly one shard. All targets of an org are in one shard, because they
        share its rate limits. The largest orgs are placed first, each in the emptiest shard.
        """
        orgs: dict[str, int] = {}
        for target in targets:
            orgs[org_of(target)] = orgs.get(org_of(target), 0) + 1
        # Shards beyond the number of orgs stay empty, so a large number of shards is no problem.
        sizes = dict.fromkeys(range(1, min(self.of, len(orgs)) + 1), 0)
        shard_of_org: dict[str, int] = {}
        # By size, then in the order of the configuration: each pod computes the same shards.
        for org, size in sorted(orgs.items(), key=lambda item: -item[1]):
            shard = min(sizes, key=lambda number: (sizes[number], number))
            shard_of_org[org] = shard
            sizes[shard] += size
        return [target for target in targets if shard_of_org[org_of(target)] == self.number]


def org_of(target: TargetSettings) -> str:
    """Return the URL of the target's org. All targets of an org are in one shard."""
    return target.target.org_url  # the configuration stores hosts in lower case


def check_shards(targets: Iterable[TargetSettings]) -> Iterator[HealthCheck]:
    """Yield a warning for each org with more targets than one process should audit."""
    for org, number in Counter(map(org_of, targets)).items():
        if number > MAX_TARGETS_OF_ORG:
            yield HealthCheck(
                area="Okta",
                about="rate limits",
                status=HealthStatus.WARNING,
                message=(
                    f"{org} has {number} targets, and one process audits all of them, because they "
                    f"share the rate limits of the org. More than {MAX_TARGETS_OF_ORG} targets can "
                    "take longer than an hour."
                ),
                remediation="Audit these targets at different hours, in [schedule] of each target.",
            )


def audit_all(
    settings: Settings,
    targets: Sequence[TargetSettings],
    audit: Callable[[TargetSettings, OrgLogs], Outcome],
    *,
    jobs: int = 1,
) -> Iterator[TargetResult]:
    """Audit up to ``jobs`` targets at the same time. Yield each result when its audit ends.

    Log entries of an org that name no app are read once for all its targets.

    Raises :class:`~auditor.errors.ConfigError` before the first audit when the rules of any target
    cannot be loaded.
    """
    check_rules(settings, targets)

    org_logs = OrgLogs()

    def attempt(target: TargetSettings) -> TargetResult:
        try:
            outcome = audit(target, org_logs)
        # Ctrl-C and SIGTERM end the whole batch.
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  (a bug in one audit ends no other)
            return TargetResult(target=target.name, error=exhaustion(error) or error)
        return TargetResult(target=target.name, outcome=outcome)

    results = _several(attempt, targets, jobs)
    return _without_garbage(results) if len(targets) > 1 else results


def _without_garbage(results: Iterator[R]) -> Iterator[R]:
    """Yield the results, and free what each audit leaves behind.

    Python itself searches seldom for garbage (``auditor/__main__.py``), so two hundred audits would
    need 80 MiB more than twenty. What exists before the first audit lives until the last one, so
    these searches leave it out.
    """
    gc.collect()
    gc.freeze()
    try:
        for each in results:
            yield each
            gc.collect()
    finally:
        gc.unfreeze()


def _several(function: Callable[[T], R], items: Iterable[T], jobs: int) -> Iterator[R]:
    """Call a function in up to ``jobs`` threads. No result is kept after it was yielded."""
    # In this thread, so that Ctrl-C interrupts the audit itself.
    if jobs == 1:
        yield from map(function, items)
        return
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="audit")
    try:
        # Each call has its own context, because log lines name their batch.
        waiting = {pool.submit(copy_context().run, function, item) for item in items}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            while done:
                yield done.pop().result()
    finally:  # also after Ctrl-C: started audits end, the others do not start
        pool.shutdown(cancel_futures=True)


SHARD_INDEX_VARIABLE = "JOB_COMPLETION_INDEX"
"""Kubernetes sets it in an Indexed Job: the number of the pod, from 0."""

SHARDS_VARIABLE = "AUDITOR_SHARDS"
"""The number of pods. Kubernetes does not set it."""


def shard_of(environ: Mapping[str, str]) -> Shard | None:
    """Return the shard of this pod; ``None``: the process is not a pod of an Indexed Job."""
    if SHARD_INDEX_VARIABLE not in environ:
        return None
    index, of = environ[SHARD_INDEX_VARIABLE], environ.get(SHARDS_VARIABLE, "")
    is_number = all(re.fullmatch(r"[0-9]{1,9}", each) for each in (index, of))
    if not (is_number and int(index) < int(of)):
        problem = f"is not below {SHARDS_VARIABLE}={of}" if of else f"needs {SHARDS_VARIABLE}"
        remedy = f"set {SHARDS_VARIABLE} to the number of pods"
        msg = f"{SHARD_INDEX_VARIABLE}={index} {problem} ({remedy})"
        raise ConfigError(msg)
    return Shard(number=int(index) + 1, of=int(of))
