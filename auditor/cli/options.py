"""Options that several commands share, and what they mean."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.resources import shipped
from auditor.rule.loader import LoadedRule, load_rules

if TYPE_CHECKING:
    from auditor.config.settings import Settings, TargetSettings


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
    from auditor.cli.voice import warn
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
