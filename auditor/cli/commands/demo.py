"""The command ``auditor demo``: a complete example against simulated services."""

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import click

from auditor.cli.command_group import Command
from auditor.cli.options import rules_of
from auditor.errors import ConfigError
from auditor.files import read_regular_file

_EPILOG = """\
Examples:
  auditor demo                      writes to ./demo
  auditor demo -d /tmp/demo         writes there
"""

_MARK = "# Written by `auditor demo`"
"""The beginning of a configuration that the next demo can replace."""


@click.command("demo", cls=Command, epilog=_EPILOG)
@click.option(
    "-d",
    "--directory",
    type=click.Path(path_type=Path),
    default=Path("demo"),
    show_default=True,
    metavar="DIR",
    help="Directory for configuration, history and reports.",
)
def command(directory: Path) -> None:
    """Audit and watch a simulated Okta and Unleash, within a minute.

    The first audit finds configuration drift. Then a part of the drift is fixed, another problem
    is added, and the second audit runs. A user acknowledges the new problem in Slack. Finally, a
    mapping is broken between two audits: the watch detects it, the fix is verified, and the next
    audit resolves it. All requests use HTTP on loopback. No real service is called.
    """
    from auditor.cli.output.page import TerminalPage
    from auditor.cli.output.run_output.run_result import print_outcome
    from auditor.cli.output.stderr import plain_log
    from auditor.cli.output.verification_page import print_verification
    from auditor.cli.setup.demo_click import acknowledge_in_slack, add_operator
    from auditor.cli.setup.demo_watch import detect, fix_and_verify
    from auditor.cli.setup.sandbox_files import environment, own_command, sandbox_configuration
    from auditor.config.loading import load_settings
    from auditor.config.rule_settings import rules_for
    from auditor.pipeline.audit import audit_target
    from auditor.pipeline.reports import report_on
    from auditor.publish.archive import write
    from auditor.sandbox import Sandbox
    from auditor.sandbox.worlds.story import Story
    from auditor.store import open_store

    path = _clear(directory)
    story = Story.begin()
    with plain_log(), Sandbox(story) as sandbox:
        operator = add_operator(sandbox)
        mark = f"{_MARK}. The next demo replaces this directory's history.\n"
        path.write_text(mark + sandbox_configuration(sandbox, operator))
        settings = load_settings(path, {**os.environ, **environment(sandbox)})
        (target,) = settings.targets
        remediations = {
            rule_id: loaded.rule.remediation for rule_id, loaded in rules_of(settings).items()
        }

        _print_heading("First audit: the configuration drifted in the last nine days")
        print_outcome(
            audit_target(settings, target, lambda: story.clock.now), settings, remediations
        )
        story.chapter_two()
        _print_heading("Second audit: one day later, some problems are fixed and a new one exists")
        print_outcome(
            audit_target(settings, target, lambda: story.clock.now), settings, remediations
        )
        acknowledged = acknowledge_in_slack(sandbox, settings, lambda: story.clock.now, operator)
        _print_heading("A user acknowledges an incident in Slack")
        click.echo(f"{acknowledged}\n")
        _print_heading("Watch: a mapping is broken between two audits, fixed and verified")
        took = detect(sandbox, story, settings)
        click.echo(f"Slack was notified {took.total_seconds():.0f} seconds after the change.\n")
        print_verification(TerminalPage(), fix_and_verify(story, settings))
        click.echo()
        story.clock.travel(story.clock.now + timedelta(hours=1))
        audit_target(settings, target, lambda: story.clock.now)
        _print_heading("Messages that Slack received")
        click.echo(sandbox.slack.transcript())
        now = story.clock.now
        with open_store(settings.store.database_url().reveal()) as store:
            report = report_on(
                store,
                settings,
                target,
                rules_for(settings, target),
                since=now - timedelta(days=7),
                until=now,
            )
        _print_heading("The report")
        click.echo(
            f"{write(report, settings.report.destination).address}\n\n"
            f"The history is kept in {path.parent}. These commands read it:\n"
            f"  {own_command()} findings -c {path} --state all\n"
            f"  {own_command()} changes -c {path}\n"
            "This command starts the same simulation for your own tests:\n"
            f"  {own_command()} sandbox --story"
        )


def _clear(directory: Path) -> Path:
    """Remove the history of an earlier demo. Returns the path of the configuration.

    Raises :class:`~auditor.errors.ConfigError` if the demo did not write the directory.
    """
    path = directory / "auditor.toml"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if not read_regular_file(path).startswith(_MARK.encode()):
                msg = f"{path}: not written by the demo (use another directory with --directory)"
                raise ConfigError(msg)
        for left in directory.glob("auditor.db*"):
            left.unlink()
    except OSError as error:
        msg = f"{directory}: cannot be written: {error.strerror} (use another --directory)"
        raise ConfigError(msg) from error
    return path


def _print_heading(heading: str) -> None:
    click.echo(f"{heading}\n{'=' * len(heading)}\n")
