"""The affected users of an incident, a page at a time, for one operator. Pure."""

from collections.abc import Iterable

from auditor.engine.incidents.incident import IncidentState
from auditor.notify.slack.blocks import (
    Json,
    Message,
    bullets,
    context,
    fallback,
    rich,
    run,
    section,
)
from auditor.notify.slack.interaction.click import SHOW_PAGE
from auditor.rule.results import Affected

USERS_PER_PAGE = 20


def affected_page(
    state: IncidentState, people: Iterable[Affected], page: int, *, target: str
) -> Message:
    """Return one page of the affected users; ``page`` counts from 0, and is cut to the last page.

    ``people`` are those that the store lists: names, or pseudonyms with ``privacy = "ids"``.
    """
    users = list({each.id: each for each in people}.values())
    last = max(0, (len(users) - 1) // USERS_PER_PAGE)
    page = min(page, last)
    shown = users[page * USERS_PER_PAGE : (page + 1) * USERS_PER_PAGE]
    title = f"{state.title}: affected users ({max(state.affected, len(users)):,}), {target}"
    blocks: list[Json] = [rich(section(run(title, 250, style="bold")))]
    if shown:
        blocks[0]["elements"].append(bullets((_line(each) for each in shown), 200))
    else:
        blocks.append(context("No user is listed for this incident."))
    if state.affected > len(users):
        rest = state.affected - len(users)
        blocks.append(context(f"{rest:,} more users are not listed; the report has their number."))
    controls = [
        _button(label, number, way)
        for label, way, number, applies in (
            ("Previous", "previous", page - 1, page > 0),
            ("Next", "next", page + 1, page < last),
        )
        if applies
    ]
    if controls:
        blocks.append(context(f"Page {page + 1} of {last + 1}"))
        blocks.append({"type": "actions", "block_id": "affected", "elements": controls})
    return Message(text=fallback(title), blocks=blocks)


def _line(person: Affected) -> str:
    name = person.name if person.name == person.id else f"{person.name} ({person.id})"
    return f"{name}: {person.detail}" if person.detail else name


def _button(label: str, page: int, way: str) -> Json:
    return {
        "type": "button",
        # Slack requires different ids for the two buttons of one block.
        "action_id": f"{SHOW_PAGE}/{way}",
        "value": str(page),
        "text": {"type": "plain_text", "text": label},
    }
