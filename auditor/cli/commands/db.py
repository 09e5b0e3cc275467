"""The command ``auditor db``: upgrade the database; rename, adopt or delete stored data."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import ActionGroup
from auditor.cli.completion import complete_targets
from auditor.cli.options import (
    config_option,
    format_option,
    load_configuration,
    required_text,
    target_name,
)

if TYPE_CHECKING:
    from auditor.store.store import Store

_EPILOG = """\
Examples:
  auditor db upgrade                       after an update, on PostgreSQL
  auditor db adopt production              accept a new org or instance
  auditor db rename production live        keep the history under a new name
  auditor db forget ada@example.com        delete a person from stored data
"""

_UPGRADE_EPILOG = """\
Example:
  auditor db upgrade -c /etc/auditor/auditor.toml
"""

_ADOPT_EPILOG = """\
Example:
  auditor db adopt production
"""

_RENAME_EPILOG = """\
Example:
  auditor db rename production live
"""

_FORGET_EPILOG = """\
Examples:
  auditor db forget ada@example.com
  auditor db forget 00u1b2c3d4e5f6g7h8i9
"""


@click.group("db", cls=ActionGroup, no_args_is_help=True, epilog=_EPILOG)
def command() -> None:
    """Maintain the database that the configuration names."""


@command.command("upgrade", epilog=_UPGRADE_EPILOG)
@config_option
@format_option("text", "json")
def upgrade(config: Path, output_format: str) -> None:
    """Create the tables, or upgrade them to this version."""
    with _open(config, migrate=True):
        _report(output_format, "The database is up to date.", upgraded=True)


@command.command("adopt", epilog=_ADOPT_EPILOG)
@click.argument("target", shell_complete=complete_targets)
@config_option
@format_option("text", "json")
def adopt(target: str, config: Path, output_format: str) -> None:
    """Allow another Okta app or Unleash instance for a target.

    If the next audit reads another one, it is a new baseline. Otherwise nothing changes.
    """
    from auditor.pipeline.audit import LOCK_TIMEOUT

    # Not during an audit, which would use up the permission for the app that it has already read.
    with _open(config) as store, store.targets.lease(target, LOCK_TIMEOUT):
        store.targets.adopt(target)
    message = f"{target}: the next audit may read another app or instance. Then it is a baseline."
    _report(output_format, message, adopted=target)


@command.command("rename", epilog=_RENAME_EPILOG)
@click.argument("old", shell_complete=complete_targets)
@click.argument("new", type=target_name)
@config_option
@format_option("text", "json")
def rename(old: str, new: str, config: Path, output_format: str) -> None:
    """Rename a target and keep its history."""
    from auditor.pipeline.audit import LOCK_TIMEOUT

    with _open(config) as store, store.targets.lease(old, LOCK_TIMEOUT):
        store.targets.rename(old, new)
    message = f"{old} is now {new}. Change the name in the configuration, too."
    _report(output_format, message, renamed=old, to=new)


@command.command("forget", epilog=_FORGET_EPILOG)
@click.argument("person", type=required_text)
@config_option
@format_option("text", "json")
def forget(person: str, config: Path, output_format: str) -> None:
    """Delete a person from all stored data. PERSON is an id, email, login or name.

    A finding that is still open names the person again after the next audit.
    """
    from auditor.text import count

    with _open(config) as store:
        changed = store.retention.forget(person)
    message = f'No entry contains "{person}". Try the id or the full name.'
    if changed:
        message = f"{count(changed, 'entry', 'entries')} changed or deleted."
    _report(output_format, message, entries=changed)


def _report(output_format: str, message: str, **fields: object) -> None:
    """Print what was done, as text or as JSON."""
    from auditor.cli.output.data_output import print_json
    from auditor.text import sanitize

    if output_format == "json":
        print_json(fields)
    else:
        click.echo(sanitize(message))


@contextmanager
def _open(config: Path, *, migrate: bool | None = None) -> Iterator["Store"]:
    from auditor.store import open_store

    url = load_configuration(config).store.database_url().reveal()
    # Only `db upgrade` creates a SQLite file.
    with open_store(url, migrate=migrate, create=bool(migrate)) as store:
        yield store
