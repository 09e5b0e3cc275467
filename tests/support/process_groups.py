"""Marks for tests that share a long import or computation: one process of pytest-xdist runs them.

In several processes, each would repeat it.
"""

import pytest

parses_all_code = pytest.mark.xdist_group("syntax trees")  # a second of CPU
uses_json_schema = pytest.mark.xdist_group("json schema")  # two seconds: it builds grammars
uses_okta_sdk = pytest.mark.xdist_group("Okta SDK")  # three seconds
