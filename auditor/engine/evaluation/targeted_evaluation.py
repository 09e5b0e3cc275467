"""The evaluation of a targeted audit: only the rules whose collections it has read itself. Pure.

A rule states which collections its check can read, but a check often needs fewer. So each check
runs on what the targeted audit has read, and ends at the first request for other data.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from auditor.domain.collections import Collection
from auditor.domain.context import RuleContext
from auditor.domain.snapshot import Snapshot, TargetedSnapshot
from auditor.domain.waivers import Attestation
from auditor.engine.evaluation.evaluate import context_of_rules, evaluate
from auditor.engine.evaluation.verdicts import Evaluated, Finding, Verdict, VerdictStatus
from auditor.rule.binding import BoundRule
from auditor.rule.custom.custom_rule import CustomParams
from auditor.rule.severity import Severity


class TargetedEvaluation(Struct, frozen=True, kw_only=True):
    """What a targeted audit concludes from the part of a target that it read."""

    verdicts: tuple[Verdict, ...]
    """The verdicts of the rules that it evaluated."""

    findings: tuple[Finding, ...]
    """The findings of the same rules."""

    uncounted: frozenset[str]
    """Ids of the rules whose violations have no count of affected users yet."""

    left: dict[str, frozenset[str]]
    """Rule id of each rule that it did not evaluate, to the collections that its check can read.

    Empty for a custom rule, whose check runs in another process.
    """

    severities: dict[str, Severity]
    """Severity of each of these rules."""

    configurations: dict[str, str]
    """Rule id to configuration and version, of all rules that run."""

    @property
    def rules(self) -> frozenset[str]:
        """Return the ids of the evaluated rules."""
        return frozenset(each.rule for each in self.verdicts)

    def with_unknown(self, known_rules: Iterable[str]) -> Evaluated:
        """Return the evaluation of all rules: each that was not evaluated is unknown.

        ``known_rules`` are the rules of known findings, also those that do not run any more: a
        targeted audit removes nothing.
        """
        left = frozenset({*self.left, *known_rules}) - self.rules
        unknown = (
            Verdict(
                rule=rule,
                status=VerdictStatus.UNKNOWN,
                severity=self.severities.get(rule, Severity.LOW),
            )
            for rule in sorted(left)
        )
        return Evaluated(
            verdicts=(*self.verdicts, *unknown),
            findings=self.findings,
            unknown_rules=left,
            unknown_subjects=frozenset(),
            cleared={},
            resolves_on_success=frozenset(),
            # A rule without a configuration counts as removed, and reconciling would close its
            # findings.
            configurations={**dict.fromkeys(left, ""), **self.configurations},
            versions={},
        )


def evaluate_targeted(
    snapshot: Snapshot,
    rules: Iterable[BoundRule],
    ran_before: Mapping[str, str],
    attestations: tuple[Attestation, ...] = (),
) -> TargetedEvaluation:
    """Evaluate the rules that need no more than ``snapshot`` holds.

    A rule is evaluated when it has a result for every subject and requested only collections that
    were read, or that the target does not have. It may also have requested those that only count
    its affected users. A rule that ``ran_before``, the last full audit, did not run in the same
    way is left to the next full audit, and so are event rules and custom rules.
    """
    rules = tuple(rules)
    allowed = context_of_rules(snapshot, rules, attestations).allowed_attributes
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    uncounted: set[str] = set()
    left: dict[str, frozenset[str]] = {}
    configurations: dict[str, str] = {}
    for bound in rules:
        rule = bound.rule
        configurations[bound.id] = f"{bound.configuration}-{bound.version}"
        # A custom rule runs in a process of its own, which reads all that it is given.
        if isinstance(bound.params, CustomParams):
            left[bound.id] = frozenset()
            continue
        # A context for each rule: only this rule may conclude without the data that counts users.
        part = _without(snapshot, rule.counts_from)
        found = evaluate(part, (bound,), context=RuleContext(part, attestations, allowed))
        (verdict,) = found.verdicts
        if (
            rule.resolves_on_success
            or ran_before.get(bound.id) != configurations[bound.id]
            or verdict.has_unknown
        ):
            left[bound.id] = frozenset(each.name for each in rule.reads)
            continue
        verdicts.append(verdict)
        findings += found.findings
        if any(each.name not in snapshot.read for each in rule.counts_from):
            uncounted.add(bound.id)
    return TargetedEvaluation(
        verdicts=tuple(verdicts),
        findings=tuple(findings),
        uncounted=frozenset(uncounted),
        left=left,
        severities={bound.id: bound.ceiling or bound.rule.severity for bound in rules},
        configurations=configurations,
    )


def _without(snapshot: Snapshot, not_needed: frozenset[Collection[Any]]) -> TargetedSnapshot:
    return TargetedSnapshot(
        target=snapshot.target,
        taken_at=snapshot.taken_at,
        read=snapshot.read,
        missing=snapshot.missing,
        not_needed=not_needed,
    )
