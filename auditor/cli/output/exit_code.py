"""Exit codes. Pure."""

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.engine.evaluation.verdicts import Evaluated
    from auditor.engine.findings.tracked_findings import Reconciled
    from auditor.pipeline.batch import TargetResult
    from auditor.rule.severity import Severity


class ExitCode(IntEnum):
    """How a command ends."""

    OK = 0
    FINDINGS = 1
    UNUSABLE = 2
    """The command line, the configuration or the database cannot be used."""

    NOT_EVALUATED = 3
    NOT_DELIVERED = 4
    A_BUG = 70
    """EX_SOFTWARE of sysexits.h."""

    INTERRUPTED = 130
    """128 + SIGINT, as shells report it."""

    CLOSED_PIPE = 141
    """128 + SIGPIPE, as shells report it."""


# The first that applies to any target: a target that was not audited must not stay unnoticed.
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
    """Return every code that applies to the audit of one target; none if it is OK."""
    has_findings = any(entry.after.severity.rank >= fail_on.rank for entry in reconciled.open)
    has_unknown = any(
        verdict.severity.rank >= fail_on.rank and verdict.has_unknown
        for verdict in evaluated.verdicts
    )
    return frozenset(
        code
        for code, applies in (
            (ExitCode.FINDINGS, has_findings),
            (ExitCode.NOT_EVALUATED, has_unknown),
            (ExitCode.NOT_DELIVERED, not delivered),
        )
        if applies
    )


def worst(codes: Iterable[ExitCode], *, exit_zero: bool) -> ExitCode:
    """Return the code of the process. ``exit_zero`` removes FINDINGS and nothing else."""
    left = set(codes) - ({ExitCode.FINDINGS} if exit_zero else set())
    return next((code for code in _ORDER if code in left), ExitCode.OK)


def codes_of(audit: "TargetResult", fail_on: "Severity") -> frozenset[ExitCode]:
    """Return every code that applies to one target of a batch."""
    # Another process has audited it, and returns its codes.
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
