"""``auditor demo``: a set-up drifts, is audited, half mended, and audited again."""

import argparse
import os
from datetime import timedelta
from pathlib import Path

from auditor.cli.options import rules_of
from auditor.cli.output.run_result import show
from auditor.cli.setup.sandbox_files import called, environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.config.rule_settings import rules_for
from auditor.errors import ConfigError
from auditor.pipeline.audit import audit_target
from auditor.pipeline.reports import report_on
from auditor.publish.archive import write
from auditor.store import open_store

_MARK = "# Written by `auditor demo`; it may be deleted, and is begun afresh each time.\n"


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
See it all work within a minute: a small world with a drifted set-up is audited;
some of it is mended and something else breaks; then it is audited again. All of
it over real HTTP on loopback; nothing outside is called."""
    parser.epilog = """\
examples:
  auditor demo                      writes to ./demo
  auditor demo -d /tmp/demo         writes there
"""
    parser.add_argument(
        "-d",
        "--directory",
        type=Path,
        default=Path("demo"),
        metavar="DIR",
        help="where configuration, history and reports go (default: demo)",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from auditor.sandbox import Sandbox, World

    path = _clear(arguments.directory)
    story = World.story()
    with Sandbox(story) as sandbox:
        path.write_text(_MARK + sandbox_configuration(sandbox))
        settings = load_settings(path, {**os.environ, **environment(sandbox)})
        (target,) = settings.targets
        titles = {rule_id: loaded.rule.title for rule_id, loaded in rules_of(settings).items()}

        _say("Chapter one: the set-up has drifted for nine days")
        show(audit_target(settings, target, lambda: story.clock.now), titles)
        story.chapter_two()
        _say("Chapter two: a day later, some is mended and something else broke")
        show(audit_target(settings, target, lambda: story.clock.now), titles)
        _say("What Slack received")
        print(sandbox.slack.transcript())
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
        _say("The report")
        print(
            f"{write(report, settings.report.destination)}\n\n"
            f"The history stays in {path.parent}. To look at it:\n"
            f"  {called()} findings -c {path} --state all\n"
            f"  {called()} changes -c {path}\n"
            "To try things yourself:\n"
            f"  {called()} sandbox --story"
        )
    return 0


def _clear(directory: Path) -> Path:
    """Make room for a new demo; remove only what an earlier one has left. Returns the TOML's path.

    Raises :class:`~auditor.errors.ConfigError` when the directory is somebody else's.
    """
    path = directory / "auditor.toml"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.read_text().startswith(_MARK):
            msg = f"{path}: not written by the demo (name another directory with --directory)"
            raise ConfigError(msg)
        for left in directory.glob("auditor.db*"):
            left.unlink()
    except OSError as error:
        msg = f"{directory}: cannot be written: {error.strerror} (name another with --directory)"
        raise ConfigError(msg) from error
    return path


def _say(heading: str) -> None:
    print(f"{heading}\n{'=' * len(heading)}\n", flush=True)
