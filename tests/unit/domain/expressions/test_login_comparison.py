import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.domain.expressions.login_comparison import LoginReading, agree, in_words, read
from auditor.domain.expressions.tree import MAX_EXPRESSION_DEPTH


@pytest.mark.parametrize(
    "expression",
    [
        "user.login",
        "  user . login ",
        "\tuser.login\n",
        "(user.login)",
        "( ( user.login ) )",
        "source.login",
        "${source.login}",
        "${user.login}",
        " ${ (source.login) } ",
    ],
)
def test_every_spelling_of_the_login_is_recognized(expression):
    assert read(expression).reading is LoginReading.IS_LOGIN
    assert read(expression).attribute == "login"


@pytest.mark.parametrize(
    "expression",
    [
        "String.toLowerCase(user.login)",
        "String.toUpperCase( (source.login) )",
        "String.toLowerCase(String.toUpperCase(user.login))",
        "${String.toLowerCase(source.login)}",
    ],
)
def test_a_change_of_case_is_reported(expression):
    assert read(expression).reading is LoginReading.IS_LOGIN_UP_TO_CASE


@pytest.mark.parametrize(
    ("expression", "attribute"),
    [
        ("user.email", "email"),
        ("${source.email}", "email"),
        ("user.loginName", "loginName"),
        ("user.second_login", "second_login"),
        ("String.toLowerCase(user.email)", "email"),
        ("'user.login'", None),
        ('"login"', None),
        ("'it''s user.login'", None),
        ("user.firstName + '@example.com'", None),
        ("${user.firstName}@example.com", None),
        ("${source.firstName}.${source.lastName}", None),
        ("plain@example.com ${user.email}", None),
        ("user.email != null && user.email != '' ? user.email : 'none'", None),
        ("(user.email != null && user.email != '') ? 'work' : ''", None),
        ("user.email ?: 'none'", None),
        ("NOT user.active AND user.age >= 18", None),
        ("isMemberOfGroupName('login')", None),
        ("{'a', user.email}", None),
        ("null", None),
        ("login", None),
    ],
)
def test_another_attribute_or_a_literal_is_not_the_login(expression, attribute):
    answer = read(expression)
    assert answer.reading is LoginReading.IS_NOT_LOGIN
    assert answer.attribute == attribute
    names_it = f"it is the {attribute}, not the login"
    assert answer.reason == (names_it if attribute else "the login has no part in it")


@pytest.mark.parametrize(
    "expression",
    [
        "user.login != null ? user.login : user.email",
        "user.email == user.login ? 'a' : 'b'",
        "user.login ?: user.email",
        "user.email?:user.login",
        "String.substringBefore(user.login, '@')",
        "String.replace(user.login, '@old.example', '@new.example')",
        "String.removeSpaces(user.login)",
        "String.toLowerCase(user.login, 'tr')",
        "${fn:substringBefore(source.login, '@')}",
        "${source.login}@example.com",
        "user.login + ''",
        "!user.login",
        "user.login.toLowerCase()",
        "user.profile.login",
        "user.Login",
        "getManagerUser('active_directory').login",
        "{user.email, user.login}[0]",
    ],
)
def test_an_expression_that_contains_the_login_is_undecidable(expression):
    answer = read(expression)
    assert (answer.reading, answer.reason) == (
        LoginReading.UNDECIDABLE,
        "the login is only a part of it",
    )


@pytest.mark.parametrize(
    "expression",
    [
        "user['login']",
        "user['lo' + 'gin']",
        "user.getInternalProperty('login')",
        "String.toLowerCase(user.getInternalProperty('login'))",
        "(user).profile['x']",
    ],
)
def test_an_attribute_with_a_computed_name_is_undecidable(expression):
    answer = read(expression)
    assert answer.reading is LoginReading.UNDECIDABLE
    assert answer.reason == "it reads an attribute by a computed name"


