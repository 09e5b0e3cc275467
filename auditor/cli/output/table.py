"""Rows as an aligned table on a terminal."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from rich.text import Text

from auditor.cli.output.page import TerminalPage

COLUMN_GAP = "  "


class TableColumn(Struct, frozen=True, kw_only=True):
    """One column of a table."""

    title: str
    align: Literal["left", "right"] = "left"
    takes_rest: bool = False
    """The column gets the space that the others leave, and is cut to fit. One column at most."""


class Cell(Struct, frozen=True):
    """A text and its style. A style repeats a fact of the text and never replaces it."""

    text: str
    style: str = ""


Row = Sequence[Cell]


def print_table(
    page: TerminalPage,
    columns: Sequence[TableColumn],
    rows: Sequence[Row],
    details: Sequence[Sequence[str]] = (),
) -> None:
    """Print a title line and one line for each row, at most as wide as the page.

    ``details`` has the lines for each row that are printed below it and never cut.
    """
    texts = [[page.text([(cell.text, cell.style)]) for cell in row] for row in rows]
    widths = _widths(columns, texts, total=page.width)
    titles = [Text(column.title, style="bold") for column in columns]
    for number, line in enumerate((titles, *texts)):
        padded = [
            _fit(text, column, width)
            for text, column, width in zip(line, columns, widths, strict=True)
        ]
        joined = Text(COLUMN_GAP).join(padded)
        joined.rstrip()
        page.write(joined)
        for detail in details[number - 1] if number and details else ():
            page.line((detail, "dim"), indent=widths[0] + len(COLUMN_GAP))


def _widths(
    columns: Sequence[TableColumn], rows: Sequence[Sequence[Text]], *, total: int
) -> tuple[int, ...]:
    needed = [
        max([len(column.title), *(row[number].cell_len for row in rows)])
        for number, column in enumerate(columns)
    ]
    excess = sum(needed) + len(COLUMN_GAP) * (len(columns) - 1) - total
    if excess <= 0:
        return tuple(needed)
    return tuple(
        # A title is never cut, even if the table gets wider than the page.
        max(width - excess, len(column.title)) if column.takes_rest else width
        for column, width in zip(columns, needed, strict=True)
    )


def _fit(text: Text, column: TableColumn, width: int) -> Text:
    fitted = text.copy()
    fitted.truncate(width, overflow="ellipsis")
    fitted.align(column.align, width)
    return fitted
