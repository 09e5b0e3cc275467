"""Which notifications an audit decides: the first one, and those of new and reopened incidents."""

from datetime import date

import pytest
from msgspec.structs import replace

from auditor.domain.waivers import Waiver
from auditor.engine.incidents.notification import Notice, NotificationKind
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.rule.results import RootCause
from auditor.rule.severity import Severity
from tests.support.audited_target import (
    ALSO_OFF,
    CLEAN,
    OFF,
    TargetAudits,
    change,
    email_not_login,
    many,
    reasons,
)
from tests.support.builders.findings import (
    evaluated,
    finding,
    hours,
)


def test_the_first_audit_is_one_message_without_mentions():
    audits = TargetAudits()
    (one,) = audits.run(finding(), email_not_login(severity=Severity.CRITICAL), hour=0)
    assert one.about.kind is NotificationKind.BASELINE
    assert [state.rule for state in one.about.states] == ["email-not-login", "push-flag-off"]
    assert one.about.attach_report
    assert not one.mentions
    assert (one.about.rules, one.about.not_evaluated) == (2, 0)
    (later,) = audits.run(hour=1)
    assert (later.about.rules, later.about.not_evaluated) == (None, None)


def test_the_first_audit_states_how_many_rules_were_not_evaluated():
    sent = TargetAudits().run(finding(), hour=0, unknown_rules=("email-not-login",))
    assert [(each.about.rules, each.about.not_evaluated) for each in sent] == [(2, 1)] * 2


def test_a_first_audit_without_findings_states_the_number_of_rules():
    (one,) = TargetAudits().run(hour=0)
    assert one.about == Notice(
        title="First audit of production: no findings. 2 rules: 2 passed. "
        "From now on, changes are reported."
    )


@pytest.mark.parametrize("severity", Severity)
def test_a_first_audit_with_an_unknown_rule_is_reported_as_incomplete_and_never_as_clean(severity):
    seen = evaluated(rules=CLEAN, unknown_rules=("email-not-login",))
    verdicts = tuple(replace(each, severity=severity) for each in seen.verdicts)
    (one,) = TargetAudits().audit(replace(seen, verdicts=verdicts), hour=0)
    assert one.about.states[0].title == "Rules not evaluated"


def test_an_audit_without_changes_sends_nothing(audits):
    assert audits.run(hour=1) == ()
    audits.run(finding(), hour=2)
    assert audits.run(finding(), hour=3) == ()


def test_a_new_finding_starts_an_incident_with_mentions(audits):
    (one,) = audits.run(finding(), hour=1)
    assert (one.severity, one.rules, one.mentions) == (Severity.HIGH, ("push-flag-off",), True)
    (state,) = one.about.states
    assert state.title == "Create Users is off: new users get no account"
    assert state.lines == ("create-users is off",)
    assert (state.since, state.dated, state.note) == (hours(1), False, "")
    (update,) = one.about.updates
    assert (update.cause, update.affected_before, update.severity_before) == (state.cause, 0, None)
    assert not one.about.attach_report


def test_an_incident_of_several_findings_of_one_kind_has_one_message(audits):
    rule = "user-not-provisioned"
    cause = finding(rule, "00u1")
    root = RootCause(rule=rule, subject="00u1", lists_users=False)
    (one,) = audits.run(cause, finding(rule, "00u2", root_cause=root), hour=1)
    assert [state.summary for state in one.about.states] == ["2 assigned users have no account."]
    other = finding("push-flag-off", "push-groups", root_cause=root)
    (later,) = audits.run(cause, finding(rule, "00u2", root_cause=root), other, hour=2)
    assert [state.summary for state in later.about.states] == [""]


def test_all_updates_of_an_incident_are_in_one_thread(audits):
    threads = set()
    sent = []
    for hour, findings in enumerate(
        [
            [OFF],
            [OFF, ALSO_OFF],
            [ALSO_OFF],
            [],
            [OFF],
        ]
    ):
        (one,) = audits.run(*findings, hour=1 + hour, changes=() if hour else (change(),))
        threads.add(one.thread)
        sent += reasons([one])
    assert len(threads) == 1
    assert sent == [
        NotifyReason.NEW,
        NotifyReason.WORSE,
        NotifyReason.BETTER,
        NotifyReason.RESOLVED,
        NotifyReason.REOPENED,
    ]


def test_an_incident_that_reopens_after_a_week_starts_a_new_thread(audits):
    (first,) = audits.run(finding(), hour=1)
    audits.run(hour=2)
    audits.run(hour=3)
    for day in range(1, 9):
        audits.run(hour=24 * day)
    (again,) = audits.run(finding(), hour=24 * 8 + 20)
    assert reasons([again]) == [NotifyReason.REOPENED]
    assert again.thread != first.thread


def test_an_incident_that_reopens_within_a_week_continues_its_thread(audits):
    (first,) = audits.run(finding(), hour=1)
    audits.run(hour=2)
    _, again = audits.run(finding(), hour=2 + 24 * 7)
    assert reasons([again]) == [NotifyReason.REOPENED]
    assert again.thread == first.thread


def test_an_incident_that_is_open_for_weeks_keeps_its_thread(audits):
    (first,) = audits.run(finding(severity=Severity.LOW), hour=1)
    for day in range(1, 9):
        assert audits.run(finding(severity=Severity.LOW), hour=24 * day) == ()
    (worse,) = audits.run(finding(severity=Severity.MEDIUM), hour=24 * 9)
    assert (worse.thread, reasons([worse])) == (first.thread, [NotifyReason.WORSE])


def test_an_incident_that_reopens_long_after_a_storm_starts_its_own_thread(audits):
    (storm,) = audits.run(*many(6), hour=1)
    audits.run(*many(5), hour=2)
    for day in range(1, 9):
        audits.run(*many(5), hour=24 * day)
    sent = audits.run(*many(6), hour=24 * 9)
    (again,) = [each for each in sent if reasons([each]) == [NotifyReason.REOPENED]]
    assert again.rules == ("rule-5",)
    assert again.thread != storm.thread


def test_an_incident_with_one_reopened_finding_is_reopened(audits):
    audits.run(OFF, hour=1)
    for day in range(1, 10):
        audits.run(hour=24 * day)
    (one,) = audits.run(OFF, ALSO_OFF, hour=24 * 10, changes=(change(until=hours(24 * 10)),))
    assert reasons([one]) == [NotifyReason.REOPENED]


def test_a_waiver_closes_the_incident_and_its_expiry_reopens_it(audits):
    waiver = Waiver(
        rule="push-flag-off", owner="Ada", reason="a migration", expires=date(2026, 1, 6)
    )
    audits.run(finding(), hour=1)
    (one,) = audits.run(finding(), hour=2, waivers=(waiver,))
    assert reasons([one]) == [NotifyReason.WAIVED]
    assert one.about.states[0].note == "Accepted by Ada until 2026-01-06: a migration"
    assert audits.run(finding(), hour=20, waivers=(waiver,)) == ()
    (again,) = audits.run(finding(), hour=44, waivers=(waiver,))
    assert reasons([again]) == [NotifyReason.REOPENED]


def test_a_finding_that_is_waived_from_the_start_is_never_sent(audits):
    waiver = Waiver(rule="push-flag-off", owner="Ada", reason="", expires=date(2027, 1, 1))
    assert audits.run(finding(), hour=1, waivers=(waiver,)) == ()
