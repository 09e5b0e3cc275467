"""Announcements as Slack messages: quiet changes, notices, and the week's digest. Pure."""

from collections.abc import Sequence
from datetime import date
from itertools import dropwhile

from auditor.engine.changes.diff import Change
from auditor.engine.incidents.notification import ChangesNotice, Digest, Notice
from auditor.notify.slack.blocks import (
    Json,
    Message,
    bullets,
    buttons,
    context,
    fallback,
    header,
    rich,
    run,
    section,
)
from auditor.text import count

_SHOWN = 10
_BAR = 20


def changes_message(about: ChangesNotice, target: str) -> Message:
    """Tell of changes to which no breach was traced, by who made them."""
    them = "it" if about.count == 1 else "them"
    outcome = "nothing broke" if about.alone else f"no breach was traced to {them}"
    title = f"{count(about.count, 'change')} in the set-up of {target}; {outcome}"
    by_actor: dict[str, list[Change]] = {}
    for change in about.changes:
        by_actor.setdefault(change.changed_by, []).append(change)
    blocks = [rich(section(run(f"✏️ {title}", style="bold")))]
    for actor, made in by_actor.items():
        lines = bullets((change.summary for change in made), 250)
        blocks.append(rich(section(run(f"By {actor}", 150)), lines))
    if about.count > len(about.changes):
        blocks.append(context(f"and {about.count - len(about.changes):,} more"))
    return Message(text=fallback(title), blocks=blocks)


def notice_message(about: Notice) -> Message:
    """Tell of something about the auditor itself."""
    blocks = [rich(section(run(f"ℹ️ {about.title}", 600, style="bold")))]  # noqa: RUF001  (a sign)
    if about.steps:
        blocks.append(rich(bullets(about.steps[:_SHOWN], 500)))
    return Message(text=fallback(about.title), blocks=blocks)


def digest_message(about: Digest, target: str, report: str | None) -> Message:
    """Tell how the week was."""
    title = f"{target}: the week to {about.until:%Y-%m-%d}"
    numbers = ", ".join(f"{number:,} {kind}" for kind, number in about.counts.items())
    blocks = [
        header(f"📋 {title}"),
        rich(section(run(about.verdict, 600, style="bold"))),
        rich(section(run(f"Since last week: {numbers or 'nothing changed'}.", 400))),
    ]
    for heading, lines in (("Overdue", about.overdue), ("Ends soon", about.expiring)):
        if lines:
            shown = bullets(lines[:_SHOWN], 200)
            blocks.append(rich(section(run(heading, style="bold")), shown))
    if any(number is not None for _, number in about.trend):
        blocks.append(rich(_bars(about.trend)))
    blocks.append(context(about.completeness))
    blocks += buttons([("Report", report)] if report else [])
    return Message(text=fallback(f"{title}: {about.verdict}"), blocks=blocks)


def _bars(trend: Sequence[tuple[date, int | None]]) -> Json:
    """Draw how many findings stood open at the end of each week; unseen is no zero."""
    most = max((number or 0 for _, number in trend), default=0) or 1
    seen = dropwhile(lambda point: point[1] is None, trend)
    lines = [
        f"{week:%d %b}  not looked"
        if number is None
        else f"{week:%d %b}  {'█' * round(_BAR * number / most)} {number:,}"
        for week, number in seen
    ]
    text = "\n".join(["Open at the week's end", *lines])
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
