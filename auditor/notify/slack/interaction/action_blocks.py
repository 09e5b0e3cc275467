"""The controls of incidents' messages, and the modals that they open. Pure."""

from collections.abc import Sequence

import msgspec

from auditor.engine.incidents.action_limits import is_limited, requires_reason
from auditor.engine.incidents.incident import IncidentState
from auditor.notify.slack.blocks import Json, tidy
from auditor.notify.slack.interaction.click import (
    ACKNOWLEDGE,
    ACKNOWLEDGE_SEVERAL,
    ASSIGN,
    INCIDENTS,
    MAX_CHOICES,
    MAX_REASON,
    MORE,
    PERIOD,
    REASON,
    RECHECK,
    RESUME,
    SHOW_AFFECTED,
    UNTIL_FIXED,
    Click,
    ClickKind,
    ModalOrigin,
)
from auditor.notify.slack.message_style import ICONS

PERIOD_LABELS = {"1d": "for 1 day", "7d": "for 7 days", UNTIL_FIXED: "until fixed"}


_MODAL_TITLES = {
    ClickKind.ACKNOWLEDGE: "Acknowledge",
    ClickKind.ASSIGN: "Assign to me",
    ClickKind.RESUME: "Resume reminders",
    ClickKind.SHOW_AFFECTED: "Show affected",
    ClickKind.RECHECK: "Recheck",
}
_ONE_AT_A_TIME = {ClickKind.SHOW_AFFECTED, ClickKind.RECHECK}


def action_controls(state: IncidentState) -> Json:
    """Return the controls of an open incident: acknowledge, show affected, assign, recheck.

    An acknowledged one has a button that resumes its reminders instead.
    """
    controls: list[Json] = [
        _button(RESUME, "Resume reminders")
        if state.acknowledgement
        else {
            "type": "static_select",
            "action_id": ACKNOWLEDGE,
            "placeholder": _plain("Acknowledge"),
            "options": _periods([state]),
        }
    ]
    if state.affected:
        controls.append(_button(SHOW_AFFECTED, "Show affected"))
    more = [_option("Assign to me", ASSIGN), _option("Recheck", RECHECK)]
    controls.append({"type": "overflow", "action_id": MORE, "options": more})
    return {"type": "actions", "block_id": "incident", "elements": controls}


def shared_controls(open_: Sequence[IncidentState]) -> Json:
    """Return the controls of a message of several incidents; a modal asks which one is meant."""
    controls: list[Json] = []
    if not all(state.acknowledgement for state in open_):
        controls.append(_button(ACKNOWLEDGE_SEVERAL, "Acknowledge"))
    more = [_option("Assign to me", ASSIGN), _option("Recheck", RECHECK)]
    if any(state.affected for state in open_):
        more.append(_option("Show affected", SHOW_AFFECTED))
    if any(state.acknowledgement for state in open_):
        more.append(_option("Resume reminders", RESUME))
    controls.append({"type": "overflow", "action_id": MORE, "options": more})
    return {"type": "actions", "block_id": "incident", "elements": controls}


def choice_modal(
    click: Click, kind: ClickKind, incidents: Sequence[tuple[str, IncidentState]], target: str
) -> Json:
    """Return the modal in which a user chooses incidents of a message, for one kind of action.

    ``incidents`` are those that can be chosen, each with its id, the most severe first.
    """
    offered = incidents[:MAX_CHOICES]
    states = [state for _, state in offered]
    options = [
        # 75 characters: Slack's limit for the text of an option.
        _option(tidy(f"{ICONS[state.severity]} {state.title}", 75), id_)
        for id_, state in offered
    ]
    is_one = kind in _ONE_AT_A_TIME
    blocks: list[Json] = [
        _input(
            INCIDENTS,
            "Incident" if is_one else "Incidents",
            {"type": "radio_buttons" if is_one else "checkboxes", "options": options},
        )
    ]
    if kind is ClickKind.ACKNOWLEDGE:
        blocks.append(
            _input(PERIOD, "Period", {"type": "radio_buttons", "options": _periods(states)})
        )
        blocks.append(_reason(is_required=any(map(requires_reason, states))))
    if rest := len(incidents) - len(offered):
        text = f"{rest} more: auditor findings --target {tidy(target, 120)}"
        blocks.append({"type": "section", "text": _plain(text)})
    return _modal(click, kind, blocks)


def acknowledge_modal(click: Click, state: IncidentState, target: str) -> Json:
    """Return the modal that takes the reason; it is required for a critical incident."""
    lines = f"{tidy(state.title, 120)}\n{target}, {PERIOD_LABELS[click.period]}"
    blocks = [
        {"type": "section", "text": _plain(lines)},
        _reason(is_required=requires_reason(state)),
    ]
    return _modal(click, ClickKind.ACKNOWLEDGE, blocks)


def _modal(click: Click, kind: ClickKind, blocks: list[Json]) -> Json:
    origin = ModalOrigin(
        channel_id=click.channel_id,
        message_ts=click.message_ts,
        action_ts=click.action_ts,
        kind=kind,
        period=click.period,
    )
    return {
        "type": "modal",
        "title": _plain(_MODAL_TITLES[kind]),
        "submit": _plain(_MODAL_TITLES[kind]),
        "close": _plain("Cancel"),
        # Slack returns this text with the modal, which has no message of its own.
        "private_metadata": msgspec.json.encode(origin).decode(),
        "blocks": blocks,
    }


def _periods(states: Sequence[IncidentState]) -> list[Json]:
    """Return the periods that all of these incidents allow."""
    return [
        _option(label, period)
        for period, label in PERIOD_LABELS.items()
        if period != UNTIL_FIXED or not any(map(is_limited, states))
    ]


def _reason(*, is_required: bool) -> Json:
    element = {"type": "plain_text_input", "max_length": MAX_REASON}
    return _input(REASON, "Reason", element) | {"optional": not is_required}


def _input(name: str, label: str, element: Json) -> Json:
    return {
        "type": "input",
        "block_id": name,
        "label": _plain(label),
        "element": element | {"action_id": name},
    }


def _button(action_id: str, text: str) -> Json:
    return {"type": "button", "action_id": action_id, "text": _plain(text)}


def _option(text: str, value: str) -> Json:
    return {"text": _plain(text), "value": value}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}
