"""The sandbox's Slack: Web API, incoming webhooks, file uploads and a sink for other webhooks."""

from auditor.sandbox.slack.app import slack_app
from auditor.sandbox.slack.records import ALL_SCOPES, Call, Channel, Delivery, File, Message
from auditor.sandbox.slack.state import SlackState

__all__ = [
    "ALL_SCOPES",
    "Call",
    "Channel",
    "Delivery",
    "File",
    "Message",
    "SlackState",
    "slack_app",
]
