from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.domain.collections import MAPPINGS, OWN_TOKENS, MissingData, MissingReason
from auditor.domain.remediation.missing_data import missing_data_remediation
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import AccessToken
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.changes.diff import Change, ChangeActor, Confidence, ConfigurationRead
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentStatus
from auditor.engine.incidents.incident_action import ActionKind, respond
from auditor.engine.incidents.notices import silent
from auditor.engine.incidents.notification import ChangesNotice, Incidents, Notice, NotificationKind
from auditor.engine.incidents.notification_decision import (
    DEFAULT_NOTIFICATION_POLICY,
    Decision,
    decide_notifications,
)
from auditor.engine.incidents.notification_policy import NotificationPolicy, NotifyReason
from auditor.rule.results import Affected, Evidence, Remediation, RootCause
from auditor.rule.severity import Severity
from auditor.rule.texts.reason_text import reason_text
from tests.support.builders.actions import action
from tests.support.builders.contexts import TARGET
from tests.support.builders.findings import (
    START,
    TIMED_OUT,
    evaluated,
    finding,
    hours,
    missing_reason,
    remember,
)

CLEAN = ("email-not-login", "push-flag-off")
MAPPING_GONE = MissingData(why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/mappings", status=403)


WHY: dict[int | None, MissingReason] = {
    401: MissingReason.UNAUTHORIZED,
    403: MissingReason.FORBIDDEN,
    404: MissingReason.NOT_FOUND,
}


class TargetAudits:
    """The audits of a target, each with its notifications. `memory` is what a store would keep."""

    def __init__(self) -> None:
        self.memory = PreviousAudits()
        self.decision: Decision

    def run(self, *findings, hour: float, missing=None, **more):
        """Audit at ``hour``; ``more`` are arguments of ``audit`` and of ``evaluated``."""
        names = {"changes", "world", "waivers", "with_expiry", "alerts"}
        options = {name: more.pop(name) for name in names & more.keys()}
        seen = evaluated(*findings, rules=CLEAN, **more)
        return self.audit(seen, hour=hour, missing=missing, **options)

    def audit(
        self,
        seen: Evaluated,
        *,
        hour: float,
        changes: tuple[Change, ...] = (),
        missing: dict[str, MissingData] | None = None,
        world: dict[str, Any] | None = None,
        waivers: tuple[Waiver, ...] = (),
        with_expiry: tuple[Attestation | Waiver, ...] = (),
        alerts: NotificationPolicy = DEFAULT_NOTIFICATION_POLICY,
    ):
        at = hours(hour)
        reconciled = reconcile(
            self.memory.known,
            seen,
            self.memory.configurations,
            target=TARGET.name,
            at=at,
            waivers=waivers,
        )
        snapshot = Snapshot(target=TARGET, taken_at=at, read=world or {}, missing=missing or {})
        titles = {
            "push-flag-off": "Okta creates, updates and deactivates people.",
            "user-not-provisioned//many": "{n} assigned users have no account.",
        }
        known = self.memory.notified_state.causes if self.memory.notified_state else {}
        reconciled, causes = assign_causes(reconciled, seen, changes, known, at=at)
        self.decision = decide_notifications(
            reconciled,
            changes,
            snapshot,
            before=self.memory.notified_state,
            is_first_audit=self.memory.configurations is None,
            read_before=self.memory.collections_read,
            titles=titles,
            causes=causes,
            alerts=alerts,
            with_expiry=with_expiry,
        )
        reads = self.memory.configuration_reads
        self.memory = replace(
            remember(reconciled, seen, self.memory),
            notified_state=self.decision.notified_state,
            configuration_reads=reads,
        )
        return self.decision.notifications


@pytest.fixture
def audits() -> TargetAudits:
    """Return a target after one clean audit."""
    audits = TargetAudits()
    audits.run(hour=0)
    return audits


def reasons(notifications) -> list[NotifyReason]:
    return [
        update.reason
        for each in notifications
        if isinstance(each.about, Incidents)
        for update in each.about.updates
    ]


def change(path: str = "mapping[oty1].email.expression", **more: Any) -> Change:
    plain = Change(
        collection=MAPPINGS.name,
        path=path,
        before="user.login",
        after="user.email",
        since=hours(0),
        until=hours(1),
    )
    return replace(plain, **more)


def email_not_login(*, affected: int = 0, **more):
    people = tuple(Affected(id=f"u{n}", name=f"Person {n}") for n in range(affected))
    return replace(
        finding("email-not-login", "oty1", affected=people, **more),
        evidence=(
            Evidence(
                collection=MAPPINGS.name,
                field="mapping[oty1].email.expression",
                observed="user.email",
                expected="user.login",
            ),
        ),
        remediation=Remediation(
            steps=("Set Email to user.login.",), link="https://acme-admin.okta.com/x"
        ),
    )


def explained(one):
    """Return the finding with evidence that :func:`change` explains."""
    return replace(one, evidence=email_not_login().evidence)


OFF = explained(finding())
ALSO_OFF = explained(finding(subject="update-attributes"))


def test_the_first_audit_is_one_message_without_mentions():
    audits = TargetAudits()
    (one,) = audits.run(finding(), email_not_login(severity=Severity.CRITICAL), hour=0)
    assert one.about.kind is NotificationKind.BASELINE
    assert [state.rule for state in one.about.states] == ["email-not-login", "push-flag-off"]
    assert one.about.attach_report
    assert not one.mentions


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
    assert (update.affected_before, update.severity_before) == (0, None)
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


def test_an_update_states_whether_the_severity_rises(audits):
    updates = [
        audits.run(finding(severity=severity), hour=hour)[0].about.updates[0]
        for hour, severity in enumerate(
            (Severity.MEDIUM, Severity.CRITICAL, Severity.HIGH), start=1
        )
    ]
    assert [update.rises for update in updates] == [False, True, False]
    (more,) = audits.run(
        finding(severity=Severity.HIGH), finding(subject="b", severity=Severity.HIGH), hour=5
    )
    assert [update.rises for update in more.about.updates] == [False]


def test_reminders_become_less_frequent(audits):
    reminded_at = [
        hour
        for hour in range(1, 24 * 20)
        if NotifyReason.REMINDER
        in reasons(audits.run(finding(severity=Severity.CRITICAL), hour=hour))
    ]
    day, week = 24, 24 * 7
    assert reminded_at == [5, 5 + day, 5 + day + week, 5 + day + 2 * week]


def test_the_configuration_sets_the_times_of_reminders(audits):
    hours = {
        Severity.CRITICAL: (timedelta(hours=2), timedelta(hours=5)),
        Severity.HIGH: (),
        Severity.MEDIUM: (),
        Severity.LOW: (timedelta(hours=1),),
    }
    alerts = NotificationPolicy(remind_after=hours)
    reminded_at = [
        hour
        for hour in range(1, 15)
        if NotifyReason.REMINDER
        in reasons(audits.run(finding(severity=Severity.CRITICAL), hour=hour, alerts=alerts))
    ]
    assert reminded_at == [3, 8, 13]


def test_an_update_restarts_the_reminders(audits):
    for hour in (1, 25):
        audits.run(OFF, hour=hour, changes=(change(),) if hour == 1 else ())
    assert reasons(audits.run(OFF, ALSO_OFF, hour=49)) == [NotifyReason.WORSE]
    assert reasons(audits.run(OFF, ALSO_OFF, hour=72)) == []
    assert reasons(audits.run(OFF, ALSO_OFF, hour=73)) == [NotifyReason.REMINDER]


def test_a_small_change_edits_the_message_without_a_reply(audits):
    audits.run(email_not_login(affected=10), hour=1)
    (one,) = audits.run(email_not_login(affected=12), hour=2)
    assert one.about.updates == ()
    assert one.about.states[0].affected == 12
    assert not one.mentions


def test_slow_growth_is_reported_when_the_number_has_doubled(audits):
    audits.run(email_not_login(affected=10), hour=1)
    sent = []
    for hour, affected in enumerate((13, 16, 19, 21), start=2):
        sent += reasons(audits.run(email_not_login(affected=affected), hour=hour))
    assert sent == [NotifyReason.WORSE]


def test_affected_users_are_counted_once_and_ten_are_named(audits):
    one = email_not_login(affected=30)
    two = replace(one, id="another", subject="oty2")
    (sent,) = audits.run(one, two, hour=1, changes=(change(),))
    (state,) = sent.about.states
    assert (state.affected, len(state.people)) == (30, 10)


def test_affected_users_beyond_the_stored_list_are_counted(audits):
    (sent,) = audits.run(replace(email_not_login(affected=100), affected_count=4322), hour=1)
    assert sent.about.states[0].affected == 4322


def test_a_change_that_explains_a_finding_is_part_of_its_incident_and_dates_it(audits):
    ada = ChangeActor(name="Ada Admin", actor_id="00u1", at=hours(0.5), event_id="abc-1")
    explaining = change(confidence=Confidence.LIKELY, actors=(ada,))
    (one,) = audits.run(email_not_login(), hour=1, changes=(explaining,))
    (state,) = one.about.states
    assert state.change == explaining
    assert (state.since, state.dated) == (hours(0.5), True)
    assert [link.label for link in state.links] == ["Open in console", "Log entry"]


def test_the_change_stays_with_the_incident_while_it_is_open(audits):
    audits.run(email_not_login(), hour=1, changes=(change(),))
    (one,) = audits.run(email_not_login(affected=1), hour=2)
    assert one.about.states[0].change == change()


def test_a_dated_finding_states_its_start(audits):
    dated, other = replace(OFF, since=hours(-40)), explained(finding(subject="b"))
    (one,) = audits.run(dated, other, hour=1, changes=(change(),))
    (state,) = one.about.states
    assert (state.since, state.dated) == (hours(-40), True)


def test_a_reopened_incident_starts_at_its_oldest_reopened_finding(audits):
    audits.run(OFF, hour=1)
    audits.run(hour=2)
    (one,) = audits.run(OFF, hour=5, changes=(change(until=hours(5)),))
    assert one.about.states[0].since == hours(5)
    (more,) = audits.run(OFF, ALSO_OFF, hour=6)
    assert more.about.states[0].since == hours(5)


def test_an_incident_after_the_grace_period_starts_when_it_was_first_seen(audits):
    for hour in (0.5, 1):
        assert audits.run(finding(within_grace=True), hour=hour) == ()
    (one,) = audits.run(finding(within_grace=True), hour=2)
    assert one.about.states[0].since == hours(0.5)


def test_the_log_entry_of_the_first_of_several_actors_is_linked(audits):
    ada = ChangeActor(name="Ada Admin", actor_id="00u1", at=hours(0.5), event_id="abc-1")
    bo = ChangeActor(name="Bo Admin", actor_id="00u2", at=hours(0.6), event_id="abc-2")
    explaining = change(confidence=Confidence.AMBIGUOUS, actors=(ada, bo))
    (one,) = audits.run(email_not_login(), hour=1, changes=(explaining,))
    assert [link.label for link in one.about.states[0].links] == ["Open in console", "Log entry"]
    (over,) = audits.run(hour=2)
    assert [link.label for link in over.about.states[0].links] == ["Log entry"]


def test_a_log_entry_with_an_invalid_id_is_not_linked(audits):
    odd = ChangeActor(
        name="Ada Admin", actor_id="00u1", at=hours(0.5), event_id="not an id; at all"
    )
    explaining = change(confidence=Confidence.LIKELY, actors=(odd,))
    (one,) = audits.run(email_not_login(), hour=1, changes=(explaining,))
    assert [link.label for link in one.about.states[0].links] == ["Open in console"]


def test_a_finding_of_a_changed_rule_is_not_called_drift(audits):
    (one,) = audits.run(finding(), hour=1, configurations=dict.fromkeys(CLEAN, "c2"))
    assert one.about.states[0].note.startswith("Newly checked: the rule or its configuration")


def test_several_changes_that_fix_an_incident_are_listed_and_none_is_named_as_the_fix(audits):
    title = replace(email_not_login().evidence[0], field="schema[title]")
    both = replace(ALSO_OFF, evidence=(*ALSO_OFF.evidence, title))
    audits.run(OFF, both, hour=1, changes=(change(),))
    back = change(before="user.email", after="user.login", until=hours(1.5))
    also = change("schema[title]", until=hours(2))
    sent = audits.run(hour=2, changes=(back, also))
    (update,) = next(each.about.updates for each in sent if isinstance(each.about, Incidents))
    assert (update.reason, update.change) == (NotifyReason.RESOLVED, None)
    (listed,) = [each.about for each in sent if isinstance(each.about, ChangesNotice)]
    assert {each.path for each in listed.changes} == {back.path, also.path}


def test_changes_without_a_finding_are_sent_once_without_mentions(audits):
    explaining = change(before="user.login", after="String.toLowerCase(user.login)")
    (one,) = audits.run(hour=1, changes=(explaining, change("app.status", collection="okta.app")))
    assert isinstance(one.about, ChangesNotice)
    assert (one.about.count, one.severity, one.mentions) == (2, None, False)
    assert one.about.alone
    assert audits.run(hour=2) == ()


def test_changes_beside_a_finding_are_not_marked_as_alone(audits):
    _, quiet = audits.run(finding(), hour=1, changes=(change("schema[a]"),))
    assert not quiet.about.alone


def test_a_removed_item_is_reported_as_one_change(audits):
    gone = tuple(change(f"schema[title]{part}", before="x", after=None) for part in ("", ".title"))
    (one,) = audits.run(hour=1, changes=gone)
    assert [each.path for each in one.about.changes] == ["schema[title]"]


def test_many_changes_are_counted(audits):
    many = tuple(change(f"schema[a{n}]") for n in range(30))
    (one,) = audits.run(hour=1, changes=many)
    assert (len(one.about.changes), one.about.count) == (20, 30)


def many(count: int):
    return [finding(f"rule-{number}") for number in range(count)]


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


def test_incidents_of_a_storm_are_resolved_in_its_thread(audits):
    (storm,) = audits.run(*many(6), hour=1)
    (after,) = audits.run(*many(4), hour=2)
    assert after.thread == storm.thread
    assert reasons([after]) == [NotifyReason.RESOLVED, NotifyReason.RESOLVED]
    assert [state.status for state in after.about.states].count(IncidentStatus.RESOLVED) == 2


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


def test_an_incident_that_is_not_evaluated_stays_open_and_is_not_called_fixed(audits):
    audits.run(finding(), hour=1)
    (one,) = audits.run(hour=2, unknown_rules=("push-flag-off",))
    (state,) = one.about.states
    assert one.about.updates == ()
    assert state.status is IncidentStatus.OPEN
    assert state.lines == ("create-users is off",)
    assert state.note == f"Not evaluated in this audit: {reason_text(TIMED_OUT)}"


def test_a_partly_evaluated_incident_states_how_many_findings_were_not_evaluated(audits):
    both = (OFF, ALSO_OFF)
    audits.run(*both, hour=1, changes=(change(),))
    (one,) = audits.run(both[0], hour=2, unknown=(("push-flag-off", "update-attributes"),))
    assert one.about.states[0].note == "Not evaluated in this audit: 1 of 2 findings"


def test_a_not_evaluated_rule_is_reported_after_three_audits(audits):
    assert audits.run(hour=1, unknown_rules=("email-not-login",)) == ()
    assert audits.run(hour=2, unknown_rules=("email-not-login",)) == ()
    (one,) = audits.run(hour=3, unknown_rules=("email-not-login",))
    assert one.rules == (NOT_EVALUATED,)
    (state,) = one.about.states
    assert state.lines == (f"{reason_text(TIMED_OUT)} (not evaluated: email-not-login)",)
    assert state.since == hours(1)
    (after,) = audits.run(hour=4)
    assert reasons([after]) == [NotifyReason.RESOLVED]


def test_missing_data_without_a_refusal_states_the_remediation(audits):
    gone = {
        "okta.app": MissingData(
            why=MissingReason.NETWORK, endpoint="GET /api/v1/apps/0oa1", status=500
        )
    }
    for hour in (1, 2):
        audits.run(hour=hour, unknown_rules=("email-not-login",), missing=gone)
    (one,) = audits.run(hour=3, unknown_rules=("email-not-login",), missing=gone)
    assert one.about.states[0].steps == (missing_data_remediation("okta.app", gone["okta.app"]),)


def test_a_rule_that_is_unknown_for_another_reason_is_not_grouped_under_an_unreadable_side(audits):
    refused = MissingData(
        why=MissingReason.UNAUTHORIZED, endpoint="GET /api/v1/mappings", status=401
    )
    for hour in (1, 2):
        audits.run(hour=hour, unknown_rules=("email-not-login",), missing={MAPPINGS.name: refused})
    (one,) = audits.run(
        hour=3, unknown_rules=("email-not-login",), missing={MAPPINGS.name: refused}
    )
    assert one.about.states[0].lines == (
        f"{reason_text(TIMED_OUT)} (not evaluated: email-not-login)",
    )


def test_one_evaluated_audit_restarts_the_count(audits):
    for hour in (1, 2, 4, 5):
        assert audits.run(hour=hour, unknown_rules=("email-not-login",)) == ()
        if hour == 2:
            assert audits.run(hour=3) == ()


def test_another_not_evaluated_rule_makes_the_incident_worse(audits):
    for hour in (1, 2, 3):
        audits.run(hour=hour, unknown_rules=("email-not-login",))
    for hour in (4, 5):
        assert audits.run(hour=hour, unknown_rules=CLEAN) == ()
    (one,) = audits.run(hour=6, unknown_rules=CLEAN)
    assert reasons([one]) == [NotifyReason.WORSE]
    assert one.about.states[0].findings == 2


def without_mappings(audits, status: int | None, hour: float, why: MissingReason | None = None):
    missing = replace(MAPPING_GONE, why=why or WHY[status], status=status)
    seen = evaluated(rules=CLEAN, unknown_rules=("email-not-login",))
    because = (missing_reason(MAPPINGS.name, missing),)
    verdicts = tuple(
        replace(each, reasons=because) if each.reasons else each for each in seen.verdicts
    )
    gone = {MAPPINGS.name: missing}
    return audits.audit(replace(seen, verdicts=verdicts), hour=hour, missing=gone)


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (401, "Issue a new credential and store it in the variable"),
        (403, "Give it the permissions that `auditor doctor` lists."),
        (404, ""),
    ],
)
def test_a_collection_that_was_readable_and_is_refused_is_reported_at_once(audits, status, step):
    reads = {MAPPINGS.name: ConfigurationRead(at=START, paths={})}
    audits.memory = replace(audits.memory, configuration_reads=reads)
    (one,) = without_mappings(audits, status, 1)
    (state,) = one.about.states
    assert state.steps[0].startswith(step)


