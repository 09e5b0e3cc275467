"""``auditor config``: check the configuration file, or print its schema."""

import argparse
import json
import os
from typing import Any

import msgspec

from auditor.cli.options import add_config
from auditor.cli.output.stderr import warn
from auditor.config.loading import check_file
from auditor.text import count


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
    schema = actions.add_parser("schema", help="print the JSON Schema of the file, or of output")
    schema.add_argument(
        "of",
        nargs="?",
        choices=SCHEMAS,
        metavar="WHAT",
        default="file",
        help="file: auditor.toml (default); run: `auditor run --format json`; export: `auditor "
        "export`; webhook: the body that a [[webhook]] gets",
    )
    schema.set_defaults(run=_schema)


def _check(arguments: argparse.Namespace) -> int:
    settings = check_file(arguments.config, os.environ, secrets=not arguments.without_secrets)
    for warning in settings.warnings:
        warn(warning)
    names = ", ".join(each.name for each in settings.targets)
    print(f"{settings.path}: fine; {count(len(settings.targets), 'target')}: {names}")
    return 0


def _schema(arguments: argparse.Namespace) -> int:
    print(json.dumps(SCHEMAS[arguments.of](), indent=2))
    return 0


def _of_file() -> dict[str, Any]:
    from auditor.config.reference import config_schema

    return config_schema()


def _of_run() -> dict[str, Any]:
    from auditor.engine.views.run_summary import Summary

    return msgspec.json.schema(Summary)


def _of_export() -> dict[str, Any]:
    from auditor.publish.json_export import export_schema

    return export_schema()


def _of_webhook() -> dict[str, Any]:
    from auditor.notify.webhook import webhook_schema

    return webhook_schema()


SCHEMAS = {"file": _of_file, "run": _of_run, "export": _of_export, "webhook": _of_webhook}
