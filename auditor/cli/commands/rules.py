"""``auditor rules``: list the rules, or explain one."""

import argparse
import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec

from auditor.cli.options import add_config, rules_of, settings_of
from auditor.errors import ConfigError, nearest
from auditor.rule.definition import Params
from auditor.rule.loader import LoadedRule

_WIDTH = 80


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = "List the rules, or explain one."
    parser.epilog = """\
examples:
  auditor rules                      one line each
  auditor rules email-not-login      what it promises, why, how it is put back
  auditor rules -c auditor.toml      rules of your own as well
"""
    parser.add_argument("rule", nargs="?", metavar="ID", help="the rule to explain")
    add_config(parser, fallback=None)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments) if arguments.config else None
    rules = rules_of(settings)
    if arguments.rule is None:
        print("\n".join(_table(rules)))
        return 0
    if arguments.rule not in rules:
        hint = f"{nearest(arguments.rule, rules)} (`auditor rules` lists them)"
        msg = f"no rule is called {arguments.rule!r}{hint}"
        raise ConfigError(msg)
    print("\n".join(_page(rules[arguments.rule])))
    return 0


def _table(rules: dict[str, LoadedRule]) -> Iterator[str]:
    widest = max(map(len, rules), default=0)
    for loaded in rules.values():
        rule = loaded.rule
        head = f"{rule.id:{widest}}  {rule.severity:8}  "
        off = "" if rule.enabled else " (off unless enabled)"
        yield from textwrap.wrap(
            rule.title + off, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head)
        )


def _page(loaded: LoadedRule) -> Iterator[str]:
    rule = loaded.rule
    yield rule.id
    yield "=" * len(rule.id)
    yield from textwrap.wrap(rule.title, _WIDTH)
    yield ""
    yield from textwrap.wrap(rule.rationale, _WIDTH)
    yield ""
    facts = {
        "severity": rule.severity + ("" if rule.enabled else ", off unless enabled"),
        "guide": rule.guide,
        "evidence": rule.evidence,
        "put back": rule.remediation,
        "sticky": "closes only on a later success" if rule.resolves_on_success else "",
        "controls": "; ".join(
            f"{framework} {', '.join(ids)}" for framework, ids in rule.family.controls.items()
        ),
    }
    for name, text in facts.items():
        if text:
            yield from textwrap.wrap(
                text, _WIDTH, initial_indent=f"{name:10}", subsequent_indent=" " * 10
            )
    yield f"{'file':10}{loaded.path}"
    yield from _parameters(rule.id, rule.params)


def _parameters(rule: str, params: type[Params]) -> Iterator[str]:
    """Write the parameters as the table of the configuration that sets them to their defaults."""
    fields = msgspec.structs.fields(params)
    if not fields:
        return
    yield ""
    yield f"[rules.{rule}]"
    for field in fields:
        yield f"{field.encode_name} = {_toml(field)}"


def _toml(field: msgspec.structs.FieldInfo) -> str:
    default: Any = field.default
    if field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    return msgspec.json.encode(default, order="sorted").decode()
