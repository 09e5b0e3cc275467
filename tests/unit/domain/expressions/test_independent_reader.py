"""The evaluator against an independent reader of Okta's expression language.

``okta-expression-parser`` covers a part of the language: comparison, ternary and most string
functions, with texts in double quotes and without decimal numbers. Two of its functions differ from
Okta's table of string functions and are left out: ``String.append`` puts ``$`` between the texts,
and ``String.substringAfter`` keeps the text that it searches for.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from okta_expression_parser.parser import ExpressionParser

from auditor.domain.expressions.evaluator import Value, evaluate_expression

PROFILE = {"login": "Ada.Lind@corp.example", "email": "ada lind@mail.example"}

texts = st.sampled_from(("@", "ada", "Ada", "a", " ", ".", "corp.example", "zz"))
quoted = texts.map('"{}"'.format)
attributes = st.sampled_from(("user.login", "user.email"))
plain = st.one_of(quoted, attributes)


def functions(operand: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return calls of the string functions that both readers know."""
    return st.one_of(
        st.builds("String.toLowerCase({})".format, operand),
        st.builds("String.toUpperCase({})".format, operand),
        st.builds("String.removeSpaces({})".format, operand),
        st.builds("String.substringBefore({}, {})".format, operand, quoted),
        st.builds("String.replace({}, {}, {})".format, operand, quoted, quoted),
        st.builds("String.replaceFirst({}, {}, {})".format, operand, quoted, quoted),
    )


values = st.recursive(plain, functions, max_leaves=4)
conditions = st.one_of(
    st.builds("{} {} {}".format, values, st.sampled_from(("==", "!=")), values),
    st.builds("String.startsWith({}, {})".format, values, quoted),
    st.builds("String.stringContains({}, {})".format, values, quoted),
)
expressions = st.one_of(
    values, conditions, st.builds("{} ? {} : {}".format, conditions, values, values)
)


numbers = st.integers(min_value=0, max_value=20).map(str)
comparisons = st.builds(
    "{} {} {}".format, numbers, st.sampled_from(("==", "!=", "<", ">")), numbers
)


def independent(expression: str) -> Any:
    return ExpressionParser(user_profile=PROFILE).parse(expression)


@given(expressions)
def test_both_readers_agree_on_the_part_of_the_language_that_both_cover(expression):
    assert evaluate_expression(expression, PROFILE) == Value(independent(expression))


@given(comparisons)
def test_both_readers_agree_on_comparisons_of_whole_numbers(expression):
    assert evaluate_expression(expression, PROFILE) == Value(independent(expression))


@pytest.mark.parametrize(
    ("expression", "ours", "theirs"),
    [
        ('String.append("a", "b")', "ab", "a$b"),
        ('String.substringAfter("ada@corp", "@")', "corp", "@corp"),
    ],
)
def test_the_functions_that_differ_follow_the_table_of_okta(expression, ours, theirs):
    assert evaluate_expression(expression, PROFILE) == Value(ours)
    assert independent(expression) == theirs
