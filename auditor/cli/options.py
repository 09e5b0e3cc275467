"""Options that several commands share, and the parsers of their values."""

import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from auditor.cli.command_group import SuggestingChoice
from auditor.cli.completion import complete_targets

if TYPE_CHECKING:
    from auditor.config.settings import Settings
    from auditor.config.tables.target_settings import TargetSettings
    from auditor.rule.loader import LoadedRule

F = TypeVar("F", bound=Callable[..., Any])

CONFIG_FILE = Path("auditor.toml")

_MAX_DIGITS = 9
"""The most digits of a number on the command line."""

config_option = click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    default=CONFIG_FILE,
    envvar="AUDITOR_CONFIG",
    metavar="FILE",
    help="Configuration file (default: $AUDITOR_CONFIG, otherwise auditor.toml).",
)

target_option = click.option(
    "-t",
    "--target",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_targets,
    help="Only this target; can be repeated.",
)

snapshot_option = click.option(
    "--snapshot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Evaluate a saved snapshot.",
)


def refuse_together(option: str, *others: tuple[str, object]) -> None:
    """Raise ConfigError for the first of ``others``, name and value, that is given.

    ``option`` is given, and the others would have no effect beside it.
    """
    from auditor.errors import ConfigError

    for other, value in others:
        if value:
            msg = f"{other} and {option} cannot be used together (omit one of them)"
            raise ConfigError(msg)


def is_given(name: str) -> bool:
    """Return whether the command line has an option, also with the value of its default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def format_option(*choices: str) -> Callable[[F], F]:
    """Return the option ``--format``; the first choice is the default."""
    return click.option(
        "--format",
        "output_format",
        type=SuggestingChoice(choices),
        default=choices[0],
        show_default=True,
        metavar="FORMAT",
        help=f"Output format: {', '.join(choices)}.",
    )


def since_option(default: str | None = "7d") -> Callable[[F], F]:
    """Return the option ``--since``, a span before the end of a period."""
    shown = f" (default: {default})" if default else ""
    return click.option(
        "--since",
        type=span,
        default=default,
        metavar="SPAN",
        help=f"Start of the period, as a span before its end: 7d, 12h, '4 weeks'{shown}.",
    )


def load_configuration(config: Path) -> "Settings":
    """Read the configuration and print its warnings on stderr."""
    from auditor.cli.output.stderr import print_warning
    from auditor.config.loading import load_settings

    settings = load_settings(config, os.environ)
    for warning in settings.warnings:
        print_warning(warning)
    return settings


def targets_of(settings: "Settings", names: Iterable[str]) -> "list[TargetSettings]":
    """Return the named targets, or all if no name is given. Raises ConfigError for others."""
    chosen = tuple(names) or tuple(each.name for each in settings.targets)
    return [settings.target(name) for name in chosen]


def rules_of(settings: "Settings | None") -> "dict[str, LoadedRule]":
    """Load the built-in rules, and those of ``rule_paths`` if there is a configuration."""
    from auditor.resources import shipped
    from auditor.rule.loader import load_rules

    own = settings.rule_paths if settings else ()
    where = settings.place("rule_paths") if settings else "rule_paths"
    return load_rules([shipped("rules"), *own], where=where)


def number(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """Return a parser of whole numbers in a range. The parser raises ValueError."""
    limits = f"of at least {minimum:,}" if maximum is None else f"from {minimum:,} to {maximum:,}"

    def whole_number(text: str) -> int:
        # int() accepts underscores and other scripts' digits, and refuses very long numbers late.
        is_digits = text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
        value = int(text) if is_digits else minimum - 1
        if value < minimum or (maximum is not None and value > maximum):
            msg = f'"{text}" is not a whole number {limits}'
            raise ValueError(msg)
        return value

    return whole_number


def span(text: str) -> timedelta:
    """Read a span of time such as ``7d``. Raises ValueError."""
    from auditor.text import DURATION_EXAMPLES, parse_duration

    read = parse_duration(text)
    if read is None:
        msg = f'"{text}" is not a span of time (write it like {DURATION_EXAMPLES})'
        raise ValueError(msg)
    return read


def instant(text: str) -> datetime:
    """Read a date with or without a time; UTC unless it names a zone. Raises ValueError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        msg = f'"{text}" is not a date (write it like 2027-01-31 or 2027-01-31T08:00Z)'
        raise ValueError(msg) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def span_or_instant(text: str) -> timedelta | datetime:
    """Read a span such as ``7d`` or a date such as ``2027-01-31``. Raises ValueError."""
    from auditor.text import parse_duration

    if read := parse_duration(text):
        return read
    try:
        return instant(text)
    except ValueError:
        msg = (
            f'"{text}" is not a date or a span of time '
            "(write it like 2027-01-31, 2027-01-31T08:00Z, 3d or '2 weeks')"
        )
        raise ValueError(msg) from None


