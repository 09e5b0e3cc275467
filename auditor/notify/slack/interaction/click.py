"""A click in a message, or a submitted modal, as Slack sends it. Pure.

The incident is never taken from a button. It follows from the channel and the timestamp of the
message, which the store knows.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from auditor.config.secrets import Secret
from auditor.notify.slack.blocks import Json

ACKNOWLEDGE = "acknowledge"
MORE = "more"
SHOW_AFFECTED = "show_affected"
SHOW_PAGE = "show_page"
ASSIGN = "assign"
RECHECK = "recheck"
REASON = "reason"
UNTIL_FIXED = "fixed"

PERIODS: dict[str, timedelta | None] = {
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
    UNTIL_FIXED: None,
}
"""Value of a period to its length; ``None``: until the incident is fixed."""

MAX_PAGE = 1000
MAX_REASON = 150
"""Characters of a reason."""


class ClickKind(StrEnum):
    """What a click requests."""

    OPEN_MODAL = "open_modal"
    """Open the modal of an acknowledgement."""

    ACKNOWLEDGE = "acknowledge"
    """The modal was submitted."""

    ASSIGN = "assign"
    SHOW_AFFECTED = "show_affected"
    SHOW_PAGE = "show_page"
    """Show another page of a list that only this user sees."""

    RECHECK = "recheck"


class ModalOrigin(Struct, frozen=True, kw_only=True):
    """The click that opened a modal; Slack returns it with the modal."""

    channel_id: str
    message_ts: str
    action_ts: str
    period: str


class Click(Struct, frozen=True, kw_only=True):
    """One click of one user."""

    kind: ClickKind
    app_id: str
    team_id: str
    user_id: str
    channel_id: str
    message_ts: str
    action_ts: str
    """Time of the click. With the user and the action, it identifies the click."""

    period: str = ""
    """A key of :data:`PERIODS`."""

    reason: str = ""
    page: int = 0
    trigger_id: str = ""
    response_url: Secret | None = None
    """Where an answer that only the user sees is posted. It contains a secret; never stored."""

    @property
    def key(self) -> str:
        """Return the idempotency key: user, action, and time of the click."""
        return f"{self.user_id}/{self.kind}/{self.action_ts}"


def parse_click(payload: Json) -> Click | None:
    """Return the click of a payload; ``None``: it is of another kind, or cannot be read."""
    match payload.get("type"):
        case "block_actions":
            return _click(payload)
        case "view_submission":
            return _submission(payload)
        case _:
            return None


def _click(payload: Json) -> Click | None:
    match payload:
        case {
            "container": {"channel_id": str() as channel_id, "message_ts": str() as message_ts},
            "actions": [
                {"action_id": str() as action_id, "action_ts": str() as action_ts, **action}
            ],
            **rest,
        } if who := _who(payload):
            pass
        case _:
            return None
    option = action.get("selected_option")
    value = (option if isinstance(option, dict) else action).get("value", "")
    kind, period, page = _requested(action_id, value)
    if kind is None:
        return None
    url = rest.get("response_url")
    return Click(
        kind=kind,
        **who,
        channel_id=channel_id,
        message_ts=message_ts,
        action_ts=action_ts,
        period=period,
        page=page,
        trigger_id=str(rest.get("trigger_id") or ""),
        response_url=Secret(url) if isinstance(url, str) else None,
    )


def _requested(action_id: str, value: object) -> tuple[ClickKind | None, str, int]:
    """Return what a control requests: kind, period, page."""
    match action_id, value:
        case "acknowledge", str() if value in PERIODS:
            return ClickKind.OPEN_MODAL, value, 0
        case "more", "assign" | "recheck":
            return ClickKind(value), "", 0
        case "show_affected", _:
            return ClickKind.SHOW_AFFECTED, "", 0
        case (("show_page/next" | "show_page/previous"), str()) if value.isdecimal():
            return ClickKind.SHOW_PAGE, "", min(int(value[:4]), MAX_PAGE)
        case _:
            return None, "", 0


def _submission(payload: Json) -> Click | None:
    match payload:
        case {
            "view": {"private_metadata": str() as metadata, "state": {"values": dict() as inputs}}
        }:
            who = _who(payload)
        case _:
            return None
    try:
        origin = msgspec.json.decode(metadata, type=ModalOrigin)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
    if not who or origin.period not in PERIODS:
        return None
    match inputs:
        case {"reason": {"reason": {"value": str() as reason}}}:
            pass
        case _:
            reason = ""
    return Click(
        kind=ClickKind.ACKNOWLEDGE,
        **who,
        channel_id=origin.channel_id,
        message_ts=origin.message_ts,
        action_ts=origin.action_ts,
        period=origin.period,
        reason=reason.strip()[:MAX_REASON],
    )


def _who(payload: Json) -> dict[str, Any]:
    """Return user, app and team; empty when one of them is missing."""
    match payload:
        case {
            "user": {"id": str() as user_id},
            "team": {"id": str() as team_id},
            "api_app_id": str() as app_id,
        }:
            return {"user_id": user_id, "team_id": team_id, "app_id": app_id}
        case _:
            return {}
