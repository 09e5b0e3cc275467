"""Paragraphs on stdout. Text from Okta and Unleash is printed literally."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console
from rich.text import Text

from auditor.rule.severity import Severity
from auditor.text import sanitize

MAX_WIDTH = 100
"""Columns, also on a wider terminal."""

MIN_PARAGRAPH_WIDTH = 20
"""Columns that a paragraph gets beside its label, also on a narrow terminal."""

SEVERITY_STYLES = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}

_ASCII = str.maketrans(
    {
        "✗": "x",
        "☐": "o",
        "✓": "+",
        "·": "-",
        "→": "->",
        "…": ".",
        "≠": "~",
        "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}": ">",
    }
)
"""Characters instead of Unicode signs, for terminals that cannot show these."""

FACT_SEPARATOR = " · "
"""Between two facts of one line."""

Part = str | tuple[str, str]
"""A text, or a text and its style. A style repeats what the text states."""


class _PipedConsole(Console):
    """A console that writes to a pipe. If the reader closes it, rich would exit with 1."""

    def on_broken_pipe(self) -> None:
        """Raise the :class:`BrokenPipeError` that is being handled."""
        raise  # noqa: PLE0704  (rich calls this in its handler of the error)


class TerminalPage:
    """Writes lines to a terminal, a pipe or ``out``. Pipes get 80 columns and no colour."""

    def __init__(self, out: TextIO | None = None) -> None:
        # rich would read brackets and colons in outside text as its markup.
        self._console = _PipedConsole(file=out, highlight=False, markup=False, emoji=False)
        self.width = min(self._console.width, MAX_WIDTH)
        self._is_unicode = self._console.encoding.lower().startswith("utf")

    def line(self, *parts: Part, indent: int = 0, label: Part = "") -> None:
        """Write a paragraph. Its second and later lines start below the text of the first.

        A list of facts (``4 causes · 1 low``) breaks between two facts, not inside one.
        """
        head = Text(" " * indent) + self.text([label])
        margin = Text(" " * head.cell_len)
        room = max(self.width - head.cell_len, MIN_PARAGRAPH_WIDTH)
        for paragraph in self._facts(parts, room):
            for wrapped in paragraph.wrap(self._console, room):
                wrapped.rstrip()
                self.write(head + wrapped)
                head = margin

    def _facts(self, parts: Sequence[Part], room: int) -> Iterator[Text]:
        """Yield the parts as one text, or as one for each line if they are facts in a list."""
        whole = self.text(parts)
        if whole.cell_len <= room or len(parts) != 1:
            yield whole
            return
        words, style = parts[0] if isinstance(parts[0], tuple) else (parts[0], "")
        facts = words.split(FACT_SEPARATOR)
        line = facts[0]
        for fact in facts[1:]:
            longer = f"{line}{FACT_SEPARATOR}{fact}"
            if self.text([longer]).cell_len > room:
                yield self.text([(line, style)])
                line = fact
            else:
                line = longer
        yield self.text([(line, style)])

    def whole(self, text: str, *, indent: int = 0) -> None:
        """Write one line without wrapping, so that it can be copied: an address or a path."""
        self.write(Text(" " * indent) + self.text([text]))

    def ends(self, left: Sequence[Part], right: Part) -> None:
        """Write one line, with the text ``right`` aligned to the right."""
        start, end = self.text(left), self.text([right])
        room = self.width - start.cell_len - end.cell_len
        self.write(start + Text(" " * max(room, 2)) + end)

    def gap(self) -> None:
        """Write an empty line."""
        self._console.print()

    def text(self, parts: Sequence[Part]) -> Text:
        """Return the parts as one text without control characters."""
        text = Text()
        for part in parts:
            words, style = part if isinstance(part, tuple) else (part, None)
            shown = sanitize(words)
            text.append(shown if self._is_unicode else shown.translate(_ASCII), style=style)
        return text

    def write(self, text: Text) -> None:
        """Write one line without wrapping or escaping it."""
        self._console.print(text, soft_wrap=True)


def format_time(at: datetime) -> str:
    """Write a time in ISO 8601, to the minute, in UTC: ``2026-11-30T06:00Z``."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def print_head(page: TerminalPage, target: str, at: datetime | None) -> None:
    """Write the target and the time of its last audit."""
    if at:
        page.ends([(target, "bold")], f"audit of {format_time(at)}")
    else:
        page.line((target, "bold"), ": never audited. `auditor run` audits it.")
