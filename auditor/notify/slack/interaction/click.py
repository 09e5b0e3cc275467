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
from auditor.serialization import from_json

ACKNOWLEDGE = "acknowledge"
MORE = "more"
SHOW_AFFECTED = "show_affected"
SHOW_PAGE = "show_page"
ASSIGN = "assign"
ACKNOWLEDGE_SEVERAL = "acknowledge_several"
RESUME = "resume"
RECHECK = "recheck"
REASON = "reason"
PERIOD = "period"
INCIDENTS = "incidents"
UNTIL_FIXED = "fixed"

PERIODS: dict[str, timedelta | None] = {
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
    UNTIL_FIXED: None,
}
"""Value of a period to its length; ``None``: until the incident is fixed."""

MAX_CHOICES = 10
"""Incidents that a modal offers, as many as Slack accepts."""

MAX_PAGE = 1000
MAX_REASON = 150
"""Characters of a reason."""


class ClickKind(StrEnum):
    """What a click requests."""

    OPEN_MODAL = "open_modal"
    """Open the modal of an acknowledgement."""

    ACKNOWLEDGE = "acknowledge"
    """The modal was submitted."""

    RESUME = "resume"

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
    kind: ClickKind = ClickKind.ACKNOWLEDGE
    """What the modal requests."""

    period: str = ""
    """Empty if the modal itself asks for it."""


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
    incidents: tuple[str, ...] = ()
    """Ids that the user chose in a modal about a message of several incidents. They are valid only
    if the store has them in the thread of the message."""

    page: int = 0
    trigger_id: str = ""
    response_url: Secret | None = None
    """Address for an answer that only the user sees. It contains a secret and is never stored."""

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
        case "acknowledge_several", _:
            return ClickKind.OPEN_MODAL, "", 0
        case "more", "assign" | "recheck" | "resume" | "show_affected":
            return ClickKind(value), "", 0
        case (("show_affected" | "resume"), _):
            return ClickKind(action_id), "", 0
        case (("show_page/next" | "show_page/previous"), str()) if value.isdecimal():
            # At most four digits: int() of a very long text is slow, or an error.
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
        origin = from_json(metadata, ModalOrigin)
    except msgspec.DecodeError:
        return None
    reason, period, incidents = _filled_in(inputs)
    period = origin.period or period
    if not who or (origin.kind is ClickKind.ACKNOWLEDGE and period not in PERIODS):
        return None
    return Click(
        kind=origin.kind,
        **who,
        channel_id=origin.channel_id,
        message_ts=origin.message_ts,
        action_ts=origin.action_ts,
        period=period,
        reason=reason.strip()[:MAX_REASON],
        incidents=incidents,
    )


def _filled_in(inputs: Json) -> tuple[str, str, tuple[str, ...]]:
    """Return the reason, the period and the chosen incidents of a modal."""
    reason = period = ""
    chosen: list[Any] = []
    match inputs:
        case {"reason": {"reason": {"value": str() as reason}}}:
            pass
    match inputs:
        case {"period": {"period": {"selected_option": {"value": str() as period}}}}:
            pass
    match inputs:
        case {"incidents": {"incidents": {"selected_options": list() as chosen}}}:
            pass
        # Radio buttons return one option, checkboxes return a list.
        case {"incidents": {"incidents": {"selected_option": dict() as one}}}:
            chosen = [one]
    values = (each.get("value") for each in chosen[:MAX_CHOICES] if isinstance(each, dict))
    return reason, period, tuple(each for each in values if isinstance(each, str))


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
