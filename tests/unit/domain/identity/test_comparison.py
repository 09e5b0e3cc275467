"""Two values are equal exactly when Unleash, which lower-cases an email, finds them equal."""

import unicodedata

import pytest

from auditor.domain.identity.comparison import is_same_login, normalize_login
from auditor.domain.privacy import pseudonym
from tests.support.builders.contexts import TARGET

NFC = unicodedata.normalize("NFC", "rené@example.com")
NFD = unicodedata.normalize("NFD", "rené@example.com")

PAIRS = [
    pytest.param("ADA@Example.com", "ada@example.com", True, id="case"),
    pytest.param("straße@example.com", "strasse@example.com", False, id="sharp s"),
    pytest.param("STRAẞE@example.com", "straße@example.com", True, id="capital sharp s"),
    pytest.param(NFC, NFD, False, id="NFC and NFD"),
    pytest.param("İ@example.com", "i@example.com", False, id="dotted capital I"),
    pytest.param("I@example.com", "\u0131@example.com", False, id="dotless i"),
    pytest.param("ﬁ@example.com", "fi@example.com", False, id="ligature"),
]


@pytest.mark.parametrize(("one", "other", "same"), PAIRS)
def test_values_are_compared_in_lower_case_without_case_folding(one, other, same):
    assert is_same_login(one, other) is same
    assert (normalize_login(one) == normalize_login(other)) is same


@pytest.mark.parametrize(("one", "other", "same"), PAIRS)
def test_pseudonyms_are_equal_exactly_when_the_values_are(one, other, same):
    assert (pseudonym(TARGET, one) == pseudonym(TARGET, other)) is same


@pytest.mark.parametrize("absent", [None, ""])
def test_an_absent_value_is_neither_equal_nor_different(absent):
    assert is_same_login(absent, "ada@example.com") is None
    assert normalize_login(absent) is None
