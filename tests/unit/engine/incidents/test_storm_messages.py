"""Many new incidents, and incidents of very many users, share one message."""

from msgspec.structs import replace

from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentStatus
from auditor.engine.incidents.notification import NotificationKind
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.rule.severity import Severity
from tests.support.audited_target import TargetAudits, many, reasons
from tests.support.builders.findings import (
    finding,
)


def test_many_new_incidents_are_one_message(audits):
    assert len(audits.run(*many(3), hour=1)) == 3
    (storm,) = TargetAudits().run(*many(6), hour=0)
    assert storm.about.kind is NotificationKind.BASELINE
    audits.run(hour=2)
    (storm,) = audits.run(*[finding(f"other-{n}") for n in range(4)], hour=3)
    assert storm.about.kind is NotificationKind.STORM
    assert storm.about.attach_report
    assert storm.mentions


def test_not_evaluated_rules_have_their_own_message_beside_a_storm(audits):
    for hour in (1, 2):
        audits.run(hour=hour, unknown_rules=("email-not-login",))
    sent = audits.run(*many(6), hour=3, unknown_rules=("email-not-login",))
    assert {each.about.kind: each.rules for each in sent} == {
        NotificationKind.INCIDENT: (NOT_EVALUATED,),
        NotificationKind.STORM: tuple(f"rule-{number}" for number in range(6)),
    }


def test_findings_that_affect_very_many_users_are_one_message_with_the_report(audits):
    def affecting(people: int, *rules: str):
        return [finding(rule, affected_count=people) for rule in rules]

    assert len(audits.run(*affecting(9_999, "rule-1", "rule-2"), hour=1)) == 2
    audits.run(hour=2)
    storm, *others = audits.run(*affecting(10_000, "rule-3"), *affecting(5, "rule-4"), hour=3)
    assert others == []
    assert storm.about.kind is NotificationKind.STORM
    assert storm.about.attach_report


def test_messages_are_sorted_by_their_worst_incident(audits):
    critical, low, *others = (replace(each, severity=Severity.LOW) for each in many(6))
    critical = replace(critical, severity=Severity.CRITICAL)
    (storm,) = audits.run(critical, low, *others, hour=1)
    new = finding("new", severity=Severity.HIGH)
    sent = audits.run(new, *others, hour=2)
    assert [each.thread == storm.thread for each in sent] == [True, False]


def test_an_incident_of_medium_severity_is_before_one_of_low_severity(audits):
    first, second = sorted(many(2), key=lambda each: each.id)
    low, medium = (replace(first, severity=Severity.LOW), replace(second, severity=Severity.MEDIUM))
    sent = audits.run(low, medium, hour=1)
    assert [each.severity for each in sent] == [Severity.MEDIUM, Severity.LOW]


def test_incidents_of_a_storm_are_resolved_in_its_thread(audits):
    (storm,) = audits.run(*many(6), hour=1)
    (after,) = audits.run(*many(4), hour=2)
    assert after.thread == storm.thread
    assert reasons([after]) == [NotifyReason.RESOLVED, NotifyReason.RESOLVED]
    assert [state.status for state in after.about.states].count(IncidentStatus.RESOLVED) == 2
