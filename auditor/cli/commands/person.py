"""``auditor person``: all about one person, on both sides."""

import argparse
from pathlib import Path

from auditor.cli.inputs import snapshots
from auditor.cli.options import add_config, add_format, add_targets, settings_of
from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.page import STYLES, TerminalPage, print_json
from auditor.cli.output.stderr import print_error
from auditor.config.rule_settings import rules_for
from auditor.domain.context import RuleContext
from auditor.domain.okta import Assignment
from auditor.domain.unleash import User
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.views.person_lookup import PersonRecord, dossiers, unseen
from auditor.errors import ConfigError
from auditor.text import format_time


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Tell all about one person: what Okta maps, the login, the account in Unleash,
how the two were tied together, roles and groups, and the findings that name
them. It looks afresh, and remembers nothing."""
    parser.epilog = """\
examples:
  auditor person ada@example.com         an email, a login or a username
  auditor person 00u1b2c3d4e5f6g7h8i9    an id of Okta's, or of Unleash's
  auditor person ada@example.com --snapshot today.json

exit codes: 0 found, 2 there is nobody of that name, 3 not all could be seen
"""
    parser.add_argument("who", metavar="WHO", help="an email, login, username or id")
    add_config(parser)
    add_targets(parser)
    parser.add_argument(
        "--snapshot", type=Path, metavar="FILE", help="look into a saved snapshot instead"
    )
    add_format(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    found: list[PersonRecord] = []
    gaps: list[str] = []
    for target, snapshot in snapshots(settings, arguments):
        rules = rules_for(settings, target)
        evaluated = evaluate(snapshot, rules, settings.attestations, kept_affected=None)
        found += dossiers(RuleContext(snapshot, settings.attestations), evaluated, arguments.who)
        gaps += [f"{target.name}: {name}: {gap}" for name, gap in unseen(snapshot).items()]
    if not found and not gaps:
        msg = (
            f"nobody has {arguments.who!r} as email, login, username or id, "
            "neither assigned in Okta nor in Unleash (write it whole: ada@example.com)"
        )
        raise ConfigError(msg)
    if arguments.format == "json":
        print_json(found)
    else:
        for each in found:
            _show(TerminalPage(), each)
    for gap in gaps:
        print_error(f"not all could be seen: {gap}")
    return ExitCode.NOT_EVALUATED if gaps else ExitCode.OK


def _show(page: TerminalPage, each: PersonRecord) -> None:
    name = each.okta.label if each.okta else each.account.label if each.account else ""
    page.ends([(name, "bold")], f"{each.target}, {format_time(each.at)}")
    if each.okta:
        _show_assignment(page, each.okta, each.user_type)
    else:
        page.line("not assigned to the app", label=_label("Okta"))
    if each.account:
        _show_account(page, "Unleash", each.account)
        page.line(each.role or "not told", label=_label("role"))
    elif not each.candidates:
        page.line("no account", label=_label("Unleash"))
    for candidate in each.candidates:
        _show_account(page, "perhaps", candidate)
    for further in each.also:
        _show_account(page, "also", further)
    if each.tied_by:
        page.line(f"by {each.tied_by}", label=_label("tied"))
    for membership in each.groups:
        role = f", which makes {membership.role}" if membership.role else ""
        page.line(f"{membership.group}{role}", label=_label("group"))
    _show_findings(page, each)
    page.gap()


def _show_assignment(page: TerminalPage, okta: Assignment, user_type: str | None) -> None:
    page.line(f"{okta.user_id}, {user_type or 'user type not told'}", label=_label("Okta"))
    since = f" since {format_time(okta.status_changed_at)}" if okta.status_changed_at else ""
    page.line(
        f"{okta.state}: assignment {okta.status or 'not told'}{since},"
        f" person {okta.user_status or 'not told'}",
        label=_label("standing"),
    )
    page.line(okta.login or "not told", label=_label("login"))
    page.line(okta.email or "nothing", label=_label("mapped"))
    page.line(okta.username or "nothing", label=_label("username"))


def _show_account(page: TerminalPage, what: str, account: User) -> None:
    managed = {True: "managed by SCIM", False: "outside SCIM", None: "SCIM not told"}
    facts = (
        f"user {account.id}",
        account.email or "no email",
        f"username {account.username}" if account.username else "",
        managed[account.is_scim_managed],
        f"seen {format_time(account.seen_at)}" if account.seen_at else "never logged in",
    )
    page.line(", ".join(filter(None, facts)), label=_label(what))


def _show_findings(page: TerminalPage, each: PersonRecord) -> None:
    for finding in each.findings:
        mark = (f"✗ {finding.severity.upper():8}  ", f"bold {STYLES[finding.severity]}")
        page.line((finding.rule, "bold"), label=mark)
        page.line(finding.message, indent=2)
        for affected in finding.affected:
            if affected.detail:
                page.line(affected.detail, indent=2)
    if not each.findings:
        page.line("no finding names them", label=_label("findings"))
    if each.uncertain:
        page.line(", ".join(each.uncertain), label=("? BLIND     ", "bold magenta"))


def _label(word: str) -> tuple[str, str]:
    return f"{word:10}", "dim"
