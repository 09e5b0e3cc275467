"""Many targets in one round: several at once, and what befalls one does not hurt the others."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

from auditor.config.rule_settings import rules_for
from auditor.config.settings import Settings
from auditor.config.target_settings import TargetSettings
from auditor.errors import ConfigError
from auditor.pipeline.audit import AlreadyAudited, Outcome

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """One target and its outcome, or why there is none."""

    target: str
    outcome: Outcome | None = None
    error: Exception | None = None

    @property
    def skipped(self) -> bool:
        """Tell whether somebody else had just audited it."""
        return isinstance(self.error, AlreadyAudited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of several equal parts of the targets."""

    number: int
    """From 1."""

    of: int

    def part(self, targets: Sequence[T]) -> list[T]:
        """Return this part: every target is in exactly one, and all are of a size."""
        return list(targets[self.number - 1 :: self.of])


def audit_all(
    settings: Settings,
    targets: Sequence[TargetSettings],
    audit: Callable[[TargetSettings], Outcome],
    *,
    jobs: int = 1,
) -> Iterator[TargetResult]:
    """Audit up to ``jobs`` targets at once; yield each as it is done.

    Raises :class:`~auditor.errors.ConfigError` before the first, if any cannot be begun.
    """
    for target in targets:
        rules_for(settings, target)

    def attempt(target: TargetSettings) -> TargetResult:
        try:
            outcome = audit(target)
        except Exception as error:  # noqa: BLE001  (not even a bug may hurt the other targets)
            return TargetResult(target=target.name, error=error)
        return TargetResult(target=target.name, outcome=outcome)

    return _several(attempt, targets, jobs)


def _several(function: Callable[[T], R], items: Iterable[T], jobs: int) -> Iterator[R]:
    """Call a function in up to ``jobs`` threads; forget each answer once it was yielded."""
    if jobs == 1:
        yield from map(function, items)
        return
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="audit")
    try:
        # each in a context of its own: log lines name the round that they belong to
        waiting = {pool.submit(copy_context().run, function, item) for item in items}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            while done:
                yield done.pop().result()
    finally:  # also after Ctrl-C: what has begun ends, the rest is not begun
        pool.shutdown(cancel_futures=True)


INDEX = "JOB_COMPLETION_INDEX"
"""Kubernetes says by it which pod of an Indexed Job this is, from 0."""

SHARDS = "AUDITOR_SHARDS"
"""How many pods there are; Kubernetes does not say it."""


def shard_of(environ: Mapping[str, str]) -> Shard | None:
    """Return the shard that Kubernetes wants of this pod; ``None``: there are none."""
    if INDEX not in environ:
        return None
    index, of = environ[INDEX], environ.get(SHARDS, "")
    if not (index.isdecimal() and of.isdecimal() and int(index) < int(of)):
        msg = f"{INDEX}={index} says which shard, and {SHARDS} must say of how many"
        raise ConfigError(msg)
    return Shard(number=int(index) + 1, of=int(of))
