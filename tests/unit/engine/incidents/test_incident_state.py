"""The state of an incident, as its message shows it."""

from datetime import date

import pytest
from msgspec.structs import replace

from auditor.domain.collections import APP, ASSIGNMENTS, MAPPINGS
from auditor.domain.waivers import Waiver
from auditor.engine.changes.diff import ChangeActor, Confidence
from auditor.engine.configuration_changes import with_late_actors
from auditor.engine.incidents.incident import IncidentState, IncidentStatus
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.rule.results import Evidence, Remediation, RootCause
from auditor.rule.severity import Severity
from tests.support.audited_target import ALSO_OFF, OFF, change, email_not_login, reasons
from tests.support.builders.findings import finding, hours

RULE = "user-not-provisioned"
LEAD = finding(RULE, "00u1")
JOINED = finding(RULE, "00u2", root_cause=RootCause(rule=RULE, subject="00u1", lists_users=False))
LISTED = finding(
    "user-not-removed", "7", root_cause=RootCause(rule=RULE, subject="00u1", lists_users=True)
)
"""Grouped under the first: it is no open finding of its own."""


def state_of(notifications) -> IncidentState:
    """Return the only state of the only notification."""
    (one,) = notifications
    state: IncidentState
    (state,) = one.about.states
    return state


def test_the_finding_that_leads_the_cause_names_the_rule_until_it_is_fixed(audits):
    lead = replace(OFF, severity=Severity.LOW)
    worse = replace(email_not_login(), severity=Severity.CRITICAL)
    audits.run(lead, hour=1, changes=(change(),))
    state = state_of(audits.run(lead, worse, hour=2))
    assert (state.cause, state.rule, state.severity) == (OFF.id, OFF.rule, Severity.CRITICAL)
    assert state.rules == ("email-not-login", "push-flag-off")
    assert state_of(audits.run(worse, hour=3)).rule == "email-not-login"


def test_the_remediation_in_short_is_that_of_the_rule(audits):
    assert state_of(audits.run(OFF, hour=1)).fix == ("Select the option.",)
    resolved = state_of(audits.run(hour=2))
    assert (resolved.fix, resolved.steps, resolved.until) == ((), (), hours(2))


def test_a_step_for_several_users_names_none_of_them(audits):
    fix = Remediation(steps=("Push Ada.",), for_many="Push these {n} users: {list}.")
    found = (replace(each, remediation=fix, affected_count=1) for each in (LEAD, JOINED))
    assert state_of(audits.run(*found, hour=1)).steps == (
        "Push Ada.",
        "Push these 2 users (the report lists them).",
    )


def test_due_dates_count_from_the_opening_of_the_oldest_open_finding(audits):
    audits.run(OFF, hour=1, changes=(change(),))
    assert state_of(audits.run(OFF, ALSO_OFF, hour=2)).opened_at == hours(1)
    assert state_of(audits.run(ALSO_OFF, hour=3)).opened_at == hours(2)


def test_findings_of_one_kind_have_one_message_unless_others_are_listed_under_them(audits):
    state = state_of(audits.run(LEAD, JOINED, hour=1))
    many = "2 assigned users have no account."
    assert (state.findings, state.lines, state.summary) == (2, (many,), many)
    state = state_of(audits.run(LEAD, JOINED, LISTED, hour=2))
    assert (state.findings, state.summary) == (3, "")
    assert state.lines == ("00u1 is off", "00u2 is off")


def test_an_incident_stays_open_while_a_finding_that_was_listed_under_it_is_unknown(audits):
    audits.run(LEAD, LISTED, hour=1)
    known = audits.memory.notified_state.incidents[LEAD.id]
    unknown = (("user-not-removed", "7"),)
    (edited,) = audits.run(hour=2, rules=(RULE,), unknown=unknown)
    assert edited.about.updates == ()
    assert edited.about.states == (replace(known.state, note="Not evaluated in this audit"),)
    assert audits.memory.notified_state.incidents[LEAD.id].traces == known.traces
    (reminder,) = audits.run(hour=25, rules=(RULE,), unknown=unknown)
    (update,) = reminder.about.updates
    assert (update.reason, update.open, update.removed) == (NotifyReason.REMINDER, 1, 0)
    assert update.severity is Severity.HIGH
    resolved = state_of(audits.run(hour=26, rules=(RULE, "user-not-removed")))
    assert resolved.status is IncidentStatus.RESOLVED