@pytest.mark.parametrize("was_read", [True, False])
def test_lost_access_is_named(audits, was_read):
    reads = {MAPPINGS.name: ConfigurationRead(at=START, paths={})} if was_read else {}
    audits.memory = replace(audits.memory, configuration_reads=reads)
    (one,) = without_mappings(audits, 403, 1)
    lost = "Access lost: okta.mappings could be read before"
    assert one.about.states[0].note == (lost if was_read else "")


@pytest.mark.parametrize(
    "why", [MissingReason.TIMEOUT, MissingReason.RATE_LIMITED, MissingReason.NETWORK]
)
def test_a_fault_that_can_pass_is_reported_only_when_it_lasts(audits, why):
    sent = [len(without_mappings(audits, None, hour, why=why)) for hour in (1, 2, 3)]
    assert sent == [0, 0, 1]


def test_a_manual_check_without_an_attestation_is_never_sent(audits):
    for hour in range(1, 10):
        assert audits.run(hour=hour, statuses={"push-flag-off": "needs_attestation"}) == ()


def test_a_token_is_reported_from_fourteen_days_before_its_expiry_until_its_expiry(audits):
    at = hours(1)
    ends = (None, at, at + timedelta(seconds=1), at + timedelta(days=14, seconds=1))
    assert len(audits.run(hour=1, world=own_tokens(*ends))) == 1
    assert len(audits.run(hour=1, world=own_tokens(at + timedelta(days=14)))) == 1


