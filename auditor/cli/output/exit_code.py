"""What a script learns from a run. Pure."""

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from auditor.rule.severity import Severity

if TYPE_CHECKING:
    from auditor.engine.evaluation.verdicts import Evaluated
    from auditor.engine.findings.tracked_findings import Reconciled
    from auditor.pipeline.batch import TargetResult


class ExitCode(IntEnum):
    """How a command ends; see also :func:`worst`."""

    OK = 0
    FINDINGS = 1
    UNUSABLE = 2
    NOT_EVALUATED = 3
    NOT_DELIVERED = 4
    A_BUG = 70
    INTERRUPTED = 130
    CLOSED_PIPE = 141


_ORDER = (
    ExitCode.UNUSABLE,
    ExitCode.FINDINGS,
    ExitCode.NOT_EVALUATED,
    ExitCode.NOT_DELIVERED,
    ExitCode.OK,
)


def exit_codes(
    evaluated: "Evaluated", reconciled: "Reconciled", *, delivered: bool, fail_on: "Severity"
) -> frozenset[ExitCode]:
    """Return all that is true of one target's run."""
    found = any(entry.after.severity.rank >= fail_on.rank for entry in reconciled.open)
    blind = any(
        verdict.severity.rank >= fail_on.rank and verdict.has_unknown
        for verdict in evaluated.verdicts
    )
    return frozenset(
        code
        for code, holds in (
            (ExitCode.FINDINGS, found),
            (ExitCode.NOT_EVALUATED, blind),
            (ExitCode.NOT_DELIVERED, not delivered),
        )
        if holds
    )


def worst(codes: Iterable[ExitCode], *, exit_zero: bool) -> ExitCode:
    """Pick the one code that speaks for all targets; ``exit_zero`` forgives findings alone."""
    said = set(codes) - ({ExitCode.FINDINGS} if exit_zero else set())
    return next((code for code in _ORDER if code in said), ExitCode.OK)


def codes_of(audit: "TargetResult", fail_on: Severity) -> frozenset[ExitCode]:
    """Return all exit codes that would be true of it."""
    if audit.skipped:
        return frozenset()
    if audit.outcome is None:
        return frozenset({ExitCode.UNUSABLE})
    outcome = audit.outcome
    return exit_codes(
        outcome.evaluated,
        outcome.reconciled,
        delivered=outcome.is_complete,
        fail_on=fail_on,
    )
