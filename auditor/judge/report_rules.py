"""What every rule said, which controls that speaks to, and what was in the way of telling. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from auditor.judge.evaluate import Status
from auditor.judge.history import StoredRun, StoredVerdict
from auditor.judge.report_findings import ReportedFinding
from auditor.registry import BoundRule
from auditor.rule import Basis, Severity
from auditor.world.snapshot import Missing, Why


class ReportedRule(Struct, frozen=True, kw_only=True):
    """A rule, what it is for, and what it said last."""

    id: str
    title: str
    """The promise, in one sentence."""

    rationale: str
    severity: Severity
    guide: str
    """The guide's step: ``Okta 5``."""

    family: str
    controls: Mapping[str, tuple[str, ...]]
    """Framework to its controls."""

    remedy: str
    looks_at: str
    version: str
    """Hash of its file."""

    status: Status | None
    """``None``: it never ran."""

    basis: Basis | None
    because: tuple[str, ...]
    since: datetime | None
    """Since when it says so."""

    open: int
    """Open findings that nobody accepted."""


class Control(Struct, frozen=True, kw_only=True):
    """One control of a framework, and the rules that speak to it."""

    framework: str
    control: str
    status: Status | None
    """The worst of its rules; ``None``: none of them ran."""

    rules: tuple[str, ...]
    open: int


class BlindSpot(Struct, frozen=True, kw_only=True):
    """A part of the world that the last run did not see."""

    collection: str
    missing: Missing
    remedy: str
    """What to grant, or to look at."""

    blinds: tuple[str, ...]
    """Rules that say that they are blind for want of it."""


def report_rules(
    rules: Iterable[BoundRule],
    verdicts: Iterable[StoredVerdict],
    findings: Iterable[ReportedFinding],
) -> Iterator[ReportedRule]:
    """Put beside each rule what it said last."""
    said = {verdict.rule: verdict for verdict in verdicts}
    open_of: defaultdict[str, int] = defaultdict(int)
    for finding in findings:
        open_of[finding.rule] += finding.is_open
    for bound in rules:
        rule, verdict = bound.rule, said.get(bound.id)
        yield ReportedRule(
            id=rule.id,
            title=rule.title,
            rationale=rule.rationale,
            severity=bound.ceiling or rule.severity,
            guide=rule.guide,
            family=rule.family,
            controls=rule.family.controls,
            remedy=rule.remedy,
            looks_at=rule.evidence,
            version=bound.version,
            status=verdict.status if verdict else None,
            basis=verdict.basis if verdict else None,
            because=verdict.because if verdict else (),
            since=verdict.since if verdict else None,
            open=open_of[rule.id],
        )


def worst_answer(rule: ReportedRule) -> tuple[int, str]:
    """Order rules: what failed, what could not tell or never ran, and what is well last."""
    return list(Status).index(rule.status or Status.BLIND), rule.id


def by_control(rules: Iterable[ReportedRule]) -> Iterator[Control]:
    """Turn the table round: for each control, the rules that speak to it and the worst of them."""
    speaking: defaultdict[tuple[str, str], list[ReportedRule]] = defaultdict(list)
    for rule in rules:
        for framework, controls in rule.controls.items():
            for control in controls:
                speaking[framework, control].append(rule)
    for (framework, control), theirs in sorted(speaking.items()):
        said = {rule.status for rule in theirs}
        yield Control(
            framework=framework,
            control=control,
            status=next((status for status in Status if status in said), None),
            rules=tuple(rule.id for rule in theirs),
            open=sum(rule.open for rule in theirs),
        )


def blind_spots(run: StoredRun, verdicts: Iterable[StoredVerdict]) -> Iterator[BlindSpot]:
    """Tell what the run did not see, whom that blinds, and what would mend it."""
    blind = [verdict for verdict in verdicts if verdict.status is Status.BLIND]
    for collection, missing in sorted(run.missing.items()):
        if missing.why is not Why.NOT_ON_THIS_EDITION:
            yield BlindSpot(
                collection=collection,
                missing=missing,
                remedy=_remedy(collection, missing),
                blinds=tuple(
                    verdict.rule
                    for verdict in blind
                    if any(collection in because for because in verdict.because)
                ),
            )


_OKTA_SCOPES = {
    "okta.mappings": "okta.profileMappings.read",
    "okta.user_types": "okta.userTypes.read",
    "okta.app_schema": "okta.schemas.read",
    "okta.assignments": "okta.apps.read and okta.users.read",
    "okta.other_assignments": "okta.apps.read and okta.users.read",
    "okta.app_groups": "okta.apps.read and okta.groups.read",
    "okta.pushed_groups": "okta.groups.read",
    "okta.excluded_group": "okta.groups.read",
    "okta.log": "okta.logs.read",
}
"""Collection to the scope that reads it; the rest of Okta is read with ``okta.apps.read``."""

_UNLEASH_ANY_TOKEN = {
    "unleash.ui_config",
    "unleash.statistics",
    "unleash.events",
    "unleash.access",
    "unleash.self",
}
"""What any token reads; all else takes one with the Admin root role."""


_REMEDIES = {
    Why.NOT_FOUND: "Check the address and the app id in the configuration.",
    Why.NOT_CONFIGURED: "Configure it, if it is wanted.",
    Why.RATE_LIMITED: "Run the audit at another time, or raise the token's share of the limit.",
    Why.TIMEOUT: "Check the way from the auditor to there; the next run tries again.",
    Why.NETWORK: "Check the way from the auditor to there; the next run tries again.",
    Why.BAD_PAYLOAD: "The answer is not what the API promises; the next run tries again.",
    Why.TRUNCATED: "The list broke off; the next run tries again.",
}


def _remedy(collection: str, missing: Missing) -> str:
    if missing.why is not Why.FORBIDDEN:
        return _REMEDIES[missing.why]
    if missing.status == 401:  # noqa: PLR2004
        side = collection.partition(".")[0]
        return f"Issue a new credential and put it where target.{side} in the configuration says."
    if collection.startswith("okta."):
        scope = _OKTA_SCOPES.get(collection, "okta.apps.read")
        return f"Grant the scope {scope}, or make the token's owner a Read-Only Administrator."
    if collection in _UNLEASH_ANY_TOKEN:
        return "Give the auditor a token that is still valid."
    return "Give the auditor a token whose owner has the Admin root role."
