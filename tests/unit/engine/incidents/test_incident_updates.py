"""Updates, reminders and changes of an incident in its thread."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.engine.changes.diff import ChangeActor, Confidence
from auditor.engine.incidents.notification import ChangesNotice, Incidents
from auditor.engine.incidents.notification_policy import NotificationPolicy, NotifyReason
from auditor.rule.severity import Severity
from tests.support.audited_target import (
    ALSO_OFF,
    CLEAN,
    OFF,
    change,
    email_not_login,
    explained,
    reasons,
)
from tests.support.builders.findings import (
    finding,
    hours,
)


@pytest.mark.parametrize(
    ("before", "now", "rises"),
    [
        (None, Severity.HIGH, False),
        (Severity.MEDIUM, Severity.CRITICAL, True),
        (Severity.HIGH, Severity.HIGH, False),
        (Severity.CRITICAL, Severity.HIGH, False),
    ],
)
def test_an_update_states_whether_the_severity_rises(audits, before, now, rises):
    changes = (change(),)
    if before:
        audits.run(replace(OFF, severity=before), hour=1, changes=changes)
    found = (replace(OFF, severity=now), replace(ALSO_OFF, severity=now))
    (one,) = audits.run(*found, hour=2, changes=() if before else changes)
    (update,) = one.about.updates
    assert (update.severity, update.severity_before, update.rises) == (now, before, rises)


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


def test_an_update_states_the_last_reminder_since_the_incident_began(audits):
    critical = replace(finding(), severity=Severity.CRITICAL)
    worse = replace(critical, affected_count=1)
    found = {1: critical, 5: critical, 6: worse, 10: worse, 11: None, 12: critical, 16: critical}
    updates = [
        audits.run(*filter(None, [each]), hour=hour)[0].about.updates[0]
        for hour, each in found.items()
    ]
    assert [(update.reason, update.last_reminder_at) for update in updates] == [
        (NotifyReason.NEW, None),
        (NotifyReason.REMINDER, None),
        (NotifyReason.WORSE, hours(5)),
        (NotifyReason.REMINDER, hours(5)),
        (NotifyReason.RESOLVED, hours(10)),
        (NotifyReason.REOPENED, hours(10)),
        (NotifyReason.REMINDER, None),
    ]


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


def test_changes_of_an_audit_with_an_unknown_rule_are_not_marked_as_alone(audits):
    (quiet,) = audits.run(
        hour=1, changes=(change("schema[a]"),), unknown_rules=("email-not-login",)
    )
    assert not quiet.about.alone


def test_a_removed_item_is_reported_as_one_change(audits):
    gone = tuple(change(f"schema[title]{part}", before="x", after=None) for part in ("", ".title"))
    (one,) = audits.run(hour=1, changes=gone)
    assert [each.path for each in one.about.changes] == ["schema[title]"]


def test_many_changes_are_counted(audits):
    many = tuple(change(f"schema[a{n}]") for n in range(30))
    (one,) = audits.run(hour=1, changes=many)
    assert (len(one.about.changes), one.about.count) == (20, 30)
