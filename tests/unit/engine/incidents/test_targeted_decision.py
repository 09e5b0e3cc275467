"""A targeted audit notifies about the incidents that it changed, and about nothing else."""

from datetime import date

from msgspec.structs import replace

from auditor.domain.waivers import Waiver
from auditor.engine.changes.diff import ChangeActor, Confidence
from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentStatus
from auditor.engine.incidents.notification import NotificationKind
from auditor.engine.incidents.notification_policy import NotifyReason
from tests.support.audited_target import OFF, change, email_not_login, many, reasons
from tests.support.builders.findings import finding, hours

OTHER = finding("email-not-login", "oty9")
"""Its rule is not evaluated by the targeted audit. Its reminder is due after a day."""

PUSH = ("push-flag-off",)
ADA = ChangeActor(name="Ada Admin", actor_id="00u1", at=hours(0.5), event_id="abc-1")


def test_only_the_incident_that_changed_is_notified_although_a_reminder_is_due(audits):
    audits.run(finding(), OTHER, hour=1)
    before = audits.memory.notified_state.incidents[OTHER.id]
    (one,) = audits.targeted(hour=30, rules=PUSH)
    assert (one.target, one.rules, reasons([one])) == ("production", PUSH, [NotifyReason.RESOLVED])
    assert audits.memory.notified_state.incidents[OTHER.id] == before
    assert NotifyReason.REMINDER in reasons(audits.run(OTHER, hour=31))


def test_a_new_finding_begins_an_incident_of_its_own(audits):
    (one,) = audits.targeted(finding(), hour=0.5, rules=PUSH)
    assert (one.about.kind, reasons([one])) == (NotificationKind.INCIDENT, [NotifyReason.NEW])
    assert one.mentions
    assert audits.memory.notified_state.incidents.keys() == {finding().id}


def test_a_finding_that_is_waived_now_closes_its_incident(audits):
    waiver = Waiver(rule="push-flag-off", owner="Ada", reason="a test", expires=date(2026, 2, 1))
    audits.run(finding(), OTHER, hour=1)
    (one,) = audits.targeted(finding(), hour=30, rules=PUSH, waivers=(waiver,))
    assert [state.status for state in one.about.states] == [IncidentStatus.WAIVED]


def test_the_other_findings_of_a_changed_incident_are_as_the_last_full_audit_found_them(audits):
    mapped = replace(OTHER, evidence=email_not_login().evidence)
    audits.run(OFF, mapped, hour=1, changes=(change(),))
    (one,) = audits.targeted(OFF, hour=2, rules=PUSH)
    assert [state.note for state in one.about.states] == [
        "As the last full audit found it: 1 of 2 findings"
    ]


def test_an_actor_who_becomes_known_edits_the_message_of_the_change(audits):
    unknown = change(until=hours(1))
    audits.run(email_not_login(), finding(), hour=1, changes=(unknown,))
    known = replace(unknown, confidence=Confidence.LIKELY, actors=(ADA,))
    (one,) = audits.targeted(hour=30, rules=(), attributed=(known,))
    assert one.about.updates == ()
    assert [state.change.changed_by for state in one.about.states] == ["Ada Admin (likely)"]
    assert audits.memory.notified_state.causes[email_not_login().id].change == known


def test_an_actor_of_another_change_edits_no_message(audits):
    audits.run(email_not_login(), hour=1, changes=(change(),))
    other = change("app.status", confidence=Confidence.LIKELY, actors=(ADA,))
    assert audits.targeted(hour=30, rules=(), attributed=(other,)) == ()


def test_many_new_incidents_are_one_message(audits):
    rules = tuple(f"rule-{number}" for number in range(4))
    assert len(audits.targeted(*many(3), hour=0.5, rules=rules)) == 3
    audits.targeted(hour=1, rules=rules)
    others = [finding(f"other-{number}") for number in range(4)]
    (storm,) = audits.targeted(*others, hour=2, rules=rules)
    assert (storm.about.kind, len(storm.about.states)) == (NotificationKind.STORM, 4)


def test_a_change_that_explains_nothing_is_left_to_the_next_full_audit(audits):
    explaining, quiet = change(until=hours(0.5)), change("schema[title]", until=hours(0.5))
    (one,) = audits.targeted(OFF, hour=0.5, rules=PUSH, changes=(explaining, quiet))
    assert [state.change for state in one.about.states] == [explaining]
    assert audits.memory.notified_state.unreported_changes == (quiet,)
    back = change(before="user.email", after="user.login", until=hours(0.7))
    (over,) = audits.targeted(hour=0.7, rules=PUSH, changes=(back,))
    assert [update.change for update in over.about.updates] == [back]
    assert audits.memory.notified_state.unreported_changes == (quiet,)


def test_the_incident_of_unknown_rules_stays_as_the_last_full_audit_left_it(audits):
    for hour in (1, 2, 3):
        audits.run(finding(), hour=hour, unknown_rules=("email-not-login",))
    before = audits.memory.notified_state
    audits.targeted(hour=30, rules=PUSH)
    after = audits.memory.notified_state
    assert after.incidents[NOT_EVALUATED] == before.incidents[NOT_EVALUATED]
    assert (after.not_evaluated, after.audited_at) == (before.not_evaluated, before.audited_at)
