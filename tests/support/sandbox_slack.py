"""Calls of the sandbox's Slack as an app makes them."""

from datetime import UTC, datetime

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient
from starlette.types import ASGIApp, Receive, Scope, Send

from auditor.sandbox.slack.state import SlackState

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class Slack:
    """A fresh workspace behind a served app, and the SDK's clients for it."""

    def __init__(self, origin: str, state: SlackState) -> None:
        self.origin = origin
        self.state = state

    def client(self, token: str = "") -> WebClient:
        token = token or self.state.token
        return WebClient(token, base_url=f"{self.origin}/api/", retry_handlers=[], timeout=10)

    def webhook(self, path: str = "") -> WebhookClient:
        return WebhookClient(f"{self.origin}{path or self.state.webhook_path}", retry_handlers=[])


class ReplaceableApp:
    """One server whose app is replaced for each test."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def refusal(call, *arguments, **named) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(*arguments, **named)
    return str(caught.value.response["error"])


def section(text: str, kind: str = "mrkdwn") -> dict[str, object]:
    return {"type": "section", "text": {"type": kind, "text": text}}
