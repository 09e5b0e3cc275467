"""``auditor db``: the store is brought up to date; targets and people in it are taken care of."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from auditor.cli.options import add_config, add_format, settings_of
from auditor.cli.output.page import print_json
from auditor.pipeline.audit import LOCK_TIMEOUT
from auditor.store import open_store
from auditor.text import count, sanitize

if TYPE_CHECKING:
    from auditor.store.store import Store


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = "Take care of the store that the configuration names."
    parser.epilog = """\
examples:
  auditor db upgrade                       after a new version, on PostgreSQL
  auditor db adopt production              it points elsewhere, as is meant
  auditor db rename production live        keep the history under another name
  auditor db forget ada@example.com        take a person out of all that is kept
"""
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    upgrade = actions.add_parser("upgrade", help="make the tables, or bring them up to date")
    upgrade.set_defaults(run=_upgrade)
    adopt = actions.add_parser(
        "adopt", help="let a target point elsewhere from its next audit on; that is a new baseline"
    )
    adopt.add_argument("target", metavar="TARGET")
    adopt.set_defaults(run=_adopt)
    rename = actions.add_parser("rename", help="give a target another name, with its history")
    rename.add_argument("old", metavar="OLD")
    rename.add_argument("new", metavar="NEW")
    rename.set_defaults(run=_rename)
    forget = actions.add_parser(
        "forget", help="take a person out of all that is kept; what is still open names them again"
    )
    forget.add_argument("person", metavar="PERSON", help="an id, email, login or name")
    forget.set_defaults(run=_forget)
    for action in (upgrade, adopt, rename, forget):
        add_config(action)
        add_format(action)


def _upgrade(arguments: argparse.Namespace) -> int:
    with _store(arguments, migrate=True):
        _say(arguments, "The store is up to date.", upgraded=True)
    return 0


def _adopt(arguments: argparse.Namespace) -> int:
    with _store(arguments) as store, store.targets.lease(arguments.target, LOCK_TIMEOUT):
        store.targets.adopt(arguments.target)
    words = f"{arguments.target}: the next audit decides where it points; it is a new baseline."
    _say(arguments, words, adopted=arguments.target)
    return 0


def _rename(arguments: argparse.Namespace) -> int:
    with _store(arguments) as store, store.targets.lease(arguments.old, LOCK_TIMEOUT):
        store.targets.rename(arguments.old, arguments.new)
    words = f"{arguments.old} is {arguments.new} from now on; call it so in the configuration too."
    _say(arguments, words, renamed=arguments.old, to=arguments.new)
    return 0


def _forget(arguments: argparse.Namespace) -> int:
    with _store(arguments) as store:
        changed = store.retention.forget(arguments.person)
    words = f"Nothing is kept under {arguments.person!r}; an id or a full name may be."
    if changed:
        words = f"{count(changed, 'entry', 'entries')} changed or dropped."
    _say(arguments, words, entries=changed)
    return 0


def _say(arguments: argparse.Namespace, words: str, **done: object) -> None:
    """Say what was done, in words or for scripts."""
    if arguments.format == "json":
        print_json(done)
    else:
        print(sanitize(words))


@contextmanager
def _store(arguments: argparse.Namespace, *, migrate: bool | None = None) -> Iterator["Store"]:
    url = settings_of(arguments).store.database_url().reveal()
    with open_store(url, migrate=migrate, create=bool(migrate)) as store:
        yield store
