"""The command ``auditor``: the table of commands, the errors and the exit codes."""

import os
import sys
from collections.abc import Sequence

import click

from auditor.cli.command_group import LazyGroup, usage_message
from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.stderr import describe_error, print_error, show_tracebacks
from auditor.cli.standard_streams import discard_output, is_output_error, open_standard_streams
from auditor.errors import AuditorError, DeliveryError, exhaustion

COMMANDS = {
    "init": "Create a configuration file and the secret files",
    "run": "Audit the targets, store the results and send notifications",
    "report": "Write the HTML report from stored results",
    "export": "Export findings as JSON, CSV or OCSF",
    "serve": "Run audits and reports on a schedule",
    "watch": "Detect changes within minutes and audit what they affect",
    "findings": "List stored findings, or show one in full",
    "verify": "Read a finding's data now: fixed, still open or not evaluated",
    "plan": "List the remediation steps of open findings in order",
    "lockout": "Simulate which admins can still sign in after a failure",
    "waive": "Print the configuration that accepts a finding",
    "person": "Show one user in Okta and Unleash, with all findings",
    "changes": "List configuration changes and who made them",
    "history": "List past audits, their coverage and the actions of users",
    "ack": "Pause the reminders of an incident",
    "assign": "Assign the cause of an incident to an owner",
    "slack": "Post a test message, or print the Slack app manifest",
    "db": "Upgrade the database; rename, adopt or delete stored data",
    "rules": "List the rules, or explain one rule",
    "config": "Check the configuration file, or print its JSON Schema",
    "doctor": "Check connections, credentials, permissions and channels",
    "demo": "Run a complete example against a simulated Okta and Unleash",
    "sandbox": "Run the simulated Okta, Unleash and Slack only",
    "completion": "Print the completion script of a shell",
    "help": "Show the help of a command",
}
"""Each command, which is also a module in auditor/cli/commands, and its line in the help."""

COMPLETION_VARIABLE = "_AUDITOR_COMPLETE"
"""The environment variable by which a completion script asks for words."""

DEBUG_OPTION = "--debug"

_EPILOG = """\
Exit codes:
  0   no open finding at or above --fail-on, every such rule was evaluated,
      and all messages were delivered
  1   open findings at or above --fail-on
  2   the command line, the configuration or the database cannot be used
  3   a rule at or above --fail-on could not be evaluated
  4   the audit is complete, but a notification or an export is pending;
      the next run retries it
  70  internal error of the auditor

Start with:
  auditor demo       try it without an account
  auditor init       create auditor.toml
  auditor doctor     check access
  auditor run        audit

"auditor help COMMAND" explains a command.
"""


@click.group(
    cls=LazyGroup,
    package="auditor.cli.commands",
    summaries=COMMANDS,
    no_args_is_help=True,
    epilog=_EPILOG,
)
@click.version_option(package_name="unleash-okta-auditor", message="auditor %(version)s")
@click.option(
    DEBUG_OPTION, is_flag=True, expose_value=False, help="Show the traceback of an error."
)
def auditor() -> None:
    """Audit Okta-to-Unleash SCIM provisioning against Unleash's setup guide.

    The auditor changes nothing in Okta or Unleash.
    """
    from auditor.observability.library_logs import quiet_libraries
    from auditor.observability.log_level import log_level

    log_level()  # an unknown level is an error of every command, also of those that log nothing
    quiet_libraries()  # this runs before every command, so before any connection


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    The code is the return value of the command. A :class:`SystemExit` that a library or a rule
    raises is an internal error with any code.
    """
    open_standard_streams()
    # The option may stand anywhere, also behind the command.
    words = [word for word in arguments if word != DEBUG_OPTION]
    with show_tracebacks(enabled=DEBUG_OPTION in arguments):
        try:
            code = _invoke(words)
            # Inside the block, so that a closed pipe or a full disk has its own exit code.
            sys.stdout.flush()
        except BrokenPipeError:
            discard_output()
            return ExitCode.CLOSED_PIPE
        except BaseException as error:  # noqa: BLE001  (no caller is left to handle it)
            return report_error(exhaustion(error) or error)
    return code


def _invoke(words: Sequence[str]) -> int:
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from click.shell_completion import shell_complete

        return shell_complete(auditor, {}, "auditor", COMPLETION_VARIABLE, instruction)
    try:
        with auditor.make_context("auditor", list(words)) as context:
            code = auditor.invoke(context)
    except click.exceptions.Exit as ended:  # after --help and --version
        return ended.exit_code
    return int(code or 0)


def report_error(error: BaseException) -> int:
    """Print why a command ended, and return its exit code."""
    match error:
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.ctx.get_help())
            return ExitCode.UNUSABLE
        case click.UsageError():
            print_error(usage_message(error))
            return ExitCode.UNUSABLE
        case KeyboardInterrupt() | click.Abort():
            print_error("interrupted")
            return ExitCode.INTERRUPTED
        case AuditorError():
            describe_error(error)
            for line in error.lines:
                print_error(line)
            pending = isinstance(error, DeliveryError)
            return ExitCode.NOT_DELIVERED if pending else ExitCode.UNUSABLE
        case OSError() if is_output_error(error):
            discard_output()
            print_error(f"the output cannot be written: {error.strerror} (free disk space)")
            return ExitCode.UNUSABLE
        case _:
            print_error(describe_error(error))
            return ExitCode.A_BUG
