"""All texts of the rules, as ``auditor rules --format json`` prints them.

The golden file holds them for reviewers: a changed text is a changed line. A value is ``{…}``.
``AUDITOR_WRITE_GOLDEN=1 pytest -n 0 tests/rules/test_texts.py`` writes it again.
"""

import ast
import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands.rules import command
from auditor.resources import shipped
from auditor.rule.loader import load_rules
from auditor.rule.texts.rule_texts import texts_in
from tests.support.inspection.syntax_trees import syntax_trees
from tests.support.session.process_groups import parses_all_code

GOLDEN = Path(__file__).parent / "golden" / "texts.txt"
RULES = load_rules([shipped("rules")])
TITLES = ("severity", "requirement", "problem", "rationale", "evidence", "remediation")
DESTRUCTIVE = re.compile(r"DELETE /|generate-new-token")
VALUE = re.compile(r"\{(?:[^{}]|\{[^{}]*\})+\}")


@pytest.fixture(scope="module")
def printed():
    return json.loads(printed_by("--format", "json"))


def printed_by(*arguments):
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def lines(printed):
    for rule_id, texts in printed["rules"].items():
        yield f"# {rule_id}"
        yield from (texts[name] for name in TITLES)
        yield from (f"{kind}: {title}" for kind, title in texts["problems"].items())
        yield from (f"for many, {kind or 'all'}: {text}" for kind, text in texts["many"].items())
        yield from (VALUE.sub("{…}", text) for text in texts["texts"])
    for name, texts in printed["shared"].items():
        yield f"# {name}"
        yield from (VALUE.sub("{…}", text) for text in texts)


def test_the_command_prints_every_rule_and_what_rules_share(printed):
    assert printed["rules"].keys() == RULES.keys()
    for rule_id, texts in printed["rules"].items():
        assert texts["requirement"] == RULES[rule_id].rule.title
        assert texts["texts"], rule_id
    assert "auditor.rule.texts.reason_text" in printed["shared"]


def test_one_rule_is_printed_alone():
    alone = json.loads(printed_by("scim-disabled", "--format", "json"))
    assert list(alone["rules"]) == ["scim-disabled"]


def test_the_texts_are_those_of_the_golden_file(printed):
    text = "".join(f"{' '.join(line.split())}\n" for line in lines(printed))
    if os.environ.get("AUDITOR_WRITE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8")
    assert text.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_a_text_is_a_string_that_readers_can_see():
    source = '''
"""Not this: a docstring of a module."""
from there import them

@rule(problem="Not this: the rule states its titles itself")
def check(context):
    """Not this: a docstring."""
    name = f"{context.label} is off since {moment(context.at)}."
    yield Violation(subject="not-this", observed="Off", message=name + " It pushes nothing.")
'''
    assert texts_in(source) == (
        "{context.label} is off since {moment(context.at)}.",
        "Off",
        " It pushes nothing.",
    )


def test_no_text_of_a_rule_is_a_destructive_command(printed):
    """Messages, the report and Slack show these texts; only ``plan --calls`` lists such calls."""
    texts = [line for line in lines(printed) if DESTRUCTIVE.search(line)]
    assert texts == []


@parses_all_code
def test_only_the_plan_builds_destructive_calls():
    package = Path(auditor.__file__).parent
    builders = {
        str(path.relative_to(package))
        for path, tree in syntax_trees(package).items()
        if "sandbox" not in path.parts and DESTRUCTIVE.search("\n".join(constants(tree)))
    }
    assert builders == {"engine/views/remediation_plan.py"}
    assert not [path for path in shipped("templates").rglob("*") if is_destructive(path)]


def is_destructive(path):
    return path.is_file() and bool(DESTRUCTIVE.search(path.read_text(encoding="utf-8")))


def constants(tree):
    """Return the strings in a syntax tree that are no docstrings."""
    statements = {each.value for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    for each in ast.walk(tree):
        value = each.value if isinstance(each, ast.Constant) else None
        if isinstance(value, str) and each not in statements:
            yield value