def own_tokens(*expiries: datetime | None):
    tokens = [AccessToken(id=n, description="cron", expires_at=at) for n, at in enumerate(expiries)]
    return {OWN_TOKENS.name: tuple(tokens)}


def test_a_token_that_expires_soon_is_reported_once(audits):
    soon = own_tokens(datetime(2026, 1, 18, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), None)
    (one,) = audits.run(hour=1, world=soon)
    assert one.about.title == (
        "The auditor's Unleash token “cron” expires at 2026-01-18 00:00 UTC."
    )
    assert audits.run(hour=2, world=soon) == ()
    renewed = own_tokens(datetime(2026, 1, 19, tzinfo=UTC))
    assert len(audits.run(hour=3, world=renewed)) == 1


ATTESTED = Attestation(
    rule="scim-base-url-wrong",
    by="Ada",
    on=date(2026, 1, 1),
    expires=date(2026, 1, 20),
    evidence="OPS-1",
)
WAIVED = Waiver(rule="push-flag-off", owner="Bo", reason="a migration", expires=date(2026, 1, 20))


@pytest.mark.parametrize(
    ("promise", "title"),
    [
        (ATTESTED, "The attestation of scim-base-url-wrong by Ada expires on 2026-01-20."),
        (WAIVED, "The waiver of push-flag-off by Bo expires on 2026-01-20."),
    ],
)
def test_a_waiver_or_attestation_is_reported_once_fourteen_days_before_its_expiry(
    audits, promise, title
):
    renewed = replace(promise, expires=date(2026, 1, 21))
    assert audits.run(hour=1, with_expiry=(promise,)) == ()
    (one,) = audits.run(hour=24, with_expiry=(promise,))
    assert (one.at.date(), one.about.title) == (date(2026, 1, 6), title)
    assert audits.run(hour=48, with_expiry=(promise,)) == ()
    assert len(audits.run(hour=49, with_expiry=(renewed,))) == 1


