"""What can be typed: the commands, each in a module that is imported only when it is meant."""

import argparse
import os
import sys
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn

from auditor import __version__
from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.stderr import DEBUG, explain, print_error
from auditor.errors import AuditorError, ConfigError, DeliveryError, nearest

COMMANDS = {
    "init": "write a first configuration, asking for what it takes",
    "run": "audit the targets, remember and tell what changed",
    "report": "write the HTML report from what is remembered",
    "export": "write the report for machines: JSON, CSV or OCSF",
    "serve": "audit and report by a schedule, until stopped",
    "findings": "list what is remembered of findings",
    "plan": "say how everything is put back, and in which order",
    "person": "tell all about one person, on both sides",
    "changes": "list what was changed in the set-up, and by whom",
    "history": "list the audits, and how complete they were",
    "ack": "silence the reminders of an incident for a while",
    "slack": "post a sample to Slack, or print its app manifest",
    "db": "bring the store up to date, or rename, adopt and forget in it",
    "rules": "list the rules, or explain one",
    "config": "check the configuration file, or print its schema",
    "doctor": "try all that an audit needs, and say what hangs on it",
    "demo": "see it all work, against a small world that it brings along",
    "sandbox": "run that small world alone, to try commands against",
}
"""Name of a command, and of its module in auditor/cli/commands, to its line in the help."""

_EPILOG = """\
exit codes:
  0  all is well, or nothing was asked that could fail
  1  open findings at or above --fail-on
  2  the command line, the configuration or the history cannot be used
  3  something was blind that a rule at or above --fail-on needed
  4  audited, but not all could be told or exported: the next run does it
  70 a bug in the auditor itself

start with:
  auditor demo       see it work, without any account
  auditor init       write auditor.toml
  auditor doctor     see whether all that it needs is there
  auditor run        audit; `auditor COMMAND --help` explains each
"""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, like all others, and that guesses no option."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  (argparse's own)
        layout = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=layout, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Refuse the command line (exit 2)."""
        msg = f"{message} (see {self.prog} --help)"
        raise ConfigError(msg)

    def parse_known_args(  # type: ignore[override]  # nobody here brings another namespace
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse; refuse what this parser, or the one of an action below it, does not take."""
        known, unknown = super().parse_known_args(args, namespace)
        for word in unknown:
            self._refuse(word)
        return known, unknown

    @property
    def options(self) -> Collection[str]:
        """All options, by every name."""
        return self._option_string_actions

    def _refuse(self, word: str) -> NoReturn:
        options = self.options
        if not word.startswith("-") and "--target" in options:
            self.error(f"{word}: no such argument (a target is named by -t {word})")
        hint = nearest(word.partition("=")[0], options)
        self.error(f"{word}: no such option or argument{hint}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # noqa: ANN401  (argparse's own)
        """Refuse a word that is none of an argument's choices, and suggest the nearest."""
        if action.choices is None or value in action.choices:
            return
        choices = tuple(map(str, action.choices))
        hint = nearest(str(value), choices)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  (it has no other name)
            there = hint or f" (there are: {', '.join(choices)})"
            self.error(f"there is no {str(action.metavar).lower()} {value!r}{there}")
        name = "/".join(action.option_strings) or str(action.metavar or action.dest)
        self.error(f"{name}: expected one of {', '.join(choices)}, got {value!r}{hint}")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; ``run`` among them carries the command out.

    Raises :class:`~auditor.errors.ConfigError`, or :class:`SystemExit` after printing help.
    """
    parser = Parser(
        prog="auditor",
        description="Tell whether Okta provisions people into Unleash as the guide demands.",
        epilog=_EPILOG,
    )
    parser.set_defaults(unattended=False)
    parser.add_argument("--version", action="version", version=f"auditor {__version__}")
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an error; stands anywhere"
    )
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    meant = next((word for word in argv if not word.startswith("-")), None)
    if argv[:1] in (["-h"], ["--help"]):
        meant = None
    if argv and argv[0].startswith("-") and argv[0] not in parser.options:
        parser.error(f"{argv[0]}: options stand after the command")
    if meant is not None and meant not in COMMANDS:
        parser.error(f"there is no command {meant!r}{nearest(meant, COMMANDS)}")
    for name, line in COMMANDS.items():
        if name == meant:
            module = import_module(f"auditor.cli.commands.{name}")
            module.describe(commands.add_parser(name, help=line))
        elif meant is None:  # the help lists them all
            commands.add_parser(name, help=line)
    if meant is None:
        parser.parse_args(argv)
        parser.print_help()
        parser.exit(2)
    return parser.parse_args(argv)


def run(argv: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    debug = DEBUG in argv
    with ExitStack() as lasting:
        try:
            arguments = parse([word for word in argv if word != DEBUG])
            arguments.debug = debug
            if arguments.unattended and (arguments.format == "log" or not sys.stderr.isatty()):
                from auditor.observability.logs import log_lines

                lasting.enter_context(log_lines())
            code: int = arguments.run(arguments)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return ExitCode.CLOSED_PIPE
        except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001  (nothing is above)
            return _end(error, debug=debug)
    return code


def _end(error: BaseException, *, debug: bool) -> int:
    """Say why a command ended, and give the exit code for it."""
    match error:
        case SystemExit():  # argparse has printed what was asked for: help, or the version
            return int(error.code or 0)
        case Exception():
            said = explain(error, debug=debug)
            for line in error.lines if isinstance(error, AuditorError) else (said,):
                print_error(line)
            if isinstance(error, DeliveryError):
                return ExitCode.NOT_DELIVERED
            return ExitCode.UNUSABLE if isinstance(error, AuditorError) else ExitCode.A_BUG
        case _:
            print_error("stopped")
            return ExitCode.INTERRUPTED