def test_a_waived_incident_is_resolved_when_its_finding_is_not_found_any_more(audits):
    waiver = Waiver(rule="push-flag-off", owner="Ada", reason="x", expires=date(2026, 2, 1))
    audits.run(finding(), hour=1)
    audits.run(finding(), hour=2, waivers=(waiver,))
    (one,) = audits.run(hour=3, waivers=(waiver,))
    assert reasons([one]) == [NotifyReason.RESOLVED]
    assert state_of([one]).status is IncidentStatus.RESOLVED


def test_an_actor_who_becomes_known_is_named_also_while_the_rule_is_unknown(audits):
    audits.run(email_not_login(), hour=1, changes=(change(),))
    ada = ChangeActor(name="Ada Admin", actor_id="00u1", at=hours(0.5), event_id="abc-1")
    known = change(confidence=Confidence.LIKELY, actors=(ada,))
    notified = audits.memory.notified_state
    causes = with_late_actors(notified.causes, {known.key: known})
    audits.memory = replace(audits.memory, notified_state=replace(notified, causes=causes))
    state = state_of(audits.run(hour=2, unknown_rules=("email-not-login",)))
    assert (state.change, state.dated) == (known, False)
    state = state_of(audits.run(email_not_login(), hour=3))
    assert (state.change, state.since, state.dated) == (known, hours(0.5), True)


def test_an_update_names_the_change_of_its_cause_also_after_the_audit_that_found_it(audits):
    audits.run(OFF, hour=1, changes=(change(),))
    (one,) = audits.run(OFF, ALSO_OFF, hour=2)
    assert one.about.updates[0].change == change()


@pytest.mark.parametrize(
    ("fields", "named"), [(("a", "a"), "a"), (("a", "b"), None), (("a",), "a")]
)
def test_new_findings_with_a_root_cause_name_a_change_only_if_all_share_it(audits, fields, named):
    def setting(field: str) -> Evidence:
        return Evidence(
            collection=MAPPINGS.name, field=f"schema[{field}]", observed="x", expected="y"
        )

    root = RootCause(rule=RULE, subject="00u1", lists_users=False)
    added = [
        replace(finding(RULE, f"more-{number}", root_cause=root), evidence=(setting(field),))
        for number, field in enumerate(fields)
    ]
    changes = {field: change(f"schema[{field}]", until=hours(2)) for field in fields}
    audits.run(LEAD, hour=1)
    (one, *_) = audits.run(LEAD, *added, hour=2, changes=tuple(changes.values()))
    (update,) = one.about.updates
    assert (update.reason, update.added) == (NotifyReason.WORSE, len(added))
    assert update.change == changes.get(named)


def test_an_update_shows_the_first_three_settings_of_new_findings_and_no_users(audits):
    plain = Evidence(collection=APP.name, field="status", observed="INACTIVE", expected="ACTIVE")
    pieces = (
        replace(plain, collection=ASSIGNMENTS.name, observed="ada@example.com"),
        replace(plain, observed=""),
        replace(plain, expected=""),
        *(replace(plain, field=field) for field in "abacd"),
    )
    known = replace(OFF, evidence=(*OFF.evidence, replace(plain, field="known")))
    audits.run(known, hour=1, changes=(change(),))
    (one,) = audits.run(known, replace(ALSO_OFF, evidence=(*pieces, *ALSO_OFF.evidence)), hour=2)
    (update,) = one.about.updates
    assert [each.field for each in update.evidence] == ["a", "b", "c"]


def test_an_incident_waits_for_its_count_while_one_of_its_findings_is_not_counted(audits):
    mapped = email_not_login()
    audits.run(OFF, mapped, hour=1, changes=(change(),))
    (one,) = audits.targeted(
        OFF, hour=2, rules=("push-flag-off",), uncounted=frozenset({"push-flag-off"})
    )
    assert state_of([one]).is_counting
