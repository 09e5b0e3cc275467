"""Spans and instants as they are typed."""

import argparse
from datetime import UTC, datetime, timedelta

from auditor.config.duration import EXAMPLES, duration


def span(text: str) -> timedelta:
    """Read a span of time."""
    read = duration(text)
    if read is None:
        msg = f"no span of time: {text!r}; write one like {EXAMPLES}"
        raise argparse.ArgumentTypeError(msg)
    return read


def instant(text: str) -> datetime:
    """Read a date, perhaps with a time; what says no zone is in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        msg = f"no date: {text!r}; write one like 2027-01-31 or 2027-01-31T08:00Z"
        raise argparse.ArgumentTypeError(msg) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def span_or_instant(text: str) -> timedelta | datetime:
    """Read either: ``7d`` or ``2027-01-31``."""
    if read := duration(text):
        return read
    try:
        return instant(text)
    except argparse.ArgumentTypeError:
        msg = (
            f"no date and no span of time: {text!r}; "
            "write one like 2027-01-31, 2027-01-31T08:00Z, 3d or '2 weeks'"
        )
        raise argparse.ArgumentTypeError(msg) from None


def begin(end: datetime, span: timedelta) -> datetime:
    """Return when a period of that length began, or the first day there is."""
    try:
        return end - span
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def add_since(parser: argparse._ActionsContainer) -> None:
    """Let the beginning of a period be said, as a span before its end."""
    parser.add_argument(
        "--since",
        type=span,
        default=timedelta(days=7),
        metavar="SPAN",
        help=f"how far back: {EXAMPLES} (default: 7d)",
    )
