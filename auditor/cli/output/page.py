"""Lines for a terminal of eighty columns: text from outside is shown and never obeyed."""

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from auditor.rule.severity import Severity
from auditor.serialization import to_json
from auditor.text import sanitize

WIDEST = 100


NARROWEST = 20


Part = str | tuple[str, str]
"""Words, or words with a style; colour never says what the words do not."""


class TerminalPage:
    """Writes lines that hang under a label; without colours when nobody looks."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._console = Console(file=out, highlight=False, markup=False, emoji=False)
        self._width = min(self._console.width, WIDEST)

    def line(self, *parts: Part, indent: int = 0, label: Part = "") -> None:
        """Write a paragraph; further lines stand below the first one's text."""
        head = Text(" " * indent) + _text([label])
        margin = Text(" " * head.cell_len)
        room = max(self._width - head.cell_len, NARROWEST)
        for wrapped in _text(parts).wrap(self._console, room):
            wrapped.rstrip()
            self._write(head + wrapped)
            head = margin

    def whole(self, text: str, *, indent: int = 0) -> None:
        """Write one line however long it is, so that it can be copied: an address, a path."""
        self._write(Text(" " * indent) + _text([text]))

    def ends(self, left: Sequence[Part], right: Part) -> None:
        """Write one line with something at its right end, if there is room for it."""
        start, end = _text(left), _text([right])
        room = self._width - start.cell_len - end.cell_len
        self._write(start + Text(" " * max(room, 2)) + end)

    def gap(self) -> None:
        """Write an empty line."""
        self._console.print()

    def _write(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def _text(parts: Sequence[Part]) -> Text:
    text = Text()
    for part in parts:
        words, style = part if isinstance(part, tuple) else (part, None)
        text.append(sanitize(words), style=style)
    return text


STYLES = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}


def print_json(value: object) -> None:
    """Print records as JSON, indented."""
    print(to_json(value))
