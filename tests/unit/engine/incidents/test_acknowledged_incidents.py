"""Acknowledged, owned and fixed incidents."""

from datetime import date

import pytest
from msgspec.structs import replace

from auditor.domain.waivers import Waiver
from auditor.engine.changes.diff import Change, ChangeActor, Confidence
from auditor.engine.incidents.incident_action import ActionKind, respond
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.rule.severity import Severity
from tests.support.audited_target import ALSO_OFF, OFF, change, email_not_login, reasons
from tests.support.builders.actions import action
from tests.support.builders.findings import (
    finding,
    hours,
)


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
