"""The settings of a first configuration that have good defaults: one question offers them all."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from msgspec import Struct

from auditor.cli.setup.questions import Asker, checked
from auditor.config.database_url import database_url, has_password
from auditor.config.places import report_place
from auditor.config.rejected import RejectedError
from auditor.config.schedule import CRON_EXAMPLE, parse_cron
from auditor.config.tables.storage_settings import DEFAULT_DATABASE_URL
from auditor.domain.target import RESERVED_TARGET_NAMES, TARGET_NAME_PATTERN

_CHANGE = "change"


class FurtherSettings(Struct, frozen=True, kw_only=True):
    """Name of the target, database, place of the reports, privacy and schedule."""

    name: str = "production"
    store_url: str = DEFAULT_DATABASE_URL
    report_place: str = "reports"
    privacy: str = "names"
    """``names`` or ``ids``."""

    audit_schedule: str = CRON_EXAMPLE


DEFAULTS = FurtherSettings()


class _Question(Struct, frozen=True):
    option: str
    text: str
    check: Callable[[str], str]


def ask_further_settings(
    asker: Asker, given: Mapping[str, str | None], folder: Path
) -> FurtherSettings:
    """Show the defaults, and ask for each setting only if the user wants to change them.

    ``given``: the values of options by the name of the field; ``None``: not given.
    """
    questions = _questions(folder)
    answers = {
        field: checked(questions[field].option, questions[field].check, value)
        for field, value in given.items()
        if value is not None
    }
    asker.show(
        "",
        "These settings have defaults:",
        f"  name      {DEFAULTS.name}",
        f"  database  {DEFAULTS.store_url.removeprefix('sqlite:///')}, beside the configuration",
        f"  reports   {DEFAULTS.report_place}/, beside the configuration",
        "  privacy   names (reports show names and emails; ids: they are never stored)",
        f"  schedule  {CRON_EXAMPLE} (each hour; `auditor serve` or your own scheduler)",
    )
    if asker.is_asked_to(_CHANGE, f'Press Enter to keep them, or type "{_CHANGE}"'):
        for field, question in questions.items():
            if field not in answers:
                answers[field] = asker.ask(
                    question.option,
                    None,
                    question.text,
                    partial(checked, question.option, question.check),
                    default=getattr(DEFAULTS, field),
                )
    return FurtherSettings(**answers)


def _questions(folder: Path) -> dict[str, _Question]:
    """Return the question of each field of :class:`FurtherSettings`."""
    return {
        "name": _Question("--name", "Name of the target", _name),
        "store_url": _Question(
            "--store-url",
            "Database: sqlite:///FILE, or a PostgreSQL URL without password",
            partial(_store_url, folder),
        ),
        "report_place": _Question(
            "--report-place",
            "Place of the reports: a directory, s3://, gs:// or az://",
            partial(_report_place, folder),
        ),
        "privacy": _Question("--privacy", 'Privacy: "names" or "ids"', _privacy),
        "audit_schedule": _Question(
            "--audit-schedule", "Schedule: minute hour day month weekday", _schedule
        ),
    }


def _name(text: str) -> str:
    if not re.fullmatch(TARGET_NAME_PATTERN, text):
        what = f'"{text}" is not a name of a target'
        raise RejectedError(what, "use letters, digits, '.', '_' and '-', at most 64")
    if text.lower() in RESERVED_TARGET_NAMES:
        what = f'"{text}" is reserved'
        raise RejectedError(what, "choose another name")
    return text


def _store_url(folder: Path, text: str) -> str:
    if has_password(text):
        what = "a password must not be in the configuration file"
        raise RejectedError(what, "give the URL without it; later set store.url_env or url_file")
    # Only checked: the file gets the URL as the user wrote it.
    database_url(text, folder)
    return text


def _report_place(folder: Path, text: str) -> str:
    report_place(text, folder)
    return text


def _privacy(text: str) -> str:
    if text not in {"names", "ids"}:
        what = f'"{text}" is neither "names" nor "ids"'
        raise RejectedError(what, "write one of them")
    return text


def _schedule(text: str) -> str:
    try:
        parse_cron(text)
    except ValueError as error:
        raise RejectedError(str(error), f'write it like "{CRON_EXAMPLE}"') from None
    return text
