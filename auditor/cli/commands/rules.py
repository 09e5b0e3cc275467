"""The command ``auditor rules``: list the rules, or explain one rule."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import HELP_WIDTH, Command, did_you_mean
from auditor.cli.completion import complete_rules
from auditor.cli.options import format_option, load_configuration, rules_of
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.rule.loader import LoadedRule

_EPILOG = """\
Examples:
  auditor rules                      one line per rule
  auditor rules email-not-login      requirement, reason, remediation
  auditor rules -c auditor.toml      also the rules of rule_paths
  auditor rules --format json        every text of each rule
"""

_LABEL_WIDTH = 13


@click.command("rules", cls=Command, epilog=_EPILOG)
@click.argument("rule", required=False, metavar="[ID]", shell_complete=complete_rules)
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    envvar="AUDITOR_CONFIG",
    metavar="FILE",
    help="Configuration file (default: $AUDITOR_CONFIG, otherwise none).",
)
@format_option("text", "json")
def command(rule: str | None, config: Path | None, output_format: str) -> None:
    """List the rules, or explain one rule."""
    # The default file is not read, so that the command works before there is a configuration.
    rules = rules_of(load_configuration(config) if config else None)
    if rule is None and output_format == "text":
        click.echo("\n".join(_table(rules)))
        return
    if rule is not None and rule not in rules:
        here = " (`auditor rules` lists the rules)"
        everywhere = " (`auditor rules -c auditor.toml` also lists the rules of rule_paths)"
        hint = did_you_mean(rule, rules) or (here if config else everywhere)
        msg = f"{rule}: no such rule{hint}"
        raise ConfigError(msg)
    if output_format == "json":
        click.echo(_texts(rules if rule is None else {rule: rules[rule]}))
    elif rule is not None:
        click.echo("\n".join(_page(rules[rule])))


def _texts(rules: "dict[str, LoadedRule]") -> str:
    """Return all texts of the rules, and the texts that rules share, as JSON."""
    from auditor.rule.texts.rule_texts import shared_texts, texts_of_rule
    from auditor.serialization import to_json

    texts = {
        rule_id: texts_of_rule(loaded.rule, loaded.path.read_text(encoding="utf-8"))
        for rule_id, loaded in rules.items()
    }
    return to_json({"rules": texts, "shared": shared_texts()})


def _table(rules: "dict[str, LoadedRule]") -> Iterator[str]:
    widest = max(map(len, rules), default=0)
    for loaded in rules.values():
        rule = loaded.rule
        head = f"{rule.id:{widest}}  {rule.severity:8}  "
        off = "" if rule.enabled else " (disabled by default)"
        yield from textwrap.wrap(
            rule.title + off, HELP_WIDTH, initial_indent=head, subsequent_indent=" " * len(head)
        )


def _page(loaded: "LoadedRule") -> Iterator[str]:
    rule = loaded.rule
    yield rule.id
    yield "=" * len(rule.id)
    yield from textwrap.wrap(rule.title, HELP_WIDTH)
    yield ""
    yield from textwrap.wrap(rule.rationale, HELP_WIDTH)
    yield ""
    facts = {
        "Severity": rule.severity + ("" if rule.enabled else ", disabled by default"),
        "Guide step": rule.guide,
        "Evidence": rule.evidence,
        "Remediation": rule.remediation,
        "Resolved": "only after a later success" if rule.resolves_on_success else "",
        "Controls": "; ".join(
            f"{framework} {', '.join(ids)}" for framework, ids in rule.family.controls.items()
        ),
    }
    for name, text in facts.items():
        if text:
            yield from textwrap.wrap(
                text,
                HELP_WIDTH,
                initial_indent=f"{name:{_LABEL_WIDTH}}",
                subsequent_indent=" " * _LABEL_WIDTH,
            )
    yield f"{'File':{_LABEL_WIDTH}}{loaded.path}"
    yield from _parameters(loaded)


def _parameters(loaded: "LoadedRule") -> Iterator[str]:
    """Write the table of the configuration that sets each parameter to its default."""
    if not loaded.parameters:
        return
    yield ""
    yield f"[rules.{loaded.rule.id}]"
    for each in loaded.parameters:
        yield f"{each.name} = {each.default}"
