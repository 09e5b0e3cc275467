"""Builders of Slack blocks: outside text never becomes markup, and no limit is exceeded. Pure.

Slack decodes ``&lt;`` in ``plain_text`` and in the fallback, never in rich text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

Json = dict[str, Any]

_HEADER = 150
_LABEL = 75
_URL = 3000
_FALLBACK = 1000
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Marks of direction: with them, an outside text could change the order of what readers see.
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_GROUP = re.compile(r"S[A-Z0-9]{6,}")
_USER = re.compile(r"[UW][A-Z0-9]{6,}")


class Message(Struct, frozen=True, kw_only=True):
    """The content of a post."""

    text: str
    """Plain text for notifications and screen readers; complete without the blocks."""

    blocks: list[Json]

    @property
    def brief(self) -> "Message":
        """The same message in one line, for when Slack refuses the blocks."""
        line = rich(section(run(_decoded(self.text), 600)))
        return Message(text=self.text, blocks=[line])


def tidy(text: str, most: int) -> str:
    """Return text in one line of at most ``most`` characters, never empty."""
    known = _BIDI.sub("", text)
    line = "".join(
        " " if unicodedata.category(each) in {"Cc", "Zl", "Zp"} else each for each in known
    )
    line = " ".join(line.split())
    # A lone surrogate cannot be encoded as JSON.
    line = "".join(each for each in line if unicodedata.category(each) != "Cs")
    return (line if len(line) <= most else f"{line[: most - 1].rstrip()}…") or "-"


def fallback(text: str) -> str:
    """Return the plain text of a message, without mentions and links."""
    return _escaped(text, _FALLBACK)


def header(text: str) -> Json:
    """Return a header block."""
    # No emoji: `:name:` in an outside text stays as it is.
    words = {"type": "plain_text", "text": _escaped(text, _HEADER), "emoji": False}
    return {"type": "header", "text": words}


def rich(*parts: Json) -> Json:
    """Return a block of rich text."""
    return {"type": "rich_text", "elements": list(parts)}


def section(*elements: Json) -> Json:
    """Return a paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def run(text: str, most: int = 300, *, style: str | None = None) -> Json:
    """Return a text element, in ``bold``, ``italic`` or ``code`` if ``style`` is given.

    A space at either end is kept, because it separates two elements.
    """
    before, after = " " * text.startswith(" "), " " * text.endswith(" ")
    words = f"{before}{tidy(text, most)}{after}"
    return {"type": "text", "text": words} | ({"style": {style: True}} if style else {})


def prose(text: str, most: int = 300) -> list[Json]:
    """Return text elements; what is between two backticks is code."""
    pieces = tidy(text, most).split("`")
    # A backtick without a second one: the text stays as it is.
    if len(pieces) % 2 == 0:
        return [run(text, most)]
    styles = ("code" if number % 2 else None for number in range(len(pieces)))
    return [
        run(piece, most, style=style)
        for piece, style in zip(pieces, styles, strict=True)
        if piece.strip()
    ] or [run(text, most)]


def numbered(lines: Iterable[str], most: int = 300) -> Json:
    """Return a numbered list of prose."""
    elements = [section(*prose(line, most)) for line in lines]
    return {"type": "rich_text_list", "style": "ordered", "elements": elements}


def bullets(lines: Iterable[str], most: int = 300) -> Json:
    """Return a list, one line each."""
    elements = [section(run(line, most)) for line in lines]
    return {"type": "rich_text_list", "style": "bullet", "elements": elements}


def mentions(names: Iterable[str]) -> Iterator[Json]:
    """Yield mentions: of ``@here``, ``@channel``, and the ids of user groups and users."""
    for number, each in enumerate(names):
        if number:
            yield {"type": "text", "text": " "}
        if each.removeprefix("@") in {"here", "channel", "everyone"}:
            yield {"type": "broadcast", "range": each.removeprefix("@")}
        elif _GROUP.fullmatch(each):
            yield {"type": "usergroup", "usergroup_id": each}
        elif _USER.fullmatch(each):
            yield {"type": "user", "user_id": each}


def user(name: str, slack_user: str) -> Json:
    """Return a user: a mention when the id in Slack is known, otherwise the name as text."""
    if _USER.fullmatch(slack_user):
        return {"type": "user", "user_id": slack_user}
    return run(name, 120)


def is_slack_id(name: str) -> bool:
    """Return whether a name is the id of a Slack user or user group."""
    return bool(_GROUP.fullmatch(name) or _USER.fullmatch(name))


def context(text: str) -> Json:
    """Return a context block."""
    words = {"type": "plain_text", "text": _escaped(text, 600), "emoji": False}
    return {"type": "context", "elements": [words]}


def links(pairs: Iterable[tuple[str, str]]) -> list[Json]:
    """Return text links, separated by dots; each pair is a label and a URL.

    Buttons with a URL are not used: Slack shows a warning after each click on one.
    """
    elements: list[Json] = []
    for label, url in pairs:
        if url.startswith(("https://", "http://")) and len(url) <= _URL:
            if elements:
                elements.append(run(" · "))
            elements.append({"type": "link", "url": url, "text": tidy(label, _LABEL)})
    return elements


def _escaped(text: str, most: int) -> str:
    """Escape ``&``, ``<`` and ``>``; the result has at most ``most`` characters."""
    cut = tidy(text, most)
    while len(escaped := "".join(_ENTITIES.get(each, each) for each in cut)) > most:
        # The longest entity has 5 characters, so this never cuts more than is needed.
        cut = tidy(cut, len(cut) - max(1, (len(escaped) - most) // 5))
    return escaped


def _decoded(text: str) -> str:
    # "&amp;" comes last, or "&amp;lt;" would become "<".
    for plain, entity in reversed(_ENTITIES.items()):
        text = text.replace(entity, plain)
    return text