@pytest.mark.parametrize("promise", [ATTESTED, WAIVED])
def test_an_expired_or_foreign_waiver_or_attestation_is_not_reported(audits, promise):
    over = replace(promise, expires=date(2026, 1, 4))
    elsewhere = replace(promise, expires=date(2026, 1, 6), target="staging")
    assert audits.run(hour=1, with_expiry=(over, elsewhere)) == ()
    today = replace(promise, expires=date(2026, 1, 5))
    assert len(audits.run(hour=1, with_expiry=(elsewhere, over, today))) == 1


def test_waivers_for_several_subjects_are_reported_separately(audits):
    both = tuple(
        replace(WAIVED, subject=each, expires=date(2026, 1, 6)) for each in ("create-users", "b")
    )
    assert len(audits.run(hour=1, with_expiry=both)) == 2


def test_a_gap_between_audits_within_the_limit_is_not_reported(audits):
    assert audits.run(hour=26) == ()


def test_a_gap_between_audits_is_reported_by_the_next_audit(audits):
    (one,) = audits.run(hour=30)
    assert one.about.title == (
        "Audits of production are back: "
        "there was none from 2026-01-05 09:00 UTC to 2026-01-06 15:00 UTC."
    )
    assert audits.run(hour=40) == ()


def test_missing_audits_keep_one_key_while_they_last():
    limit = timedelta(hours=26)
    assert silent(START, "production", hours(26), limit) is None
    first, later = (silent(START, "production", hours(h), limit) for h in (27, 99))
    assert first
    assert later
    assert first.key == later.key


