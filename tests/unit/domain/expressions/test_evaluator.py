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
from auditor.domain.expressions.login_comparison import LoginReading, read
from auditor.domain.expressions.tree import MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_OPERATORS

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
        ("1 == 1.0", True),
        ("1 != 1.0", False),
        ("1.5 == 1", False),
        ("1.5 > 1", True),
        ("null == 0", False),
        ("user.secondEmail != user.email", True),
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
        "1 == '1'",
        "true == 1",
        "2147483647 + 1",
        "2147483648",
        "9" * 5_000,
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
    assert outcome == UndecidableValue("the value of user.department was not read")


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


LINK = 3_000
LONG_CHAINS = {
    "terms": " + ".join("1" * LINK),
    "conditions": " && ".join(["true"] * LINK),
    "comparisons": " == ".join("1" * LINK),
    "signs": "-" * LINK + "1",
    "negations": "!" * LINK + "true",
    "words": "not " * LINK + "true",
    "methods": "String.append('a', 'b')" + ".a()" * LINK,
    "indexes": "String.append('a', 'b')" + "[0]" * LINK,
    "parentheses": "(" * LINK + "1" + ")" * LINK,
    "calls": "String.len(" * LINK + "1" + ")" * LINK,
    "lists": "{" * LINK + "1" + "}" * LINK,
    "ternaries": "true ? 1 : " * LINK + "1",
    "Elvis operators": "null ?: " * LINK + "1",
    "template": "${" + " + ".join("1" * LINK) + "}",
}


@pytest.mark.parametrize("kind", LONG_CHAINS)
def test_a_long_or_deep_expression_is_undecidable(kind):
    assert isinstance(evaluate_expression(LONG_CHAINS[kind], PROFILE), UndecidableValue)
    assert read(LONG_CHAINS[kind]).reading is LoginReading.UNDECIDABLE


def test_the_longest_and_deepest_expression_that_is_read_is_computed():
    deep = "(" * (MAX_EXPRESSION_DEPTH - 1) + "-" * MAX_EXPRESSION_OPERATORS + "1"
    deep += ")" * (MAX_EXPRESSION_DEPTH - 1)
    assert evaluate_expression(deep, {}) == Value(1)
    assert read(deep).reading is LoginReading.IS_NOT_LOGIN


def test_a_template_of_many_placeholders_is_computed():
    template = "${user.firstName} " * LINK
    assert evaluate_expression(template, {"firstName": "A"}) == Value("A " * LINK)


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


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("${user.department}@x.example", "the value of user.department was not read"),
        ("-user.department == 1", "the value of user.department was not read"),
        ("user.secondEmail && true", "a condition is empty"),
        ("user.login && true", "a condition is no Boolean"),
        ("true && user.secondEmail", "a condition is empty"),
        ("true && user.login", "a condition is no Boolean"),
        ("!user.login", "a condition is no Boolean"),
        ("!user.secondEmail", "a condition is empty"),
    ],
)
def test_the_obstacle_is_the_reason(expression, why):
    assert evaluate_expression(expression, PROFILE) == UndecidableValue(why)


@pytest.mark.parametrize(("length", "is_bounded"), [(10_000, False), (10_001, True)])
def test_a_text_of_the_largest_length_is_computed(length, is_bounded):
    outcome = evaluate_expression(
        "${user.login}${user.email}", {"login": "x", "email": "y" * (length - 1)}
    )
    assert isinstance(outcome, UndecidableValue) is is_bounded


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2147483647", 2147483647),
        ("2147483646 + 1", 2147483647),
        ("user.firstName ?: user.login", "Ada"),
        ("user.secondEmail ?: user.login", "Ada.Lind@corp.example"),
        ("String.substring('abc', 0, 3)", "abc"),
        ("String.substring('abc', 1, 1)", ""),
        ("String.substring('abc', 3, 3)", ""),
    ],
)
def test_values_at_a_limit_are_computed(expression, value):
    assert evaluate_expression(expression, PROFILE) == Value(value)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("user.department ?: user.login", "the value of user.department was not read"),
        ("String.toLowerCase(user.department)", "the value of user.department was not read"),
        (
            "String.substring('abc', true, 2)",
            "String.substring is not documented for these arguments",
        ),
        ("2147483648", "the number 2147483648… is too large"),
        ("user.groups[0].name", "lists and members of computed values are not computed"),
    ],
)
def test_what_cannot_be_computed_has_its_reason(expression, why):
    assert evaluate_expression(expression, PROFILE) == UndecidableValue(why)


@pytest.mark.parametrize(("length", "is_bounded"), [(10_000, False), (10_001, True)])
def test_a_function_returns_a_text_of_the_largest_length(length, is_bounded):
    profile = {"login": "x", "email": "y" * (length - 1)}
    outcome = evaluate_expression("String.append(user.login, user.email)", profile)
    assert isinstance(outcome, UndecidableValue) is is_bounded
