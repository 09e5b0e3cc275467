"""The message of several incidents: whose change it names."""

from msgspec.structs import replace

from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentState, IncidentStatus
from auditor.engine.incidents.notification import Incidents, Notification, NotificationKind
from auditor.notify.slack.message_style import MessageStyle
from auditor.notify.slack.several_message import several_message
from auditor.rule.severity import Severity
from auditor.sandbox.slack.block_text import Reader
from tests.support.builders.changes import EMAIL_CHANGE
from tests.support.builders.findings import START, hours

MAPPING = IncidentState(
    rule="email-not-login",
    cause="3fd92c1aaaaaaaaa",
    title="Email is mapped from user.email",
    status=IncidentStatus.OPEN,
    severity=Severity.CRITICAL,
    since=START,
    dated=True,
    opened_at=hours(1),
    findings=1,
    lines=(),
    change=EMAIL_CHANGE,
)
PUSH = replace(
    MAPPING, rule="push-flag-off", cause="b" * 16, title="Create Users is off", change=None
)


def lines(*states: IncidentState) -> list[str]:
    about = Incidents(kind=NotificationKind.INCIDENT, states=states)
    notification = Notification(key="k", thread="t", target="production", at=START, about=about)
    message = several_message(about, notification, MessageStyle())
    return "\n".join(Reader({}).read(message.text, message.blocks)).splitlines()


def test_a_change_of_one_incident_is_not_named_for_the_others():
    for other in (
        PUSH,
        replace(PUSH, rule=NOT_EVALUATED),
        replace(PUSH, change=replace(EMAIL_CHANGE, after="user.nickName")),
    ):
        shown = lines(MAPPING, other)
        assert [each for each in shown if each.startswith("Changed by")] == []
        assert sum("changed by Mira Torres (likely)" in each for each in shown) >= 1


def test_a_change_of_all_open_incidents_is_described():
    resolved = replace(PUSH, cause="c" * 16, status=IncidentStatus.RESOLVED)
    shown = lines(MAPPING, replace(PUSH, change=EMAIL_CHANGE), resolved)
    assert "Changed by Mira Torres (likely)" in shown
