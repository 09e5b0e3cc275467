"""The text of expressions and templates, compared with the login. Pure.

An expression that cannot be decided from its text is undecidable; nothing is guessed.
"""

from enum import StrEnum

from msgspec import Struct

from auditor.domain.expressions.parser import NotUnderstoodError, ParsedPart, parse

_WORDS = {
    "user.login": "Login",
    "user.email": "Primary email",
    "user.firstName": "First name",
    "user.lastName": "Last name",
    "user.displayName": "Display name",
}


class LoginReading(StrEnum):
    """The value of an expression, compared with the login."""

    IS_LOGIN = "is the login"
    IS_LOGIN_UP_TO_CASE = "is the login up to case"
    IS_NOT_LOGIN = "is not the login"
    UNDECIDABLE = "cannot be decided from its text"


class Read(Struct, frozen=True):
    """An expression that was read."""

    text: str
    reading: LoginReading
    reason: str
    attribute: str | None = None
    """The attribute of the user to which the expression refers, if it is only a reference."""


def read(expression: str | None) -> Read:
    """Read the expression of a mapping or a username template, with or without ``${…}``."""
    text = (expression or "").strip()
    if not text:
        return Read(text, LoginReading.UNDECIDABLE, "the expression is empty")
    try:
        return Read(text, *_judged(parse(text)))
    except NotUnderstoodError as error:
        return Read(text, LoginReading.UNDECIDABLE, str(error))


def agree(one: Read, other: Read) -> bool | None:
    """Whether two expressions give the same value, ignoring case; ``None``: undecidable."""
    if one.attribute and other.attribute:
        return one.attribute == other.attribute
    # Equal texts give equal values, even if the auditor cannot compute them.
    if one.text and one.text == other.text:
        return True
    if "login" in {one.attribute, other.attribute} and LoginReading.IS_NOT_LOGIN in {
        one.reading,
        other.reading,
    }:
        return False
    return None


def _judged(part: ParsedPart) -> tuple[LoginReading, str, str | None]:
    if part.attribute == "login":
        if part.case_changed:
            return LoginReading.IS_LOGIN_UP_TO_CASE, "its case is changed", "login"
        return LoginReading.IS_LOGIN, "it is the login as it stands", "login"
    # A condition or a function around the login can give some users another value.
    if part.has_login:
        return LoginReading.UNDECIDABLE, "the login is only a part of it", None
    if part.is_lookup:
        return LoginReading.UNDECIDABLE, "it reads an attribute by a computed name", None
    other = part.attribute
    what = f"it is the {other}, not the login" if other else "the login has no part in it"
    return LoginReading.IS_NOT_LOGIN, what, other


def in_words(expression: str | None) -> str:
    """Return an expression for Observed and Expected: ``Login (user.login)``."""
    if not expression:
        return "Empty"
    words = _WORDS.get(expression)
    return f"{words} ({expression})" if words else f"Expression: {expression}"
