"""One remediation for findings that are fixed together. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from msgspec.structs import replace

from auditor.rule.results import Affected, Remediation
from auditor.text import list_some

MAX_NAMED = 10
"""Users that a step names; the others are counted."""


MAX_SENTENCES = 3
"""Sentences of a remediation in short."""


# The records of an evaluated, a stored and a reported finding have no common base, and two of them
# belong to higher layers. With a protocol, no caller copies seven fields.
class Fixable(Protocol):
    """What a remediation needs of a finding."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def rule(self) -> str: ...  # noqa: D102
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def attribute(self) -> str: ...  # noqa: D102
    @property
    def affected(self) -> tuple[Affected, ...]: ...  # noqa: D102
    @property
    def affected_count(self) -> int: ...  # noqa: D102
    @property
    def remediation(self) -> Remediation | None: ...  # noqa: D102


F = TypeVar("F", bound=Fixable)


def cause_remediation(
    cause: str, findings: Iterable[Fixable], *, named: int = MAX_NAMED
) -> Remediation | None:
    """Return one remediation for all open findings of a cause; ``None``: none is stored.

    It has the steps of the finding that leads the cause, and those of other kinds of findings of
    its rule. Then it has one step for each kind of finding that names a step for many: other
    findings are explained by the lead. ``findings`` are sorted, worst first. ``named`` users are
    listed in a step; 0 points to the report instead.
    """
    kinds = by_kind(findings)
    if not kinds:
        return None
    # The finding that led the cause can be resolved while others are still open.
    lead = next((kind for kind in kinds if any(each.id == cause for each in kind)), kinds[0])
    first = remediation_of(lead, named=named)
    if first is None:
        return None
    others = [
        remediation
        for kind in kinds
        if kind is not lead
        and (remediation := remediation_of(kind, named=named))
        and (remediation.for_many or kind[0].rule == lead[0].rule)
    ]
    # Kinds can share steps, such as the push of every user; readers need each once.
    steps = (*first.steps, *(step for each in others for step in each.steps))
    return replace(first, steps=tuple(dict.fromkeys(steps)))


def remediation_in_short(
    cause: str, findings: Iterable[Fixable], advice: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the remediation of a cause in at most three sentences, without names.

    ``advice`` maps a rule to its general remediation. Only what :func:`cause_remediation` contains
    has a sentence.
    """
    kinds = by_kind(findings)
    if not kinds:
        return ()
    lead = next((kind for kind in kinds if any(each.id == cause for each in kind)), kinds[0])
    sentences = [advice.get(lead[0].rule, "")]
    for kind in kinds:
        remediation = kind[0].remediation
        if kind is not lead and remediation and remediation.for_many:
            in_full = remediation_of(kind, named=0) if len(kind) > 1 else None
            # The first sentence of a step for many is the instruction; details follow it.
            many = in_full.steps[-1].partition(". ")[0].rstrip(".") + "." if in_full else ""
            sentences.append(many or advice.get(kind[0].rule, ""))
    return tuple(dict.fromkeys(filter(None, sentences)))[:MAX_SENTENCES]


def by_kind(findings: Iterable[F]) -> list[list[F]]:
    """Group findings that one remediation fixes: of one rule, with equal remediation.

    For findings about one user each, an equal step for many is enough.
    """
    kinds: dict[tuple[str, object], list[F]] = {}
    for each in findings:
        remediation = each.remediation
        for_many = remediation.for_many if remediation and each.affected_count == 1 else ""
        kinds.setdefault((each.rule, for_many or remediation), []).append(each)
    return list(kinds.values())


def remediation_of(kind: Sequence[Fixable], *, named: int = MAX_NAMED) -> Remediation | None:
    """Return one remediation for findings of one kind.

    If all have equal steps, these come first. The step for many names the users of all findings.
    """
    first = kind[0].remediation
    if first is None or len(kind) == 1 or not first.for_many:
        return first
    is_equal = all(each.remediation and each.remediation.steps == first.steps for each in kind)
    steps = (*(first.steps if is_equal else ()), _step_for_many(first.for_many, kind, named))
    if is_equal:
        return replace(first, steps=steps)
    # the call and the block are those of one finding
    return replace(first, steps=steps, api=None, terraform=None)


def _step_for_many(text: str, kind: Sequence[Fixable], named: int) -> str:
    names = list(dict.fromkeys(map(_name, kind)))
    listed = f": {list_some(names, len(names), named)}" if named else " (the report lists them)"
    return text.replace("{n}", f"{len(names):,}").replace(": {list}", listed)


def _name(finding: Fixable) -> str:
    """Return the user, if the finding is about one user; otherwise the attribute or subject."""
    if finding.affected_count == 1 and finding.affected:
        return finding.affected[0].name
    return finding.attribute or finding.subject
