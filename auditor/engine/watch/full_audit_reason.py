"""Why a targeted audit requests a full audit at once. Pure."""

from collections.abc import Iterable

from auditor.domain.provisioning.log_events.event_meanings import EventProof, proof_of
from auditor.engine.changes.diff import Change
from auditor.engine.evaluation.targeted_evaluation import TargetedEvaluation
from auditor.engine.findings.tracked_findings import FindingTransition, State, TrackedFinding
from auditor.engine.watch.watched_target import WatchedEvent
from auditor.rule.severity import Severity

CREDENTIALS_RULE = "scim-credentials-rejected"


def full_audit_reason(
    evaluation: TargetedEvaluation,
    changed: Iterable[FindingTransition],
    changes: Iterable[Change],
    events: Iterable[WatchedEvent],
    known: Iterable[TrackedFinding],
) -> str | None:
    """Return why a full audit is needed now; ``None``: the next scheduled one is enough.

    ``changed`` are the findings that the targeted audit changed. ``changes`` are those of the
    configuration.
    """
    critical = [
        each.after.rule
        for each in changed
        if each.opens and each.after.severity is Severity.CRITICAL
    ]
    if critical:
        return f"critical finding of {critical[0]}"
    collections = {each.collection for each in changes}
    undecided = [
        rule
        for rule, requested in sorted(evaluation.left.items())
        if requested & collections and evaluation.severities[rule].rank >= Severity.HIGH.rank
    ]
    if undecided:
        return f"a change that a targeted audit cannot evaluate for {undecided[0]}"
    events = tuple(events)
    # A targeted audit reads the settings of Unleash, but neither its users nor its groups.
    if any(each.unleash and not each.unleash.type.startswith("setting-") for each in events):
        return "a change of admins in Unleash"
    is_refused = any(
        each.okta and proof_of(each.okta) is EventProof.CREDENTIALS_REJECTED for each in events
    )
    is_open = any(each.rule == CREDENTIALS_RULE and each.state is State.OPEN for each in known)
    # Okta can log a refusal for each push. While the finding is open, one more audit adds nothing.
    return "refused SCIM credentials" if is_refused and not is_open else None
