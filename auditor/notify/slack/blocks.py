"""Slack's blocks, built so that nothing from outside becomes markup and no limit is passed. Pure.

Slack decodes ``&lt;`` in ``plain_text`` and in the fallback, never in rich text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

Json = dict[str, Any]

_HEADER = 150
_BUTTON = 75
_URL = 3000
_FALLBACK = 1000
_BUTTONS = 5
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_GROUP = re.compile(r"S[A-Z0-9]{6,}")
_USER = re.compile(r"[UW][A-Z0-9]{6,}")


class Message(Struct, frozen=True, kw_only=True):
    """What is posted."""

    text: str
    """Read by notifications and screen readers, and shown where blocks are not."""

    blocks: list[Json]

    @property
    def brief(self) -> "Message":
        """The same in one line: for when Slack finds the blocks wrong or too long."""
        line = rich(section(run(_decoded(self.text), 600)))
        return Message(text=self.text, blocks=[line])


def tidy(text: str, most: int) -> str:
    """Bring text from outside into one line of at most ``most`` characters, never empty."""
    known = _BIDI.sub("", text)
    line = "".join(
        " " if unicodedata.category(each) in {"Cc", "Zl", "Zp"} else each for each in known
    )
    line = " ".join(line.split())
    line = "".join(each for each in line if unicodedata.category(each) != "Cs")
    return (line if len(line) <= most else f"{line[: most - 1].rstrip()}…") or "-"


def fallback(text: str) -> str:
    """Make the fallback of a message; nobody is called by it and nothing in it is a link."""
    return _escaped(text, _FALLBACK)


def header(text: str) -> Json:
    """Make a title."""
    words = {"type": "plain_text", "text": _escaped(text, _HEADER), "emoji": False}
    return {"type": "header", "text": words}


def rich(*parts: Json) -> Json:
    """Make a block of rich text."""
    return {"type": "rich_text", "elements": list(parts)}


def section(*elements: Json) -> Json:
    """Make a paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def run(text: str, most: int = 300, *, style: str | None = None) -> Json:
    """Make a run of text, in ``bold``, ``italic`` or ``code`` if so wished.

    A space at either end is kept: it stands between this run and the next.
    """
    before, after = " " * text.startswith(" "), " " * text.endswith(" ")
    words = f"{before}{tidy(text, most)}{after}"
    return {"type": "text", "text": words} | ({"style": {style: True}} if style else {})


def bullets(lines: Iterable[str], most: int = 300, *, ordered: bool = False) -> Json:
    """Make a list, one line each."""
    return {
        "type": "rich_text_list",
        "style": "ordered" if ordered else "bullet",
        "elements": [section(run(line, most)) for line in lines],
    }


def call(whom: Iterable[str]) -> Iterator[Json]:
    """Call people: ``@here``, ``@channel``, a user group's id or a user's."""
    for number, each in enumerate(whom):
        if number:
            yield {"type": "text", "text": " "}
        if each.removeprefix("@") in {"here", "channel", "everyone"}:
            yield {"type": "broadcast", "range": each.removeprefix("@")}
        elif _GROUP.fullmatch(each):
            yield {"type": "usergroup", "usergroup_id": each}
        elif _USER.fullmatch(each):
            yield {"type": "user", "user_id": each}


def context(text: str) -> Json:
    """Make a small grey line."""
    words = {"type": "plain_text", "text": _escaped(text, 600), "emoji": False}
    return {"type": "context", "elements": [words]}


def buttons(links: Iterable[tuple[str, str]]) -> Iterator[Json]:
    """Make a row of links, if there are any; each is a label and an address."""
    elements = [
        {
            "type": "button",
            "action_id": f"open-{number}",
            "text": {"type": "plain_text", "text": _escaped(label, _BUTTON), "emoji": False},
            "url": url,
        }
        for number, (label, url) in enumerate(links)
        if url.startswith(("https://", "http://")) and len(url) <= _URL
    ]
    if elements:
        yield {"type": "actions", "elements": elements[:_BUTTONS]}


def _escaped(text: str, most: int) -> str:
    """Escape the three characters; the entities, too, must fit."""
    cut = tidy(text, most)
    while len(escaped := "".join(_ENTITIES.get(each, each) for each in cut)) > most:
        cut = tidy(cut, len(cut) - max(1, (len(escaped) - most) // 5))
    return escaped


def _decoded(text: str) -> str:
    for plain, entity in reversed(_ENTITIES.items()):
        text = text.replace(entity, plain)
    return text