def test_an_acknowledgement_is_sent_and_stops_reminders(audits):
    audits.run(finding(), hour=1)
    asked = action(finding().id, reason="ticket 7", until=hours(24 * 20))
    decision = respond(audits.memory.notified_state, asked, at=hours(2))
    assert reasons(decision.notifications) == [NotifyReason.ACKNOWLEDGED]
    audits.memory = replace(audits.memory, notified_state=decision.notified_state)
    sent = [audits.run(finding(), hour=hour) for hour in range(24, 24 * 20, 24)]
    assert not any(sent)
    assert reasons(audits.run(finding(), hour=24 * 20)) == [NotifyReason.REMINDER]


def acknowledged(audits, until: float) -> None:
    asked = action(finding().id, until=hours(until))
    decision = respond(audits.memory.notified_state, asked, at=hours(2))
    audits.memory = replace(audits.memory, notified_state=decision.notified_state)


def test_an_acknowledgement_lasts_while_the_incident_gets_worse_and_ends_when_it_reopens(audits):
    audits.run(OFF, hour=1, changes=(change(),))
    acknowledged(audits, until=24 * 20)
    assert reasons(audits.run(OFF, ALSO_OFF, hour=3)) == [NotifyReason.WORSE]
    assert reasons(audits.run(OFF, ALSO_OFF, hour=28)) == []
    audits.run(hour=29)
    assert reasons(audits.run(OFF, hour=30)) == [NotifyReason.REOPENED]
    assert reasons(audits.run(OFF, hour=54)) == [NotifyReason.REMINDER]


