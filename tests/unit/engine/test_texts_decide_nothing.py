"""When every text for readers is replaced by a constant, the conclusions stay the same."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from auditor.domain import collections
from auditor.domain.collections import Collection, MissingData, MissingReason
from auditor.domain.reasons import AttestedBy, ManualCheck, Note, RuleFailed, Undecidable
from auditor.domain.snapshot import Snapshot
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.causes.cause import Cause
from auditor.engine.changes.configuration_paths import configuration
from auditor.engine.changes.diff import ConfigurationRead, diff
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.unreadable_sides import unreadable_sides
from auditor.engine.evaluation.verdicts import Evaluated, Finding
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.notification import Incidents
from auditor.engine.incidents.notification_decision import decide_notifications
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules
from auditor.rule.results import Affected, Evidence, MissingDataReason, Remediation
from tests.support.builders.contexts import app, assignment, assignment_of, clean_snapshot, mapping
from tests.support.builders.findings import remember

RULES = bind(load_rules([shipped("rules")]), {}, where="test")
CONSTANT = "text"
REFUSED = MissingData(
    why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/logs", status=403, detail="E0000006"
)
SLOW = MissingData(why=MissingReason.TIMEOUT, endpoint="GET /api/admin/user-admin")


def reworded_reason(reason: Any) -> Any:  # noqa: PLR0911  (a table of cases)
    match reason:
        case MissingDataReason():
            missing = replace(reason.missing, detail=CONSTANT, endpoint=CONSTANT)
            return replace(reason, what=CONSTANT, missing=missing)
        case Undecidable():
            return Undecidable(what=CONSTANT, why=CONSTANT)
        case RuleFailed():
            return RuleFailed(error=CONSTANT)
        case ManualCheck():
            return ManualCheck(todo=CONSTANT)
        case AttestedBy():
            return AttestedBy(by=CONSTANT, until=CONSTANT)
        case Note():
            return Note(code=CONSTANT, about=CONSTANT)
        case _:
            return reason


def reworded_finding(finding: Finding) -> Finding:
    return replace(
        finding,
        message=CONSTANT,
        evidence=tuple(
            Evidence(
                collection=each.collection,
                field=each.field,
                label=CONSTANT,
                observed=CONSTANT,
                expected=CONSTANT,
                expression=each.expression,
            )
            for each in finding.evidence
        ),
        affected=tuple(Affected(id=each.id, name=CONSTANT) for each in finding.affected),
        remediation=finding.remediation and Remediation(steps=(CONSTANT,)),
    )


def reworded(evaluated: Evaluated) -> Evaluated:
    return replace(
        evaluated,
        verdicts=tuple(
            replace(each, reasons=tuple(dict.fromkeys(map(reworded_reason, each.reasons))))
            for each in evaluated.verdicts
        ),
        findings=tuple(map(reworded_finding, evaluated.findings)),
    )


class Conclusion(Struct, frozen=True):
    """What one audit concludes, without any text."""

    verdicts: list[tuple[str, str, bool]]
    sides: list[tuple[str, list[str]]]
    transitions: list[tuple[str, str, str, str]]
    causes: list[tuple[str, str | None, int]]
    notifications: list[tuple[Any, ...]]


def conclude(snapshots: list[Snapshot], *, reword: bool) -> list[Conclusion]:
    memory, causes = PreviousAudits(), dict[str, Cause]()
    state: NotifiedState | None = None
    reads: dict[str, ConfigurationRead] = {}
    conclusions = []
    for snapshot in snapshots:
        at, seen = snapshot.taken_at, configuration(snapshot)
        changes = diff(reads, seen, at=at)
        reads |= {name: ConfigurationRead(at=at, paths=paths) for name, paths in seen.items()}
        evaluated = evaluate(snapshot, RULES)
        evaluated = reworded(evaluated) if reword else evaluated
        reconciled = reconcile(
            memory.known, evaluated, memory.configurations, target="production", at=at
        )
        reconciled, causes = assign_causes(reconciled, evaluated, changes, causes, at=at)
        decision = decide_notifications(
            reconciled,
            changes,
            snapshot,
            before=state,
            is_first_audit=memory.configurations is None,
            read_before=frozenset(reads),
            titles={},
            causes=causes,
        )
        memory, state = remember(reconciled, evaluated, memory), decision.notified_state
        unread = unreadable_sides(snapshot)
        conclusions.append(
            Conclusion(
                verdicts=[(v.rule, v.status, v.has_unknown) for v in reconciled.verdicts],
                sides=[(v.rule, sorted(unread.sides_behind(v))) for v in reconciled.verdicts],
                transitions=[
                    (each.after.id, each.transition, each.after.state, each.after.cause)
                    for each in reconciled.transitions
                ],
                causes=[
                    (each.id, each.change.path if each.change else None, len(each.grouped))
                    for each in causes.values()
                ],
                notifications=[
                    (each.key, each.thread, each.rules, each.mentions, updates_of(each.about))
                    for each in decision.notifications
                    if not isinstance(each.about, Incidents) or each.about.updates
                ],
            )
        )
    return conclusions


def updates_of(about: Any) -> list[tuple[Any, ...]]:
    if not isinstance(about, Incidents):
        return [(type(about).__name__,)]
    return [
        (each.cause, each.rule, each.reason, each.affected, each.change and each.change.path)
        for each in about.updates
    ]


def hourly(*snapshots: Snapshot) -> list[Snapshot]:
    """Return the snapshots, each taken an hour after the one before."""
    return [
        dataclasses.replace(each, taken_at=each.taken_at + timedelta(hours=hour))
        for hour, each in enumerate(snapshots)
    ]


ADA = assignment(okta_email="ada@corp.example", email="ada@corp.example")
BO = assignment_of("Bo", okta_email="bo@corp.example", email="bo@corp.example")
REMAPPED = {"mappings": [mapping(email="user.email")], "assignments": [ADA, BO]}
UNDECIDABLE = {"mappings": [mapping(email="user.login != null ? user.login : user.email")]}
NO_PUSH = {"app": app(features=("PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES"))}

OKTA = [
    key.lower()
    for key, value in vars(collections).items()
    if isinstance(value, Collection) and value.name.startswith("okta.")
]

SEQUENCES = {
    "a change of the mapping": hourly(
        clean_snapshot(), clean_snapshot(**REMAPPED), clean_snapshot(**REMAPPED), clean_snapshot()
    ),
    "two mistakes": hourly(
        clean_snapshot(), clean_snapshot(**REMAPPED | NO_PUSH), clean_snapshot()
    ),
    "refused at once": hourly(
        clean_snapshot(), clean_snapshot(log=REFUSED, mappings=REFUSED), clean_snapshot()
    ),
    "slow three times": hourly(clean_snapshot(), *([clean_snapshot(users=SLOW)] * 4)),
    "a finding that is unknown later": hourly(
        clean_snapshot(**REMAPPED), clean_snapshot(mappings=REFUSED), clean_snapshot(**REMAPPED)
    ),
    "undecidable without the log": hourly(
        clean_snapshot(**UNDECIDABLE, log=REFUSED), clean_snapshot(**UNDECIDABLE)
    ),
    "nothing of Okta": hourly(
        clean_snapshot(), clean_snapshot(**dict.fromkeys(OKTA, REFUSED)), clean_snapshot()
    ),
}


@pytest.mark.parametrize("snapshots", SEQUENCES.values(), ids=SEQUENCES)
def test_no_conclusion_depends_on_a_text(snapshots):
    plain, constant = (conclude(snapshots, reword=each) for each in (False, True))
    assert constant == plain


def test_the_sequences_cover_notifications_changes_and_unreadable_sides():
    found = [each for story in SEQUENCES.values() for each in conclude(story, reword=False)]
    assert any(each.causes and each.causes[0][1] for each in found)
    assert any(sides for each in found for _, sides in each.sides)
    updates = [
        update
        for each in found
        for *_, about in each.notifications
        for update in about
        if len(update) > 1
    ]
    assert {reason for _, _, reason, *_ in updates} >= {"new", "resolved"}
