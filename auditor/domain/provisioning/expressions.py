"""Expressions and templates, read for one question: is this the login? Pure.

What cannot be decided by reading is not guessed at.
"""

from dataclasses import dataclass
from enum import StrEnum

from auditor.domain.provisioning.expression_parser import NotUnderstoodError, ParsedPart, parse


class LoginReading(StrEnum):
    """What an expression gives, compared to the login."""

    IS_LOGIN = "is the login"
    IS_LOGIN_UP_TO_CASE = "is the login up to case"
    IS_NOT_LOGIN = "is not the login"
    UNDECIDABLE = "cannot be told by reading"


@dataclass(frozen=True, slots=True)
class Read:
    """An expression that was read."""

    text: str
    reading: LoginReading
    reason: str
    attribute: str | None = None
    """The one attribute of the person that it is, whatever the case: ``"email"``."""


def read(expression: str | None) -> Read:
    """Read a mapping's expression or a username template, ``${…}`` or not."""
    text = (expression or "").strip()
    if not text:
        return Read(text, LoginReading.UNDECIDABLE, "the expression is empty")
    try:
        return Read(text, *_judged(parse(text)))
    except NotUnderstoodError as error:
        return Read(text, LoginReading.UNDECIDABLE, str(error))


def agree(one: Read, other: Read) -> bool | None:
    """Tell whether two expressions give a person the same, case aside; ``None``: undecidable."""
    if one.attribute and other.attribute:
        return one.attribute == other.attribute
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
    if part.has_login:
        return LoginReading.UNDECIDABLE, "the login is only a part of it", None
    if part.is_lookup:
        return LoginReading.UNDECIDABLE, "it looks an attribute up by name", None
    other = part.attribute
    what = f"it is the {other}, not the login" if other else "the login has no part in it"
    return LoginReading.IS_NOT_LOGIN, what, other
