"""Options that several commands share, and what they mean."""

import argparse
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.resources import shipped
from auditor.rule.loader import LoadedRule, load_rules
from auditor.text import DURATION_EXAMPLES, parse_duration

if TYPE_CHECKING:
    from auditor.config.settings import Settings
    from auditor.config.target_settings import TargetSettings


def add_config(parser: argparse.ArgumentParser, *, fallback: str | None = "auditor.toml") -> None:
    """Let the configuration file be named; without ``fallback`` there may be none."""
    default = os.environ.get("AUDITOR_CONFIG", fallback)
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        default=default and Path(default),
        metavar="FILE",
        help=f"configuration (default: $AUDITOR_CONFIG, else {fallback or 'none'})",
    )


def add_targets(parser: argparse.ArgumentParser) -> None:
    """Let targets be named."""
    parser.add_argument(
        "-t", "--target", action="append", metavar="NAME", help="only this target; may be repeated"
    )


def add_format(parser: argparse.ArgumentParser, *more: str) -> None:
    """Let the output be for people or for scripts."""
    choices = ("text", "json", *more)
    parser.add_argument("--format", choices=choices, default="text", help="what to print")


def settings_of(arguments: argparse.Namespace) -> "Settings":
    """Read the configuration, and say on stderr what should not stay as it is."""
    from auditor.cli.output.stderr import warn
    from auditor.config.loading import load_settings

    settings = load_settings(arguments.config, os.environ)
    for warning in settings.warnings:
        warn(warning)
    return settings


def targets_of(settings: "Settings", arguments: argparse.Namespace) -> "list[TargetSettings]":
    """Return the targets that were named, or all."""
    names = arguments.target or [each.name for each in settings.targets]
    return [settings.target(name) for name in names]


def rules_of(settings: "Settings | None") -> dict[str, LoadedRule]:
    """Load the built-in rules, and the user's own where there is a configuration."""
    own = settings.rule_paths if settings else ()
    return load_rules([shipped("rules"), *own])


def span(text: str) -> timedelta:
    """Read a span of time."""
    read = parse_duration(text)
    if read is None:
        msg = f"no span of time: {text!r}; write one like {DURATION_EXAMPLES}"
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
    if read := parse_duration(text):
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
        help=f"how far back: {DURATION_EXAMPLES} (default: 7d)",
    )
