"""People listed under the breach that explains them, instead of one finding each. Pure."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from auditor.engine.evaluation.evaluate import KEPT_AFFECTED
from auditor.engine.evaluation.verdicts import Evaluated, Finding
from auditor.engine.findings.tracked_findings import State, TrackedFinding
from auditor.rule.results import Affected


def group_findings(
    evaluated: Evaluated, known: Iterable[TrackedFinding]
) -> tuple[dict[str, Finding], dict[str, str]]:
    """Fold findings away while the cause they name is open.

    The cause is open when it was seen now, or was open before and could not be looked at now.
    Return the findings that stand, by id, and the ids of those folded away with their rule.
    """
    standing = {finding.id: finding for finding in evaluated.findings}
    causes = {(f.rule, f.subject): f.id for f in evaluated.findings if f.root_cause is None}
    open_before = {
        (each.rule, each.subject)
        for each in known
        if each.state is State.OPEN and evaluated.is_unknown(each.rule, each.subject)
    }
    folded: dict[str, str] = {}
    people: dict[str, dict[str, Affected]] = {}
    for finding in evaluated.findings:
        if finding.root_cause is None:
            continue
        cause = (finding.root_cause.rule, finding.root_cause.subject)
        if cause in causes:
            gathered = people.setdefault(causes[cause], {})
            gathered.update({person.id: person for person in finding.affected})
        elif cause not in open_before:
            continue
        folded[finding.id] = finding.rule
        del standing[finding.id]
    for cause_id, gathered in people.items():
        standing[cause_id] = _joined_by(standing[cause_id], gathered)
    return standing, folded


def _joined_by(finding: Finding, more: Mapping[str, Affected]) -> Finding:
    listed = {person.id: person for person in finding.affected}
    extra = [person for key, person in more.items() if key not in listed]
    everyone = (*finding.affected, *extra)
    return replace(
        finding,
        affected=everyone[:KEPT_AFFECTED],
        # whoever the cause itself left unlisted may be among ``extra``: count nobody twice
        affected_count=max(finding.affected_count, len(everyone)),
    )
