"""Marks for tests that share a long import or computation: one process of pytest-xdist runs them.

In several processes, each would repeat it.
"""

from typing import Any

import pytest

parses_all_code = pytest.mark.xdist_group("syntax trees")  # a second of CPU
uses_json_schema = pytest.mark.xdist_group("json schema")  # two seconds: it builds grammars
shares_two_mistakes = pytest.mark.xdist_group("two mistakes")  # a second: 3,000 users
uses_okta_sdk = pytest.mark.xdist_group("Okta SDK")  # three seconds


def name_group(item: pytest.Item) -> None:
    """Append the groups of a test to its id, where pytest-xdist reads them.

    pytest-xdist 3.8 sets another attribute, which pytest 9.2 does not use: each process then runs
    tests of each group (https://github.com/pytest-dev/pytest-xdist/issues/1386).
    """
    groups = sorted({mark.args[0] for mark in item.iter_markers("xdist_group")})
    if groups:
        node: Any = item
        node._id = type(node._id).parse(f"{item.nodeid}@{'_'.join(groups)}")  # noqa: SLF001
