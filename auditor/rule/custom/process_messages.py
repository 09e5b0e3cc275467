"""The JSON lines between the auditor and the process that executes the rules of ``rule_paths``.

The auditor writes one request, and for an evaluation the rows of the snapshot. The process answers
with lines and ends them with ``END``. Pure.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from auditor.domain.collections import COLLECTIONS, MissingData
from auditor.domain.context import RuleContext
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.domain.waivers import Attestation
from auditor.rule.definition import Parameter
from auditor.rule.results import (
    Attested,
    Cleared,
    NeedsAttestation,
    NotApplicable,
    Passed,
    Result,
    Unknown,
    Violation,
)
from auditor.rule.severity import Family, Severity

END = b'"end"'
"""The last line of a complete answer."""

ROWS_OF_A_LINE = 1000
"""Rows of a collection that are held in memory as text at one time."""

FIRST_RULE_YEAR, LAST_RULE_YEAR = 1970, 2999
"""Years of the times that a rule may return."""

_RESULTS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        Violation,
        Unknown,
        Cleared,
        Passed,
        NotApplicable,
        NeedsAttestation,
        Attested,
    )
}


class SourceFile(Struct, frozen=True, kw_only=True):
    """A rule file to execute."""

    path: str
    content: bytes


class DescribeFiles(Struct, frozen=True, kw_only=True, tag="describe"):
    """Ask for the rules of some files: a :class:`FileAnswer` for each file."""

    files: tuple[SourceFile, ...]


class BindParams(Struct, frozen=True, kw_only=True, tag="bind"):
    """Ask for the parameters of one rule: a :class:`ParamsAnswer`."""

    file: SourceFile
    rule: str
    table: Raw
    """The table of the configuration, without ``enabled`` and ``severity``."""


class RuleRun(Struct, frozen=True, kw_only=True):
    """A rule to evaluate, with its parameters."""

    rule: str
    path: str
    params: Raw


class EvaluateRules(Struct, frozen=True, kw_only=True, tag="evaluate"):
    """Ask for the results of rules: a :class:`ResultsAnswer` for each. The rows follow."""

    files: tuple[SourceFile, ...]
    rules: tuple[RuleRun, ...]
    target: Target
    taken_at: datetime
    missing: dict[str, MissingData]
    attestations: tuple[Attestation, ...]
    allowed_attributes: frozenset[str] | None


Request = DescribeFiles | BindParams | EvaluateRules


class ParamsFacts(Struct, frozen=True, kw_only=True):
    """The parameters of a rule, and what the auditor derives from them."""

    values: Raw
    """JSON, with sorted keys."""

    log_window: timedelta
    reads_all_members: bool
    identity_values: tuple[str, ...]
    allowed_attributes: frozenset[str] | None


class RuleFacts(Struct, frozen=True, kw_only=True):
    """A rule without its code."""

    # \Z, because $ also accepts a line break at the end.
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")]
    title: str
    problem: str
    problems: dict[str, str]
    many: dict[str, str]
    rationale: str
    severity: Severity
    family: Family
    guide: str
    evidence: str
    remediation: str
    requires: tuple[str, ...]
    resolves_on_success: bool
    enabled: bool
    parameters: tuple[Parameter, ...]
    defaults: ParamsFacts | None
    """``None``: a parameter has no default."""


class FileAnswer(Struct, frozen=True, kw_only=True):
    """The rules of one file, or why there are none."""

    rules: tuple[RuleFacts, ...] = ()
    error: str = ""


class ParamsAnswer(Struct, frozen=True, kw_only=True):
    """The parameters, or the path of the wrong value and the reason."""

    params: ParamsFacts | None = None
    path: str = ""
    error: str = ""


class ResultsAnswer(Struct, frozen=True, kw_only=True):
    """The results of one rule, each with the name of its kind."""

    rule: str
    results: tuple[tuple[str, Raw], ...]

    @classmethod
    def of(cls, rule: str, results: tuple[Result, ...]) -> "ResultsAnswer":
        """Encode results."""
        encoded = ((type(each).__name__, Raw(msgspec.json.encode(each))) for each in results)
        return cls(rule=rule, results=tuple(encoded))

    def decoded(self) -> tuple[Result, ...]:
        """Return the results. Raises :class:`msgspec.ValidationError` for another shape."""
        return tuple(_decoded(kind, text) for kind, text in self.results)


def _decoded(kind: str, text: Raw) -> Result:
    if kind not in _RESULTS:
        msg = f"no kind of result: {kind}"
        raise msgspec.ValidationError(msg)
    result: Result = msgspec.json.decode(text, type=_RESULTS[kind])
    if isinstance(result, Violation) and result.since is not None:
        _require_plausible(result.since)
    return result


def _require_plausible(moment: datetime) -> None:
    """Refuse a time with which the auditor cannot calculate."""
    if moment.tzinfo is None or not FIRST_RULE_YEAR <= moment.year <= LAST_RULE_YEAR:
        msg = f"{moment}: a time needs a zone and a plausible year"
        raise msgspec.ValidationError(msg)


def snapshot_lines(snapshot: Snapshot) -> Iterator[bytes]:
    """Yield the collections of a snapshot; one with many rows in several lines."""
    for name in snapshot.read:
        value = snapshot.read[name]
        if isinstance(value, tuple):
            # A list without rows has a line too: an empty list was read, so it is no missing data.
            yield msgspec.json.encode((name, ()))
            for start in range(0, len(value), ROWS_OF_A_LINE):
                yield msgspec.json.encode((name, value[start : start + ROWS_OF_A_LINE]))
        else:
            yield msgspec.json.encode((name, value))


def read_context(request: EvaluateRules, lines: Iterator[bytes]) -> RuleContext:
    """Build the input of the rules from a request and the lines of :func:`snapshot_lines`."""
    read: dict[str, Any] = {}
    rows: dict[str, list[Any]] = {}
    for line in lines:
        name, text = msgspec.json.decode(line, type=tuple[str, Raw])
        value = msgspec.json.decode(text, type=COLLECTIONS[name].type)
        if isinstance(value, tuple):
            rows.setdefault(name, []).extend(value)
        else:
            read[name] = value
    read |= {name: tuple(values) for name, values in rows.items()}
    snapshot = Snapshot(
        target=request.target, taken_at=request.taken_at, read=read, missing=request.missing
    )
    return RuleContext(snapshot, request.attestations, request.allowed_attributes)