def test_only_an_open_incident_can_be_acknowledged(audits):
    asked = action(finding().id, until=hours(9))
    with pytest.raises(KeyError):
        respond(audits.memory.notified_state, asked, at=hours(1))


def test_a_resolved_incident_lists_no_users_and_is_removed_after_a_week(audits):
    audits.run(email_not_login(affected=3), hour=1)
    (one,) = audits.run(hour=2)
    assert one.about.states[0].people == ()
    assert one.about.states[0].lines
    (kept,) = audits.memory.notified_state.incidents.values()
    assert (kept.state.lines, kept.traces) == ((), ())
    audits.run(hour=2 + 24 * 7)
    assert audits.memory.notified_state.incidents
    audits.run(hour=2 + 24 * 7 + 0.1)
    assert audits.memory.notified_state.incidents == {}


def change_that_fixes(hour: float) -> Change:
    bo = ChangeActor(name="Bo Admin", actor_id="00u2", at=hours(hour - 0.5), event_id="abc-2")
    return change(
        before="user.email",
        after="user.login",
        until=hours(hour),
        confidence=Confidence.LIKELY,
        actors=(bo,),
    )


def test_the_change_that_fixed_an_incident_is_part_of_the_update_and_not_sent_again(audits):
    audits.run(email_not_login(), hour=1)
    (one,) = audits.run(hour=2, changes=(change_that_fixes(2),))
    (update,) = one.about.updates
    assert (update.reason, update.change) == (NotifyReason.RESOLVED, change_that_fixes(2))


