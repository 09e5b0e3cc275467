"""``auditor config``: check the configuration file, or print its schema."""

import argparse
import json

import msgspec

from auditor.cli.options import add_config, settings_of
from auditor.cli.page import count
from auditor.config.schema import json_schema
from auditor.judge.summary import Summary
from auditor.registry import rules_for


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = "Check the configuration file, or print its schema."
    parser.epilog = """\
examples:
  auditor config check                      the file, its secrets and its rules
  auditor config check --without-secrets    in CI, without the secrets at hand
  auditor config schema > auditor.schema.json
      and in the first line of auditor.toml, for editors that read it:
      #:schema ./auditor.schema.json
"""
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    check = actions.add_parser("check", help="say whether the file can be used; nothing is called")
    add_config(check)
    check.add_argument(
        "--without-secrets", action="store_true", help="do not look whether the secrets are there"
    )
    check.set_defaults(run=_check)
    schema = actions.add_parser("schema", help="print the JSON Schema of the file, or of a run")
    schema.add_argument(
        "of",
        nargs="?",
        choices=("file", "run"),
        default="file",
        help="file: auditor.toml (default); run: what `auditor run --format json` prints",
    )
    schema.set_defaults(run=_schema)


def _check(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    for each in settings.targets:
        rules_for(settings, each)
    if not arguments.without_secrets:
        settings.check_secrets()
    names = ", ".join(each.name for each in settings.targets)
    print(f"{settings.path}: fine; {count(len(settings.targets), 'target')}: {names}")
    return 0


def _schema(arguments: argparse.Namespace) -> int:
    described = json_schema() if arguments.of == "file" else msgspec.json.schema(Summary)
    print(json.dumps(described, indent=2))
    return 0
