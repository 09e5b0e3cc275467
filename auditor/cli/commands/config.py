"""The command ``auditor config``: check the configuration file, or print a JSON Schema."""

import os
from pathlib import Path
from typing import Any

import click

from auditor.cli.command_group import ActionGroup, SuggestingChoice
from auditor.cli.options import config_option

_EPILOG = """\
Examples:
  auditor config check                      the file, its secrets and its rules
  auditor config check --without-secrets    in CI, where the secrets are missing
  auditor config schema > auditor.schema.json
      Editors use it with this first line in auditor.toml:
      #:schema ./auditor.schema.json
"""

_CHECK_EPILOG = """\
Examples:
  auditor config check
  auditor config check -c staging.toml --without-secrets

Exit codes:
  0  the file can be used
  2  the file cannot be used; stderr lists all errors
"""

_SCHEMA_EPILOG = """\
Examples:
  auditor config schema > auditor.schema.json
  auditor config schema run | jq '.["$defs"] | keys'

Schemas:
  file     auditor.toml (default)
  run      the output of auditor run --format json
  export   the output of auditor export
  webhook  the body that a [[webhook]] receives
"""


@click.group("config", cls=ActionGroup, no_args_is_help=True, epilog=_EPILOG)
def command() -> None:
    """Check the configuration file, or print its JSON Schema."""


@command.command("check", epilog=_CHECK_EPILOG)
@config_option
@click.option("--without-secrets", is_flag=True, help="Do not check whether the secrets exist.")
def check(config: Path, *, without_secrets: bool) -> None:
    """Check whether the configuration file can be used. No service is called."""
    from auditor.cli.output.stderr import print_warning
    from auditor.config.loading import check_file
    from auditor.text import count

    settings = check_file(config, os.environ, secrets=not without_secrets)
    for warning in settings.warnings:
        print_warning(warning)
    names = ", ".join(each.name for each in settings.targets)
    click.echo(f"{settings.path}: ok, {count(len(settings.targets), 'target')}: {names}")
    seconds = settings.watch.interval_seconds
    if settings.watch.enabled:
        click.echo(f"watch: auditor serve polls the logs every {seconds} s")
    else:
        click.echo(f"watch: off in auditor serve; auditor watch polls the logs every {seconds} s")


def _file_schema() -> dict[str, Any]:
    from auditor.config.reference import config_schema

    return config_schema()


def _run_schema() -> dict[str, Any]:
    import msgspec

    from auditor.engine.views.audit_summary import Summary

    return msgspec.json.schema(Summary)


def _export_schema() -> dict[str, Any]:
    from auditor.publish.json_export import export_schema

    return export_schema()


def _webhook_schema() -> dict[str, Any]:
    from auditor.notify.webhook import webhook_schema

    return webhook_schema()


# Functions, because each schema imports other modules.
SCHEMAS = {
    "file": _file_schema,
    "run": _run_schema,
    "export": _export_schema,
    "webhook": _webhook_schema,
}


@command.command("schema", epilog=_SCHEMA_EPILOG)
@click.argument("name", type=SuggestingChoice(tuple(SCHEMAS)), default="file", metavar="[SCHEMA]")
def schema(name: str) -> None:
    """Print the JSON Schema of the configuration file or of an output."""
    from auditor.cli.output.data_output import print_json_schema

    print_json_schema(SCHEMAS[name]())