def test_the_change_that_fixed_a_part_of_an_incident_is_part_of_the_update(audits):
    other = replace(email_not_login(), id="another", subject="oty2")
    audits.run(email_not_login(), other, hour=1, changes=(change(),))
    (one,) = audits.run(other, hour=2, changes=(change_that_fixes(2),))
    (update,) = one.about.updates
    assert (update.reason, update.change) == (NotifyReason.BETTER, change_that_fixes(2))


def test_the_change_that_fixed_an_incident_is_named_after_an_audit_that_did_not_evaluate_it(audits):
    audits.run(email_not_login(), hour=1)
    audits.run(hour=2, unknown_rules=("email-not-login",))
    (one,) = audits.run(hour=3, changes=(change_that_fixes(3),))
    assert one.about.updates[0].change == change_that_fixes(3)


def test_an_unrelated_change_is_not_named_as_the_fix(audits):
    audits.run(email_not_login(), hour=1)
    other = change("mapping[oty9].title.expression", until=hours(2))
    resolved, quiet = audits.run(hour=2, changes=(other,))
    assert resolved.about.updates[0].change is None
    assert quiet.about.changes == (other,)


def test_an_earlier_waiver_is_not_the_reason_that_the_rest_is_resolved(audits):
    waiver = Waiver(
        rule="push-flag-off",
        subject="create-users",
        owner="Ada",
        reason="",
        expires=date(2027, 1, 1),
    )
    other = finding(subject="update-attributes")
    audits.run(finding(), other, hour=1, waivers=(waiver,))
    (one,) = audits.run(finding(), hour=2, waivers=(waiver,))
    assert reasons([one]) == [NotifyReason.RESOLVED]
    assert one.about.states[0].note == "It was fixed"


def test_an_acknowledgement_until_fixed_ends_with_the_incident(audits):
    audits.run(finding(), hour=1)
    acknowledged_until_fixed(audits)
    assert not any(audits.run(finding(), hour=hour) for hour in range(24, 24 * 60, 24))
    (one,) = audits.run(hour=24 * 60)
    assert one.about.states[0].acknowledgement is None


def test_an_acknowledgement_until_fixed_ends_when_the_incident_becomes_critical(audits):
    audits.run(finding(), hour=1)
    acknowledged_until_fixed(audits)
    worse = replace(finding(), severity=Severity.CRITICAL)
    (one,) = audits.run(worse, hour=3)
    assert one.about.states[0].acknowledgement is None
    assert reasons(audits.run(worse, hour=7)) == [NotifyReason.REMINDER]


def test_the_message_changes_silently_when_an_acknowledgement_ends(audits):
    audits.run(finding(), hour=1)
    acknowledged(audits, until=3)
    (one,) = audits.run(finding(), hour=4)
    assert one.about.updates == ()
    assert one.about.states[0].acknowledgement is None


def test_the_owner_of_a_cause_stays_until_the_incident_is_forgotten(audits):
    audits.run(finding(), hour=1)
    taken = action(finding().id, ActionKind.ASSIGN, owner="IAM")
    decision = respond(audits.memory.notified_state, taken, at=hours(2))
    audits.memory = replace(audits.memory, notified_state=decision.notified_state)
    audits.run(finding(), hour=3)
    assert audits.memory.notified_state.owners == {finding().id: "IAM"}
    (one,) = audits.run(hour=4)
    assert one.about.states[0].owner.name == "IAM"


def acknowledged_until_fixed(audits) -> None:
    asked = action(finding().id, until=None)
    decision = respond(audits.memory.notified_state, asked, at=hours(2))
    audits.memory = replace(audits.memory, notified_state=decision.notified_state)
