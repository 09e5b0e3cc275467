"""The requirements that every rule must meet."""

import ast
import itertools
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain import collections
from auditor.domain.collections import Collection, MissingData, MissingReason
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.catalog import catalogue, main
from auditor.rule.loader import load_rules
from auditor.rule.results import RuleFailed
from auditor.rule.texts.parameter_texts import parameters
from tests.support.builders.contexts import attestation, clean_snapshot, missing

HERE = Path(__file__).parent
FILES = sorted(shipped("rules").glob("[!_]*.py"))
RULES = load_rules([shipped("rules")])
ALL = bind(RULES, {rule_id: {"enabled": True} for rule_id in RULES}, where="test")
COLLECTIONS = sorted(
    name.lower() for name, value in vars(collections).items() if isinstance(value, Collection)
)
PROVEN_ONLY = {"single"}
"""Findings that state that something is not proven: only one path for admins."""


every_rule = pytest.mark.parametrize("loaded", RULES.values(), ids=RULES)
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@every_rule
def test_every_rule_has_its_explanations(loaded):
    rule = loaded.rule
    for text in (rule.rationale, rule.evidence, rule.remediation):
        assert re.fullmatch(r"[A-Z].*\.", text, re.DOTALL), text
    for title in (rule.title, rule.problem, *rule.problems.values()):
        assert re.fullmatch(r"[A-Z].*[^.]", title), title
        assert len(title) <= 80
    assert "\n" not in rule.title
    assert re.fullmatch(r"(Okta|Unleash) \d(, \d)*|Before you begin|effect", rule.guide)
    assert {"SOC 2", "ISO 27001", "NIST 800-53"} <= rule.family.controls.keys()


@every_rule
def test_every_parameter_has_a_default_and_a_meaning(loaded):
    loaded.rule.params()
    for each in parameters(loaded.rule.params):
        assert each.text, each.name


@every_rule
def test_the_file_has_the_name_of_its_rule(loaded):
    assert loaded.path.stem == loaded.rule.id.replace("-", "_")


@every_file
def test_every_rule_file_has_its_test(path):
    assert (HERE / f"test_{path.name}").is_file()


@every_file
def test_a_rule_imports_only_its_vocabulary_and_the_standard_library(path):
    tree = ast.parse(path.read_text())
    modules = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    ours = {name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names}
    assert ours == {"auditor.rule"}


def test_every_rule_passes_on_a_clean_target():
    attestations = tuple(attestation(rule_id) for rule_id in RULES)
    content = {VerdictStatus.PASS, VerdictStatus.NOT_APPLICABLE, VerdictStatus.ATTESTED}
    verdicts = evaluate(clean_snapshot(), ALL, attestations).verdicts
    assert {each.rule: each for each in verdicts if each.status not in content} == {}
    unvouched = {
        each.rule
        for each in evaluate(clean_snapshot(), ALL).verdicts
        if each.status is VerdictStatus.PASS
    }
    passing = {each.rule for each in verdicts if each.status is VerdictStatus.PASS}
    assert unvouched == passing


@pytest.mark.parametrize(
    "why", [why for why in MissingReason if why is not MissingReason.NOT_ON_THIS_EDITION]
)
def test_without_any_data_no_rule_has_a_finding_or_a_pass(why):
    without_data = clean_snapshot(**dict.fromkeys(COLLECTIONS, missing(why)))
    for verdict in evaluate(without_data, ALL).verdicts:
        assert verdict.status in {VerdictStatus.UNKNOWN, VerdictStatus.NEEDS_ATTESTATION}, verdict
        assert not any(isinstance(reason, RuleFailed) for reason in verdict.reasons)


@given(st.dictionaries(st.sampled_from(COLLECTIONS), st.sampled_from(MissingReason)))
def test_missing_data_crashes_no_rule_and_is_no_finding(gaps):
    hidden: dict[str, MissingData] = {name: missing(why) for name, why in gaps.items()}
    evaluated = evaluate(clean_snapshot(**hidden), ALL)
    because = itertools.chain.from_iterable(each.reasons for each in evaluated.verdicts)
    assert [reason for reason in because if isinstance(reason, RuleFailed)] == []
    if MissingReason.NOT_ON_THIS_EDITION not in gaps.values():
        breaches = [each for each in evaluated.findings if each.attribute not in PROVEN_ONLY]
        assert breaches == []


def test_the_catalogue_names_every_rule_and_parameter():
    page = catalogue(RULES)
    for rule_id, loaded in RULES.items():
        assert f"## {rule_id}\n" in page
        rule = loaded.rule
        for text in (rule.title, rule.problem, rule.rationale, rule.evidence):
            assert text in page, text
        for each in parameters(loaded.rule.params):
            text = " ".join(each.text.split())
            assert f"`{each.name} = {each.default}`: {text}\n" in page
    assert page.endswith("\n")
    assert not re.search(r"[ \t]$", page, re.MULTILINE)


def test_an_outdated_page_is_reported(tmp_path):
    page = tmp_path / "README.md"
    assert main([str(page)]) is None
    assert main(["--check", str(page)]) is None
    page.write_text("old")
    assert "make docs" in str(main(["--check", str(page)]))
