"""The controls of an incident's message, and the modal of an acknowledgement. Pure."""

import msgspec

from auditor.engine.incidents.action_limits import is_limited, requires_reason
from auditor.engine.incidents.incident import IncidentState
from auditor.notify.slack.blocks import Json, tidy
from auditor.notify.slack.interaction.click import (
    ACKNOWLEDGE,
    ASSIGN,
    MAX_REASON,
    MORE,
    REASON,
    RECHECK,
    SHOW_AFFECTED,
    UNTIL_FIXED,
    Click,
    ModalOrigin,
)

PERIOD_LABELS = {"1d": "for 1 day", "7d": "for 7 days", UNTIL_FIXED: "until fixed"}


def action_controls(state: IncidentState) -> Json:
    """Return the controls of an open incident: acknowledge, show affected, assign, recheck."""
    periods = [each for each in PERIOD_LABELS if each != UNTIL_FIXED or not is_limited(state)]
    controls: list[Json] = [
        {
            "type": "static_select",
            "action_id": ACKNOWLEDGE,
            "placeholder": _plain("Acknowledge"),
            "options": [_option(PERIOD_LABELS[each], each) for each in periods],
        }
    ]
    if state.affected:
        controls.append(
            {"type": "button", "action_id": SHOW_AFFECTED, "text": _plain("Show affected")}
        )
    more = [_option("Assign to me", ASSIGN), _option("Recheck", RECHECK)]
    controls.append({"type": "overflow", "action_id": MORE, "options": more})
    return {"type": "actions", "block_id": "incident", "elements": controls}


def acknowledge_modal(click: Click, state: IncidentState, target: str) -> Json:
    """Return the modal that takes the reason; it is required for a critical incident."""
    origin = ModalOrigin(
        channel_id=click.channel_id,
        message_ts=click.message_ts,
        action_ts=click.action_ts,
        period=click.period,
    )
    lines = f"{tidy(state.title, 120)}\n{target}, {PERIOD_LABELS[click.period]}"
    return {
        "type": "modal",
        "title": _plain("Acknowledge"),
        "submit": _plain("Acknowledge"),
        "close": _plain("Cancel"),
        "private_metadata": msgspec.json.encode(origin).decode(),
        "blocks": [
            {"type": "section", "text": _plain(lines)},
            {
                "type": "input",
                "block_id": REASON,
                "optional": not requires_reason(state),
                "label": _plain("Reason"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": REASON,
                    "max_length": MAX_REASON,
                },
            },
        ],
    }


def _option(text: str, value: str) -> Json:
    return {"text": _plain(text), "value": value}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}
