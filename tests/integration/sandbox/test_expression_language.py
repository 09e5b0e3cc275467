"""The evaluator of Okta's expressions, and the reader of its log filters."""

from datetime import UTC, datetime

import pytest

from auditor.sandbox.model.expression_language import ExpressionError, evaluate
from auditor.sandbox.model.org import LogEvent, LogTarget
from auditor.sandbox.okta.log_filter import FilterError, read

PROFILE = {"login": "Ada@example.com", "email": "ada@home.example", "title": None, "nick": ""}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("user.login", "Ada@example.com"),
        (" ( user.login ) ", "Ada@example.com"),
        ("${source.login}", "Ada@example.com"),
        ("source.email", "ada@home.example"),
        ("'fixed'", "fixed"),
        ('"a" + user.email + user.title', "aada@home.example"),
        ("String.toLowerCase(user.login)", "ada@example.com"),
        ("String.substringBefore(user.login, '@')", "Ada"),
        ("(user.email != null && user.email != '') ? 'work' : ''", "work"),
        ("(user.nick != null && user.nick != '') ? 'work' : ''", ""),
        ("user.title ?: user.nick ?: 'none'", "none"),
        ("!(user.title == null) || user.nick == ''", True),
        ("String.len('abc') == 3", True),
        ("user.unknown", None),
    ],
)
def test_an_expression_has_its_value(expression: str, value: object) -> None:
    assert evaluate(expression, PROFILE) == value


@pytest.mark.parametrize(
    "expression",
    ["", "user", "user.login user.email", "foo(user.login)", "(user.login", "a.b", "#"],
)
def test_an_unsupported_expression_is_an_error(expression: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(expression, PROFILE)


EVENT = LogEvent(
    uuid="u1",
    at=datetime(2026, 5, 4, tzinfo=UTC),
    type="directory.mapping.update",
    message="",
    actor=LogTarget("00u1", "User", "Jo", "jo@example.com"),
    targets=(LogTarget("0oa1", "AppInstance", "App", "App"), LogTarget("prm1", "M", "", "")),
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('eventType eq "directory.mapping.update"', True),
        ('eventType sw "directory."', True),
        ('eventType eq "a" or eventType eq "directory.mapping.update"', True),
        ('target.id eq "prm1" and target.id eq "0oa1"', True),
        ('target.id eq "prm2"', False),
        ('(eventType eq "a" or actor.id eq "00u1") and outcome.result eq "FAILURE"', False),
        ('not (outcome.result eq "FAILURE")', True),
        ('eventType eq "a" and eventType eq "b" or uuid eq "u1"', True),
    ],
)
def test_a_filter_selects_events(text: str, holds: bool) -> None:
    assert read(text)(EVENT) is holds


@pytest.mark.parametrize(
    "text", ["eventType", 'eventType is "a"', 'x eq "a"', '(eventType eq "a"', 'eventType eq "a" )']
)
def test_a_filter_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(FilterError):
        read(text)
