"""What a targeted audit finds that requests a full audit at once."""

from typing import Any

import pytest

from auditor.domain.okta import LogEvent
from auditor.domain.unleash import Event
from auditor.engine.evaluation.targeted_evaluation import TargetedEvaluation
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import FindingTransition, State, TrackedFinding
from auditor.engine.watch.full_audit_reason import full_audit_reason
from auditor.engine.watch.watched_target import WatchedEvent
from auditor.rule.severity import Severity
from tests.support.builders.changes import EMAIL_CHANGE
from tests.support.builders.contexts import event, on_app
from tests.support.builders.findings import START, evaluated, finding, hours

MAPPINGS, SCHEMA = "okta.mappings", "okta.app_schema"
REFUSED = event("application.integration.authentication_failure", on_app(), result="FAILURE")
UPDATED = event("application.lifecycle.update", on_app())


def reason(**changes: Any) -> str | None:
    """Return the reason after a targeted audit that found nothing, except for ``changes``."""
    nothing = evaluation({}, Severity.LOW)
    given: dict[str, Any] = {
        "evaluation": nothing,
        "changed": (),
        "changes": (),
        "events": (),
        "known": (),
    }
    return full_audit_reason(**given | changes)


def evaluation(left: dict[str, set[str]], severity: Severity) -> TargetedEvaluation:
    return TargetedEvaluation(
        verdicts=(),
        findings=(),
        uncounted=frozenset(),
        left={rule: frozenset(requested) for rule, requested in left.items()},
        severities=dict.fromkeys(left, severity),
        configurations={},
    )


def transitions(
    *severities: Severity, known: tuple[TrackedFinding, ...] = ()
) -> tuple[FindingTransition, ...]:
    findings = (finding(f"rule-{each}", severity=each) for each in severities)
    seen = evaluated(*findings)
    return reconcile(known, seen, None, target="production", at=hours(1)).transitions


def in_unleash(type_: str) -> WatchedEvent:
    return waiting(unleash=Event(id=1, type=type_, created_at=START))


def in_okta(logged: LogEvent) -> WatchedEvent:
    return waiting(okta=logged)


def waiting(**entry: Any) -> WatchedEvent:
    return WatchedEvent(target="production", id="1", published_at=START, seen_at=START, **entry)


def test_without_a_reason_the_next_scheduled_full_audit_is_enough():
    assert reason() is None


def test_a_new_critical_finding_requests_a_full_audit_and_others_do_not():
    new = transitions(Severity.HIGH, Severity.CRITICAL)
    assert reason(changed=new) == "critical finding of rule-critical"
    assert reason(changed=transitions(Severity.HIGH)) is None


def test_a_critical_finding_that_stays_open_requests_no_further_full_audit():
    known = tuple(each.after for each in transitions(Severity.CRITICAL))
    assert reason(changed=transitions(Severity.CRITICAL, known=known)) is None


@pytest.mark.parametrize(
    ("severity", "requests"),
    [
        (Severity.CRITICAL, True),
        (Severity.HIGH, True),
        (Severity.MEDIUM, False),
        (Severity.LOW, False),
    ],
)
def test_a_change_that_a_severe_rule_reads_requests_a_full_audit(severity, requests):
    left = {"sent-twice": {MAPPINGS, SCHEMA}, "not-steady": {SCHEMA}}
    expected = "a change that a targeted audit cannot evaluate for sent-twice"
    assert reason(evaluation=evaluation(left, severity), changes=(EMAIL_CHANGE,)) == (
        expected if requests else None
    )


def test_a_change_that_no_rule_left_reads_requests_no_full_audit():
    left = evaluation({"not-steady": {SCHEMA}}, Severity.CRITICAL)
    assert reason(evaluation=left, changes=(EMAIL_CHANGE,)) is None
    assert reason(evaluation=left) is None


def test_a_change_of_admins_requests_a_full_audit_and_a_change_of_settings_does_not():
    settings, user = in_unleash("setting-updated"), in_unleash("user-updated")
    assert reason(events=(in_okta(UPDATED), settings)) is None
    assert reason(events=(in_okta(UPDATED), settings, user)) == "a change of admins in Unleash"


def test_refused_scim_credentials_request_a_full_audit():
    assert reason(events=(in_okta(UPDATED),)) is None
    refused = (in_unleash("setting-updated"), in_okta(UPDATED), in_okta(REFUSED))
    assert reason(events=refused) == "refused SCIM credentials"


@pytest.mark.parametrize(
    ("rule", "state", "expected"),
    [
        ("scim-credentials-rejected", State.OPEN, None),
        ("scim-credentials-rejected", State.RESOLVED, "refused SCIM credentials"),
        ("push-flag-off", State.OPEN, "refused SCIM credentials"),
    ],
)
def test_refused_credentials_request_one_full_audit_while_the_finding_is_open(
    rule, state, expected
):
    known = tuple(
        TrackedFinding(
            id=id_,
            rule=of,
            subject=id_,
            attribute="",
            severity=Severity.CRITICAL,
            state=is_,
            first_seen_at=START,
            last_seen_at=START,
        )
        for id_, of, is_ in (("1", "not-steady", State.RESOLVED), ("2", rule, state))
    )
    assert reason(events=(in_okta(REFUSED),), known=known) == expected
