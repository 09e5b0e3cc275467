"""Slack accepts each message with any outside text, and shows the text literally."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from auditor.engine.changes.diff import Change, ChangeActor, Confidence
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.incidents.incident import (
    Acknowledgement,
    IncidentLink,
    IncidentOwner,
    IncidentState,
    IncidentStatus,
)
from auditor.engine.incidents.notification import (
    ChangesNotice,
    Digest,
    Incidents,
    IncidentUpdate,
    Notice,
    Notification,
    NotificationKind,
)
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.notify.slack.blocks import tidy
from auditor.notify.slack.details_reply import details_replies
from auditor.notify.slack.incident_message import root, with_mentions
from auditor.notify.slack.message_style import MessageStyle
from auditor.notify.slack.thread_reply import reply
from auditor.rule.results import Evidence
from auditor.rule.severity import Severity
from auditor.sandbox.slack.blocks import count_text, find_complaints
from tests.support.builders.findings import START, hours
from tests.support.peers.webhook_receiver import rebuild

BUDGET = 10_000
HOSTILE_TEXTS = (
    "<!channel> *x* _y_ ~z~ `q`",
    "<https://evil.example|click me>",
    "ada@<!here>.example",
    "https://evil.example/unfurl",
    "&lt;!everyone&gt;",
    "\u202egnirts a\u202c",
    "line\nbreak\r\n\ttab\x00\x1b[31m",
    "\ud800",
    "👩‍👩‍👧‍👦" * 50,
    "",
    "   ",
    "&" * 5000,
    "<" * 149,
)

texts = st.one_of(
    st.sampled_from(HOSTILE_TEXTS),
    st.builds(
        lambda piece, times: piece * times,
        st.text(st.characters(codec=None), max_size=20),
        st.integers(0, 300),
    ),
)
numbers = st.integers(0, 10**9)
severities = st.sampled_from(Severity)
actors = st.builds(ChangeActor, name=texts, actor_id=texts, at=st.just(START), event_id=texts)
changes = st.builds(
    Change,
    collection=texts,
    path=texts,
    before=st.none() | texts,
    after=st.none() | texts,
    since=st.just(START),
    until=st.just(hours(1)),
    confidence=st.sampled_from(Confidence),
    actors=st.lists(actors, max_size=5).map(tuple),
    unknown_reason=texts,
)


def tuples(each, most: int, least: int = 0):
    return st.lists(each, min_size=least, max_size=most).map(tuple)


acknowledgements = st.none() | st.builds(
    Acknowledgement,
    by=texts,
    reason=texts,
    until=st.none() | st.just(hours(9)),
    slack_user=st.just("U0ADA0000") | texts,
)
owners = st.none() | st.just(IncidentOwner(name="Ada", slack_user="U0ADA0000"))
states = st.builds(
    IncidentState,
    rule=texts,
    title=texts,
    status=st.sampled_from(IncidentStatus),
    severity=severities,
    since=st.just(START),
    dated=st.booleans(),
    until=st.none() | st.just(hours(1)),
    findings=numbers,
    lines=tuples(texts, 5),
    affected=numbers,
    people=tuples(texts, 10),
    change=st.none() | changes,
    steps=tuples(texts, 30),
    links=tuples(
        st.builds(IncidentLink, label=texts, url=texts | st.just("https://x.example/" * 9)), 4
    ),
    note=texts,
    acknowledgement=acknowledgements,
    owner=owners,
)
updates = st.builds(
    IncidentUpdate,
    rule=texts,
    reason=st.sampled_from(NotifyReason),
    at=st.just(hours(1)),
    since=st.just(START),
    severity=severities,
    severity_before=st.none() | severities,
    affected=numbers,
    affected_before=numbers,
    added=numbers,
    removed=numbers,
    open=numbers,
    lines=tuples(texts, 5),
    evidence=tuples(
        st.builds(Evidence, collection=texts, field=texts, observed=texts, expected=texts), 3
    ),
    change=st.none() | changes,
    note=texts,
    acknowledgement=acknowledgements,
    owner=owners,
    by=texts,
    slack_user=st.just("U0ADA0000") | texts,
)
abouts = st.one_of(
    st.builds(Incidents, kind=st.just(NotificationKind.INCIDENT), states=tuples(states, 1, 1)),
    st.builds(Incidents, kind=st.sampled_from(NotificationKind), states=tuples(states, 60, 2)),
    st.builds(ChangesNotice, changes=tuples(changes, 20, 1), count=numbers),
    st.builds(Notice, title=texts, steps=tuples(texts, 20)),
    st.builds(
        Digest,
        since=st.just(START),
        until=st.just(hours(168)),
        verdict=texts,
        completeness=texts,
        counts=st.dictionaries(st.text(max_size=9), numbers, max_size=4),
        overdue=tuples(texts, 50),
        expiring=tuples(texts, 50),
        trend=tuples(st.tuples(st.dates(date(1900, 1, 1)), st.none() | numbers), 12),
    ),
)
notifications = st.builds(
    Notification,
    key=texts,
    thread=texts,
    target=texts,
    at=st.just(hours(1)),
    severity=st.none() | severities,
    mentions=st.booleans(),
    about=abouts,
)
STYLE = MessageStyle(
    mentions=dict.fromkeys(Severity, ("@here", "S0123ABCD", "U0123ABCD")),
    report="https://reports.example.com/production/2026-W02.html",
)
many = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def check(message) -> None:
    blocks = json.loads(json.dumps(message.blocks))
    calls = [block for block in blocks if '"broadcast"' in json.dumps(block)]
    others = [block for block in blocks if block not in calls]
    ours, theirs = rebuild(others)
    assert ours == theirs
    assert find_complaints(blocks) == []
    assert count_text(blocks) < BUDGET
    assert '"mrkdwn"' not in json.dumps(blocks)
    assert 0 < len(message.text) <= 1000
    assert not {"<", ">"} & set(message.text)
    message.text.encode()


@many
@given(notifications)
def test_slack_accepts_any_root_message(notification):
    message = root(notification, STYLE)
    check(with_mentions(message, notification, STYLE))
    check(message.brief)


@many
@given(tuples(updates, 30, 1), notifications)
def test_slack_accepts_any_details(subject, notification):
    for each in details_replies(notification, subject):
        check(each.message)
        check(each.message.brief)


@many
@given(tuples(updates, 30, 1), notifications)
def test_slack_accepts_any_reply(subject, notification):
    check(reply(subject, notification, STYLE))


STATE = IncidentState(
    rule="email-not-login",
    title="Email is mapped from user.email, not the login",
    status=IncidentStatus.OPEN,
    severity=Severity.CRITICAL,
    since=START,
    dated=False,
    findings=1,
    lines=("It is wrong.",),
)


def incident(**more) -> Notification:
    about = Incidents(kind=NotificationKind.INCIDENT, states=(replace(STATE, **more),))
    return Notification(key="k", thread="t", target="production", at=hours(1), about=about)


def leaves(message) -> list[dict[str, str]]:
    return [
        leaf
        for block in message.blocks
        if block["type"] == "rich_text"
        for part in block["elements"]
        if part["type"] == "rich_text_section"
        for leaf in part["elements"]
    ]


@pytest.mark.parametrize("text", ["<!channel> *x*", "https://evil.example", "_y_ ~z~ `q`"])
def test_outside_text_is_shown_literally(text):
    elements = leaves(root(incident(lines=(text,)), MessageStyle()))
    assert {leaf["type"] for leaf in elements} == {"text"}
    assert any(leaf["text"] == text for leaf in elements)


def test_several_findings_of_one_kind_have_one_message():
    summary = "3 users have several Unleash accounts."
    several = incident(findings=3, lines=("Not this one.",), summary=summary)
    texts = [leaf.get("text") for leaf in leaves(root(several, MessageStyle()))]
    assert summary in texts
    assert "Not this one." not in texts


def test_no_message_contains_the_name_of_an_affected_user():
    notification = incident(
        affected=2,
        people=("Ada Okafor", "Bo"),
        lines=("Ada Okafor (ada@acme.example) keeps an account.",),
        steps=("Delete the account of Ada Okafor.",),
        note="ada@acme.example was not read",
    )
    text = json.dumps(root(notification, MessageStyle()).blocks)
    assert "Ada" not in text
    assert "acme.example" not in text
    assert "(a user) ((an address)) keeps an account." in text


def test_the_problem_and_the_severity_come_first_and_links_are_text():
    style = MessageStyle(
        report="https://reports.example.com/latest.html",
        deadlines=Deadlines(owner="Identity Platform"),
    )
    notification = incident(
        affected=572,
        cause="4b00",
        steps=("Set Email to user.login.", "Save.", "Push.", "Wait."),
        links=(IncidentLink(label="Open in Okta", url="https://okta.example/app"),),
        opened_at=START,
    )
    message = root(notification, style)
    lines = "".join(leaf.get("text", "") + "\n" for leaf in leaves(message))
    assert message.blocks[0]["text"]["text"] == "🔴 Email is mapped from user.email, not the login"
    order = ("Critical", "572", "It is wrong.", "Remediation", "Identity Platform", "Open in Okta")
    assert [lines.index(each) for each in order] == sorted(lines.index(each) for each in order)
    assert "Wait." not in lines
    assert "actions" not in {block["type"] for block in message.blocks}
    urls = [leaf["url"] for leaf in leaves(message) if leaf["type"] == "link"]
    assert urls == ["https://okta.example/app", "https://reports.example.com/latest.html#c-4b00"]
    assert message.text == (
        "Critical, production: Email is mapped from user.email, not the login. "
        "572 users affected. Owner Identity Platform. Due 2026-01-06."
    )


def test_a_resolved_incident_is_in_the_past_tense():
    over = incident(status=IncidentStatus.RESOLVED, until=hours(28), affected=572)
    message = root(over, MessageStyle())
    lines = "".join(leaf["text"] for leaf in leaves(message))
    assert (
        message.blocks[0]["text"]["text"]
        == "🟢 Resolved: Email is mapped from user.email, not the login"
    )
    assert lines.startswith("Was critical · production572 users were affected")
    assert "after 1 day 4 hours" in lines


@pytest.mark.parametrize(
    ("unknown", "sentence"),
    [
        (0, "Audit complete: all 29 rules were evaluated."),
        (14, "Audit incomplete: 14 of 29 rules not evaluated."),
    ],
)
def test_the_message_of_the_first_audit_states_completeness(unknown, sentence):
    about = Incidents(
        kind=NotificationKind.BASELINE, states=(STATE,), rules=29, not_evaluated=unknown
    )
    first = Notification(key="k", thread="t", target="production", at=hours(1), about=about)
    message = root(first, MessageStyle())
    assert sentence in json.dumps(message.blocks)
    assert sentence in message.text


def storm_of(*states: IncidentState) -> Notification:
    about = Incidents(kind=NotificationKind.STORM, states=states)
    return Notification(key="k", thread="t", target="production", at=hours(1), about=about)


def lines_of(message) -> list[str]:
    return [
        "".join(leaf.get("text", "") for leaf in part["elements"])
        for block in message.blocks
        if block["type"] == "rich_text"
        for part in block["elements"]
    ]


def test_a_message_of_several_shows_which_incident_is_resolved_accepted_or_acknowledged():
    pause = Acknowledgement(by="Jo", reason="", until=hours(9))
    states = (
        replace(STATE, cause="aa", title="Open", severity=Severity.HIGH),
        replace(STATE, cause="bb", title="Paused", severity=Severity.LOW, acknowledgement=pause),
        replace(STATE, cause="cc", title="Over", status=IncidentStatus.RESOLVED, affected=3),
        replace(STATE, cause="dd", title="Fine", status=IncidentStatus.WAIVED),
    )
    lines = lines_of(root(storm_of(*states), MessageStyle()))
    assert [line[:40] for line in lines if line[0] in "🟠🔕🟢⏸"] == [
        "🟠 Open: high",
        "🔕 Paused: low, acknowledged",
        "⏸ Fine: accepted, was critical",
        "🟢 Over: resolved, was critical, 3 users",
    ]


def test_incidents_of_one_message_with_one_title_have_their_ids_beside_it():
    states = tuple(replace(STATE, cause=id_ * 16, title="Email mapping") for id_ in "ab")
    storm = storm_of(*states)
    fixed = IncidentUpdate(
        cause="b" * 16,
        rule=STATE.rule,
        reason=NotifyReason.RESOLVED,
        at=hours(2),
        since=START,
        severity=Severity.CRITICAL,
        affected=0,
        open=0,
    )
    (line,) = lines_of(reply([fixed], storm, MessageStyle()))
    assert line.startswith("🟢 Resolved after 2 hours: Email mapping (bbbbbbb).")
    lines = lines_of(root(storm, MessageStyle()))
    assert sum("Email mapping (aaaaaaa)" in each for each in lines) == 1
    assert sum("Email mapping (bbbbbbb)" in each for each in lines) == 1
    alone = storm_of(states[0])
    assert "aaaaaaa" not in "".join(
        lines_of(reply([replace(fixed, cause="a" * 16)], alone, MessageStyle()))
    )


def test_a_storm_names_the_actor_once():
    change = Change(
        collection="okta.mappings",
        path="mapping[oty1].email.expression",
        before="user.login",
        after="user.email",
        since=START,
        until=hours(1),
    )
    states = tuple(replace(STATE, rule=f"rule-{n}", change=change) for n in range(3))
    about = Incidents(kind=NotificationKind.STORM, states=states)
    storm = Notification(key="k", thread="t", target="production", at=hours(1), about=about)
    text = json.dumps(root(storm, MessageStyle()).blocks, ensure_ascii=False)
    assert text.count("user.login → user.email") == 1


@pytest.mark.parametrize(
    ("text", "most", "tidied"),
    [
        ("a\nb\tc\0d", 20, "a b c d"),
        ("\u202eabc\u2069", 20, "abc"),
        ("abcdef", 4, "abc…"),
        ("", 4, "-"),
        (" \n ", 4, "-"),
    ],
)
def test_whitespace_in_text_is_normalized(text, most, tidied):
    assert tidy(text, most) == tidied


def test_the_remediation_is_one_to_three_short_lines():
    fix = ("Turn the action on.", "Review these 139 accounts (the report lists them).")
    steps = tuple(f"Step {number}." for number in range(9))
    (_, text) = root(incident(fix=fix, steps=steps), MessageStyle()).blocks[:2]
    lines = [
        "".join(leaf["text"] for leaf in each["elements"])
        for each in text["elements"]
        if each["type"] == "rich_text_section"
    ]
    assert lines[-2:] == ["Remediation Turn the action on.", fix[1]]
    assert "Step" not in json.dumps(text)


def test_a_reminder_of_an_overdue_incident_states_the_due_date_first():
    about = incident(opened_at=START, cause="4b00").about
    update = IncidentUpdate(
        cause="4b00",
        rule="email-not-login",
        reason=NotifyReason.REMINDER,
        at=hours(48),
        since=START,
        severity=Severity.CRITICAL,
    )
    notification = replace(incident(), about=about)
    style = MessageStyle(deadlines=Deadlines(owner="S0123ABCD"))
    message = reply([update], notification, style)
    (element, *rest) = leaves(message)
    assert element["text"].startswith("⏰ Overdue since 2026-01-06: Email is mapped")
    assert {"type": "usergroup", "usergroup_id": "S0123ABCD"} in rest
