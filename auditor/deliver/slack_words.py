"""Announcements as Slack messages: the root, which shows how things stand now. Pure.

Everything that came from outside goes through :mod:`auditor.deliver.slack_blocks`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from msgspec import Struct

from auditor.deliver import slack_notices
from auditor.deliver.slack_blocks import (
    Json,
    Message,
    bullets,
    buttons,
    call,
    context,
    fallback,
    header,
    rich,
    run,
    section,
)
from auditor.deliver.wording import (
    count,
    enumerate_some,
    mark,
    name_of,
    promise_of,
    state_of,
    what,
    when,
    who,
)
from auditor.judge.announcement import Announcement, Changes, Digest, Incidents, Notice, Scene
from auditor.judge.blindness import BLINDNESS
from auditor.judge.spoken import Card, Standing
from auditor.rule import Severity

_SHOWN_CARDS = 20
_SHOWN_STEPS = 6


class Manner(Struct, frozen=True, kw_only=True):
    """What messages of one installation have in common."""

    mentions: Mapping[Severity, tuple[str, ...]] = {}
    """Whom to call when something begins: ``@here``, ids of user groups and users."""

    report: str | None = None
    """Address of the report that covers the announcement."""


def root(announcement: Announcement, manner: Manner) -> Message:
    """Show the present state; this message is edited as the state changes."""
    match announcement.about:
        case Incidents(scene=Scene.INCIDENT, cards=(card,)):
            return _one(card, announcement, manner)
        case Incidents(cards=cards, scene=scene):
            return _many(cards, scene, announcement, manner)
        case Changes() as changes:
            return slack_notices.changes(changes, announcement.target)
        case Notice() as notice:
            return slack_notices.notice(notice)
        case Digest() as digest:
            return slack_notices.digest(digest, announcement.target, manner.report)
        case _:
            assert_never(announcement.about)


def calls(announcement: Announcement, manner: Manner) -> Iterator[Json]:
    """Call whoever wants to be called for this, if it is worth it."""
    if announcement.calls and announcement.severity:
        whom = list(call(manner.mentions.get(announcement.severity, ())))
        if whom:
            yield rich(section(*whom))


def _one(card: Card, announcement: Announcement, manner: Manner) -> Message:
    """Answer the five questions: what, since when, whom, who, how it is put back."""
    state = state_of(card)
    blocks = [
        *calls(announcement, manner),
        header(f"{mark(card)} {name_of(card.rule)} · {announcement.target}"),
        rich(section(run(f"{state} ", style="bold"), run(promise_of(card), 400))),
        *_lines(card),
        rich(*_facts(card)),
        *_steps(card),
    ]
    if card.note:
        blocks.append(context(card.note))
    links = [(link.label, link.url) for link in card.links]
    if manner.report and card.anchor:
        links.append(("Report", f"{manner.report}#f-{card.anchor}"))
    blocks += buttons(links)
    line = card.lines[0] if card.lines else card.title
    text = fallback(f"{announcement.target}: {name_of(card.rule)}: {state} {line}")
    return Message(text=text, blocks=blocks)


def _lines(card: Card) -> Iterator[Json]:
    if card.lines:
        rest = 0 if card.rule == BLINDNESS else card.findings - len(card.lines)
        more = [f"… and {rest:,} more"] if rest > 0 else []
        yield rich(bullets([*card.lines, *more], 500))


def _facts(card: Card) -> Iterator[Json]:
    began = when(card.since) if card.dated else f"first seen {when(card.since)}"
    yield section(run("Since: ", style="bold"), run(began))
    if card.affected:
        names = enumerate_some(card.people, card.affected)
        hurt = count(card.affected, "person", "people") + (f": {names}" if names else "")
        yield section(run("Affects: ", style="bold"), run(hurt, 700))
    if card.change:
        yield section(run("Changed by: ", style="bold"), run(who(card.change), 300))
        yield section(run(what(card.change), 600, style="code"))


def _steps(card: Card) -> Iterator[Json]:
    if card.steps and card.standing is Standing.OPEN:
        yield rich(
            section(run("How to put it back", style="bold")),
            bullets(card.steps[:_SHOWN_STEPS], 400, ordered=True),
        )


def _many(
    cards: Sequence[Card], scene: Scene, announcement: Announcement, manner: Manner
) -> Message:
    """Show several incidents, a line each; the report has the rest."""
    if scene is Scene.BASELINE:
        title = f"First audit of {announcement.target}"
        lead = "This is where it stands, not what changed."
    else:
        title = f"{count(len(cards), 'rule')} broken at once on {announcement.target}"
        lead = "One cause may be behind several of them."
    standing = [card for card in cards if card.standing is Standing.OPEN]
    state = f"{len(standing)} of {len(cards)} stand open." if standing else "All of it is over."
    blocks = [
        *calls(announcement, manner),
        header(f"{mark((*standing, *cards)[0])} {title}"),
        rich(section(run(f"{state} ", style="bold"), run(lead))),
        rich(*(_row(card) for card in cards[:_SHOWN_CARDS])),
    ]
    if len(cards) > _SHOWN_CARDS:
        blocks.append(context(f"and {count(len(cards) - _SHOWN_CARDS, 'more rule')}"))
    blocks += buttons([("Report", manner.report)] if manner.report else [])
    names = ", ".join(name_of(card.rule) for card in cards)
    return Message(text=fallback(f"{title}: {state} {names}"), blocks=blocks)


def _row(card: Card) -> Json:
    hurt = f" Affects {count(card.affected, 'person', 'people')}." if card.affected else ""
    line = f" {card.lines[0]}" if card.lines and card.standing is Standing.OPEN else ""
    return section(
        run(f"{mark(card)} {name_of(card.rule)} ", 120, style="bold"),
        run(f"{state_of(card)}{line}{hurt}", 260),
    )