FIXED = "fixed"
"""The end of an acknowledgement that lasts until the incident is fixed."""


def end_of_pause(text: str) -> timedelta | datetime | str:
    """Read a span, a date, or the word ``fixed``. Raises ValueError."""
    return FIXED if text == FIXED else span_or_instant(text)


def user_name() -> str:
    """Return the name of the operating system user. Raises ConfigError if it has none."""
    import getpass

    from auditor.errors import ConfigError

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the user of a container can have no name
        msg = "--by is required, because the operating system user has no name (add --by NAME)"
        raise ConfigError(msg) from None


def metrics_file(text: str) -> str:
    """Return a path that the node exporter reads. Raises ValueError for another."""
    # Imported here: the tables of the configuration need pydantic, which not every command loads.
    from auditor.config.tables.service_settings import ends_in_prom

    return str(ends_in_prom(text))


def checked_place(text: str) -> str:
    """Return a directory or a URL of an object store. Raises ConfigError for another place."""
    from auditor.config.places import report_place
    from auditor.config.rejected import RejectedError
    from auditor.errors import ConfigError

    try:
        return report_place(text, Path())
    except RejectedError as error:
        msg = f"--destination: {error}"
        raise ConfigError(msg) from None


def gateway_address(text: str) -> str:
    """Return the address of a Pushgateway, with its scheme. Raises ValueError for another scheme.

    The error does not quote the address, because it may contain a password.
    """
    from urllib.parse import urlsplit

    from auditor.config.tables.service_settings import GATEWAY_EXAMPLE

    address = text if "://" in text else f"http://{text}"
    try:
        is_usable = urlsplit(address).scheme in {"http", "https"} and urlsplit(address).hostname
    except ValueError:
        is_usable = None
    if not is_usable:
        msg = f"is not an http:// or https:// address (write it like {GATEWAY_EXAMPLE})"
        raise ValueError(msg)
    return address


def required_text(text: str) -> str:
    """Return a text that is not blank. Raises ValueError."""
    if not text.strip():
        msg = "the text is blank (write at least one word)"
        raise ValueError(msg)
    return text


def target_name(text: str) -> str:
    """Return a text that the configuration accepts as the name of a target. Raises ValueError."""
    from auditor.domain.target import RESERVED_TARGET_NAMES, TARGET_NAME_PATTERN

    if not re.fullmatch(TARGET_NAME_PATTERN, text):
        msg = (
            f'"{text}" is not a name of a target '
            "(use letters, digits, '.', '_' and '-', at most 64)"
        )
        raise ValueError(msg)
    if text.lower() in RESERVED_TARGET_NAMES:
        msg = f'"{text}" is reserved (choose another name)'
        raise ValueError(msg)
    return text


def beginning(end: datetime, length: timedelta) -> datetime:
    """Return the start of a period of this length, or the first day of the calendar."""
    try:
        return end - length
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
