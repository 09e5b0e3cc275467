"""Expressions without names: each literal and unknown word is a hash; equal ones stay equal."""

import pytest

from auditor.domain.privacy_text import MaskedText

MASKED = MaskedText(lambda text: f"{text}-hash-of-it".replace(".", ""))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, None),
        ("", ""),
        ("user.login", "user.login"),
        ("user.login + '@acme.example'", "user.login + 'masked-@acmeexa'"),
        ('user.email == "x@y"', 'user.email == "masked-x@y-hash"'),
        ("user.a ? 'work' : 'home'", "user.a ? 'work' : 'home'"),
        ("'.' + user.login", "'.' + user.login"),
        ("'ab' + user.login", "'masked-ab-hash-' + user.login"),
        ("acme.secret == true", "masked_acmesecr == true"),
        ("String.substring(user.login, 0, 3)", "String.substring(user.login, 0, 3)"),
        ("String.append('a', 'b').secretName", "String.append('a', 'b').secretName"),
        ("(user.login) secretName", "(user.login) masked_secretNa"),
        ("user.groups[0].secretName", "user.groups[0].secretName"),
        ("${source.login}@acme.example", "${source.login}masked-@acmeexa"),
        ("${secret.login}", "${masked_secretlo}"),
    ],
)
def test_an_expression_keeps_only_the_words_of_the_language(text, shown) -> None:
    assert MASKED.expression(text) == shown
    assert MASKED.template(text) == shown


@pytest.mark.parametrize(("spaces", "is_kept"), [(0, True), (18, True), (19, False), (30, False)])
def test_an_attribute_of_a_computed_value_is_kept_near_its_bracket(spaces, is_kept) -> None:
    text = f"(user.login).{' ' * spaces}secretName"
    kept = text if is_kept else text.replace("secretName", "masked_secretNa")
    assert MASKED.expression(text) == kept
