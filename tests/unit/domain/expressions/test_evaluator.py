"""The value of expressions for one user: decided, undecidable, or an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.expressions.evaluator import (
    EvaluationError,
    UndecidableValue,
    Value,
    evaluate_expression,
)

PROFILE = {
    "login": "Ada.Lind@corp.example",
    "email": "ada@mail.example",
    "firstName": "Ada",
    "lastName": "Lind",
    "secondEmail": None,
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("user.login", "Ada.Lind@corp.example"),
        ("source.login", "Ada.Lind@corp.example"),
        ("${source.login}", "Ada.Lind@corp.example"),
        ("${user.firstName}.${user.lastName}@x.example", "Ada.Lind@x.example"),
        ("user.firstName + ' ' + user.lastName", "Ada Lind"),
        ("'It''s'", "It's"),
        ("String.toLowerCase(user.login)", "ada.lind@corp.example"),
        ("String.substringBefore(user.login, '@')", "Ada.Lind"),
        ("String.substringBefore(user.login, '/')", "Ada.Lind@corp.example"),
        ("String.substringAfter(user.login, '@')", "corp.example"),
        ("String.substringAfter(user.login, '/')", ""),
        ("String.append(user.firstName, '!')", "Ada!"),
        ("String.substring('abcdef', 1, 3)", "bc"),
        ("String.len(user.firstName)", 3),
        ("String.replaceFirst('a.a', 'a', 'b')", "b.a"),
        ("String.stringContains(user.email, '@mail') ? user.login : user.email", PROFILE["login"]),
        ("user.secondEmail ?: user.email", "ada@mail.example"),
        ("'' ?: user.email", "ada@mail.example"),
        ("user.secondEmail == null ? user.login : user.secondEmail", PROFILE["login"]),
        ("user.firstName eq 'Ada' and not (user.lastName ne 'Lind')", True),
        ("1 + 2 * 3", 7),
        ("true || user.unreadAttribute == 'x'", True),
        ("false && user.unreadAttribute == 'x'", False),
    ],
)
def test_the_supported_part_of_the_language_is_computed(expression, value):
    assert evaluate_expression(expression, PROFILE) == Value(value)


@pytest.mark.parametrize(
    "expression",
    [
        "user.department",
        "appuser.email",
        "org.name",
        "user.manager.email",
        "user.getInternalProperty('id')",
        "Arrays.toCsvString(user.groups)",
        "Convert.toInt('1')",
        "findDirectoryUser()",
        "hasDirectoryUser() ? user.login : user.email",
        "{'a', 'b'}",
        "user['login']",
        "user.firstName + user.secondEmail",
        "String.toLowerCase(user.secondEmail)",
        "String.substring('abc', 2, 9)",
        "String.substringBefore(user.login, '')",
        "user.secondEmail ? user.login : user.email",
        "4 / 3",
        "user.unreadAttribute || true",
        "user.login ==",
    ],
)
def test_undocumented_functions_and_unread_attributes_are_undecidable(expression):
    assert isinstance(evaluate_expression(expression, PROFILE), UndecidableValue)


@pytest.mark.parametrize("expression", ["", "  ", "String.len()", "-user.login"])
def test_an_expression_that_okta_would_reject_is_an_error(expression):
    assert isinstance(evaluate_expression(expression, PROFILE), EvaluationError)


def test_the_reason_names_the_attribute_that_the_auditor_does_not_read():
    outcome = evaluate_expression("user.department + 'x'", PROFILE)
    assert outcome == UndecidableValue("the auditor does not read user.department")


def test_a_result_of_any_length_is_bounded():
    long = evaluate_expression("user.login + user.login", {"login": "x" * 9_000})
    assert isinstance(long, UndecidableValue)


texts = st.text(alphabet="ab@./ ", max_size=8)


@given(texts, texts)
def test_substring_before_and_after_split_at_the_first_match(text, mark):
    profile = {"login": text, "email": mark}
    before = evaluate_expression("String.substringBefore(user.login, user.email)", profile)
    after = evaluate_expression("String.substringAfter(user.login, user.email)", profile)
    if not mark:
        assert isinstance(before, UndecidableValue)
    elif mark in text:
        assert isinstance(before, Value)
        assert isinstance(after, Value)
        assert f"{before.value}{mark}{after.value}" == text
    else:
        assert (before, after) == (Value(text), Value(""))


@given(st.text(max_size=60))
def test_no_text_crashes_the_evaluator(text):
    assert isinstance(
        evaluate_expression(text, PROFILE), Value | UndecidableValue | EvaluationError
    )


@given(st.recursive(texts, lambda inner: st.tuples(inner, inner), max_leaves=6))
def test_text_is_joined_from_left_to_right(nested):
    def written(part):
        return (
            f"'{part}'" if isinstance(part, str) else f"({written(part[0])} + {written(part[1])})"
        )

    def joined(part):
        return part if isinstance(part, str) else joined(part[0]) + joined(part[1])

    assert evaluate_expression(written(nested), {}) == Value(joined(nested))
