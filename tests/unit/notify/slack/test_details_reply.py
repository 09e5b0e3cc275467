"""The first reply of a thread: what the root message leaves out."""

import json

from msgspec.structs import replace

from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentState, IncidentStatus
from auditor.engine.incidents.notification import (
    Incidents,
    IncidentUpdate,
    Notification,
    NotificationKind,
)
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.notify.slack.details_reply import details_replies
from auditor.rule.results import Evidence
from auditor.rule.severity import Severity
from auditor.sandbox.slack.block_text import Reader
from tests.support.builders.changes import EMAIL_CHANGE
from tests.support.builders.findings import START, hours

STATE = IncidentState(
    rule="email-not-login",
    rules=("email-not-login", "sso-identifier-differs"),
    cause="3fd92c1aaaaaaaaa",
    title="Email is mapped from user.email, not the login",
    status=IncidentStatus.OPEN,
    severity=Severity.CRITICAL,
    since=START,
    dated=True,
    opened_at=hours(1),
    findings=2,
    lines=("Okta maps email to user.email.", "SAML asserts another email."),
    steps=("Edit Email, set the value to user.login and save.", "Apply updates now."),
    change=EMAIL_CHANGE,
)
EVIDENCE = Evidence(
    collection="okta.mappings",
    field="mapping[oty1].email.expression",
    label="Email mapping",
    observed="user.email",
    expected="user.login",
)


def details(
    *states: IncidentState, kind: NotificationKind = NotificationKind.INCIDENT
) -> list[str]:
    updates = [
        IncidentUpdate(
            cause=each.cause,
            rule=each.rule,
            reason=NotifyReason.NEW,
            at=hours(1),
            since=START,
            severity=each.severity,
            evidence=(EVIDENCE,),
        )
        for each in states
    ]
    notification = Notification(
        key="k",
        thread="t",
        target="production",
        at=hours(1),
        about=Incidents(kind=kind, states=states),
    )
    return [
        "\n".join(Reader({}).read(each.message.text, each.message.blocks))
        for each in details_replies(notification, updates)
    ]


def test_the_details_are_what_the_root_message_leaves_out():
    (text,) = details(STATE)
    assert text == (
        "Okta maps email to user.email.\n"
        "SAML asserts another email.\n"
        "Rules email-not-login, sso-identifier-differs\n"
        "Email mapping: observed user.email · expected user.login\n"
        "Changed 2026-01-05 09:00 UTC. Likely: it is the only matching log entry.\n"
        "First seen 2026-01-05 10:00 UTC by an audit\n"
        "Remediation\n"
        "1. Edit Email, set the value to user.login and save.\n"
        "2. Apply updates now.\n"
        "· Incident 3fd92c1 · auditor findings 3fd92c1 -t production shows all details"
    )


def test_the_details_of_no_admin_access_are_the_break_glass_steps():
    locked_out = replace(STATE, rule="admin-unreachable", rules=("admin-unreachable",))
    (text,) = details(locked_out)
    assert "Break-glass steps\n1. Edit Email" in text
    assert "Remediation" not in text


def test_each_listed_incident_of_a_shared_message_has_details_under_its_title():
    states = tuple(
        replace(STATE, cause=f"{number:016x}", title=f"Problem {number}") for number in range(8)
    )
    texts = details(*states, kind=NotificationKind.STORM)
    assert [each.splitlines()[0] for each in texts] == [f"🔴 Problem {each}" for each in range(5)]


def test_no_name_and_no_address_of_an_affected_user_is_in_the_details():
    named = replace(
        STATE,
        people=("Ada Okafor",),
        lines=("Ada Okafor (ada@acme.example) keeps an account.", "Ada Okafor is an admin."),
        steps=("Delete the account of Ada Okafor.",),
    )
    text = json.dumps(details(named), ensure_ascii=False)
    assert "Ada" not in text
    assert "acme.example" not in text
    assert "Delete the account of (a user)." in text


def test_lines_that_differ_only_in_the_name_are_one_line_and_code_is_code():
    lines = tuple(f"{each} keeps an account: see `user-not-removed`." for each in ("Ada B", "Bo C"))
    (text,) = details(replace(STATE, people=("Ada B", "Bo C"), lines=lines))
    assert text.count("(a user) keeps an account: see user-not-removed.") == 1
    assert "`" not in text


def test_an_incident_that_is_over_or_about_unknown_rules_has_no_details():
    over = replace(STATE, status=IncidentStatus.RESOLVED, until=hours(2))
    assert details(over) == details(replace(STATE, rule=NOT_EVALUATED, cause="")) == []


def test_an_incident_whose_message_leaves_nothing_out_has_no_details():
    plain = replace(
        STATE, rules=("scim-disabled",), findings=1, lines=("SCIM is off.",), steps=(), change=None
    )
    assert len(details(plain)) == 1, "its evidence"
    notification = Notification(
        key="k",
        thread="t",
        target="production",
        at=hours(1),
        about=Incidents(kind=NotificationKind.INCIDENT, states=(replace(plain, dated=False),)),
    )
    assert list(details_replies(notification, ())) == []
