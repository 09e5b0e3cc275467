"""Each weaker source that the code falls back on is in the table of docs/evidence.md."""

import ast
import re
from pathlib import Path

import auditor
from auditor.domain import collections
from auditor.domain.collections import COLLECTIONS, Collection
from tests.support.inspection.syntax_trees import statements, syntax_trees
from tests.support.session.process_groups import parses_all_code

pytestmark = parses_all_code

DOMAIN = Path(auditor.__file__).parent / "domain"
DOCS = Path(__file__).parents[3] / "docs" / "evidence.md"
NAMES = {
    constant: each.name
    for constant, each in vars(collections).items()
    if isinstance(each, Collection)
}
WEAKER = {"unleash.access", "unleash.statistics"}
"""Collections that are read for no other purpose than to replace or to contradict others."""

BESIDE = {
    ("unleash.service_accounts", "unleash.access"): "takes machines out of either list of users",
    ("okta.assignments", "unleash.access"): "counts the assigned members of a group in either list",
    ("okta.pushed_groups", "unleash.access"): "names the group that is searched in either list",
}
"""Pairs of collections that one function reads, although none replaces the other."""


def documented():
    """Return each pair of a stronger and a weaker source of the table."""
    text = DOCS.read_text(encoding="utf-8")
    rows = text.split("## Fallbacks")[1].split("##")[0].splitlines()
    cells = [row.split("|")[1:3] for row in rows if row.startswith("| `")]
    found = [[re.findall(r"`((?:okta|unleash)\.[a-z_]+)`", cell) for cell in row] for row in cells]
    return {(strong, weak) for strongs, weaks in found for strong in strongs for weak in weaks}


def in_code():
    """Return each pair that one function of the domain reads."""
    for path, tree in syntax_trees(DOMAIN).items():
        for function in statements(tree):
            if isinstance(function, ast.FunctionDef) and path.name != "privacy.py":
                names = {each.id for each in ast.walk(function) if isinstance(each, ast.Name)}
                read = {NAMES[each] for each in names & NAMES.keys()}
                yield from ((s, w) for w in WEAKER & read for s in read - {w})


def test_the_table_names_every_fallback_of_the_code():
    found = set(in_code())
    assert ("unleash.users", "unleash.access") in found
    assert found - BESIDE.keys() <= documented()


def test_the_table_names_no_other_fallback_on_these_sources():
    assert {pair for pair in documented() if pair[1] in WEAKER} == set(in_code()) - BESIDE.keys()


def test_the_table_names_existing_collections_only():
    assert {name for pair in documented() for name in pair} <= set(COLLECTIONS)