@pytest.mark.parametrize(
    ("expression", "because"),
    [
        (None, "the expression is empty"),
        ("  ", "the expression is empty"),
        ("user.login(", "it is incomplete"),
        ("user.email +", "it is incomplete"),
        ("(user.email", "it is incomplete"),
        ("user.email user.email", "not understood at 'user.email'"),
        ("user.email)", "not understood at ')'"),
        ("user.email.", "it is incomplete"),
        ("user.email.'x'", "not understood at \"'x'\""),
        ("user.email; drop", "not understood from character 11"),
        ("'open", "not understood from character 1"),
        ("user?.email", "not understood at '.'"),
        ("${user.login", "a ${ without its }"),
        ("${user.email} ${", "a ${ without its }"),
        ("${user.email}${user.login}${", "a ${ without its }"),
        ("${}", "it is incomplete"),
        (f"{'(' * 99}user.login{')' * 99}", f"nested more than {MAX_EXPRESSION_DEPTH} deep"),
        (f"{'(' * 99_999}", f"nested more than {MAX_EXPRESSION_DEPTH} deep"),
    ],
)
def test_an_unparsable_expression_is_undecidable(expression, because):
    answer = read(expression)
    assert (answer.reading, answer.reason) == (LoginReading.UNDECIDABLE, because)


@pytest.mark.parametrize("before", ["", ", ".join(["1"] * 99) + ", "], ids=["alone", "after many"])
def test_only_nested_expressions_count_as_deep(before):
    def nested(depth: int) -> str:
        inside = depth - 2  # two levels are the expression and the list itself
        return f"{{{before}{'(' * inside}user.login{')' * inside}}}"

    assert read(nested(MAX_EXPRESSION_DEPTH)).reason == "the login is only a part of it"
    assert (
        read(nested(MAX_EXPRESSION_DEPTH + 1)).reason
        == f"nested more than {MAX_EXPRESSION_DEPTH} deep"
    )


PIECES = st.sampled_from(
    [
        *("user.login", "source.email", "String.toLowerCase(", "fn:len(", "'x'", '"y"', "7"),
        *(
            "${",
            "}",
            "(",
            ")",
            "[",
            "]",
            "{",
            ",",
            ".",
            "?",
            ":",
            "?:",
            "+",
            "==",
            "&&",
            "!",
            "not",
        ),
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES).map(" ".join), st.lists(PIECES).map("".join)))
@example("{[(" * 5000)
@example("!" * 5000)
def test_no_text_crashes_the_parser(text):
    answer = read(text)
    assert answer.reason
    if answer.reading in {LoginReading.IS_LOGIN, LoginReading.IS_LOGIN_UP_TO_CASE}:
        assert "login" in text


@given(st.integers(0, 20), st.text(" \t", max_size=3))
def test_parentheses_and_whitespace_change_nothing(depth, space):
    inside = f"{space}user.login{space}"
    for _ in range(depth):
        inside = f"({inside}){space}"
    assert read(inside).reading is LoginReading.IS_LOGIN


@given(st.from_regex(r"[A-Za-z_]\w{0,20}", fullmatch=True).filter(lambda x: x.lower() != "login"))
def test_only_an_expression_that_equals_the_login_is_the_login(attribute):
    assert read(f"user.{attribute}").reading is not LoginReading.IS_LOGIN


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("user.login", "${source.login}", True),
        ("String.toLowerCase(user.login)", "user.login", True),
        ("user.email", "${user.email}", True),
        ("user.email", "user.login", False),
        ("user.firstName + '@x'", "user.login", False),
        ("user.firstName + '@x'", " user.firstName + '@x' ", True),
        ("user.firstName + '@x'", "user.email", None),
        ("user.login ?: user.email", "user.login", None),
        ("user.login ?: user.email", "user.login ?: user.email", True),
        ("user.login ?: user.email", "user.email", None),
        ("${", "user.login", None),
        ("", "", None),
    ],
)
def test_two_expressions_are_equal_different_or_undecidable(one, other, same):
    assert agree(read(one), read(other)) is same
    assert agree(read(other), read(one)) is same


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (None, "Empty"),
        ("", "Empty"),
        ("user.firstName + '@x'", "Expression: user.firstName + '@x'"),
    ],
)
def test_an_expression_is_shown_in_words(expression, words):
    assert in_words(expression) == words
