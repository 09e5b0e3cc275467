"""The page rules/README.md, generated from the rules. Pure, except that it reads their files."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.generated_page import write_or_check
from auditor.resources import shipped
from auditor.rule.definition import Rule
from auditor.rule.loader import LoadedRule, load_rules
from auditor.rule.severity import Family
from auditor.rule.texts.parameter_texts import parameters

CATALOG_INTRODUCTION = """\
# The rules

Each rule is one file. The order is that of the ids. This page is generated from the files.

`enabled`, `severity` and the parameters below are set in the configuration, for all targets or \
for one: `[rules.email-not-login]`. A rule whose data is missing is not evaluated: it neither \
passes nor fails, and resolves nothing. An *event rule* reads the System Log: its finding closes \
only when a later success, or the effect of one, was read.
"""


def catalogue(rules: Mapping[str, LoadedRule]) -> str:
    """Return all rules as Markdown, with a table at the top and the controls at the end."""
    parts = (
        CATALOG_INTRODUCTION,
        "\n".join(_table(rules)),
        *("\n".join(_section(loaded)) for loaded in rules.values()),
        "\n".join(_controls()),
    )
    return "\n".join(f"{part.rstrip()}\n" for part in parts)


def _table(rules: Mapping[str, LoadedRule]) -> Iterator[str]:
    yield "| rule | severity | guide | promise |"
    yield "|---|---|---|---|"
    for rule_id, loaded in rules.items():
        rule = loaded.rule
        yield f"| [`{rule_id}`](#{rule_id}) | {_severity(rule)} | {rule.guide} | {rule.title} |"


def _section(loaded: LoadedRule) -> Iterator[str]:
    rule = loaded.rule
    yield f"## {rule.id}"
    yield ""
    yield f"**{rule.title}.** {rule.rationale}"
    yield ""
    yield f"- When it fails: {rule.problem}"
    yield f"- Severity: {_severity(rule)}{'; event rule' if rule.resolves_on_success else ''}"
    yield f"- Guide: {rule.guide}"
    yield f"- Evidence: {rule.evidence}"
    yield f"- Remediation: {rule.remediation}"
    yield f"- Controls: {rule.family} (see [below](#controls))"
    for each in parameters(rule.params):
        text = " ".join(each.text.split())  # the lines of the source
        yield f"- `{each.name} = {each.default}`: {text}"


def _controls() -> Iterator[str]:
    frameworks = list(next(iter(Family)).controls)
    yield "## Controls"
    yield ""
    yield f"| rules about | {' | '.join(frameworks)} |"
    yield f"|---|{'---|' * len(frameworks)}"
    for family in Family:
        cells = (", ".join(family.controls[framework]) for framework in frameworks)
        yield f"| {family} | {' | '.join(cells)} |"


def _severity(rule: Rule[Any]) -> str:
    return f"{rule.severity}{'' if rule.enabled else ', off by default'}"


def main(arguments: list[str]) -> str | None:
    """Write the page to a file, or with ``--check`` return why that file is not up to date."""
    return write_or_check(catalogue(load_rules([shipped("rules")])), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
