"""Okta's expression language, read as far as one question goes: is this the login? Pure.

The value of an expression is never computed. It is parsed, and each part says whether it is
exactly one attribute of the person, and whether the login has a say in it; operators need no
precedence for that. What cannot be read is not guessed at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

DEEPEST = 50
"""So many nested parentheses and calls are read; nobody means more."""

_PERSON = frozenset({"user", "source"})
_CASE_CHANGES = frozenset({"String.toLowerCase", "String.toUpperCase"})
_WORDS = frozenset("and or eq ne lt gt le ge matches".split())
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<name>(?:fn:)?[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
      | (?P<operator>\?:|==|!=|<=|>=|&&|\|\||[-+*/%<>])
      | (?P<sign>[!?:(),.\[\]{}])
    )""",
    re.VERBOSE,
)
_END = ("end", "")
_PLACEHOLDER = re.compile(r"""\$\{((?:[^{}'"]|'[^']*'|"[^"]*")*)\}""")


class Reading(StrEnum):
    """What an expression gives, compared to the login."""

    IS_LOGIN = "is the login"
    IS_LOGIN_UP_TO_CASE = "is the login up to case"
    IS_NOT_LOGIN = "is not the login"
    CANNOT_TELL = "cannot be told by reading"


@dataclass(frozen=True, slots=True)
class Read:
    """An expression that was read."""

    reading: Reading
    because: str
    attribute: str | None = None
    """The one attribute of the person that it is, whatever the case: ``"email"``."""


def read(expression: str | None) -> Read:
    """Read a mapping's expression or a username template, ``${…}`` or not."""
    if expression is None or not expression.strip():
        return Read(Reading.CANNOT_TELL, "the expression is empty")
    try:
        part = _template(expression) if "${" in expression else _Parser(expression).whole()
    except _NotUnderstoodError as error:
        return Read(Reading.CANNOT_TELL, str(error))
    return _judged(part)


@dataclass(frozen=True, slots=True)
class _Part:
    """What is known of a part of an expression."""

    attribute: str | None = None
    case_changed: bool = False
    has_login: bool = False
    looks_up: bool = False
    """It asks the person for an attribute by a computed name, which may be the login."""


class _NotUnderstoodError(Exception):
    """The text is no expression that this module can read."""


def _judged(part: _Part) -> Read:
    if part.attribute == "login":
        if part.case_changed:
            return Read(Reading.IS_LOGIN_UP_TO_CASE, "its case is changed", "login")
        return Read(Reading.IS_LOGIN, "it is the login as it stands", "login")
    if part.has_login:
        return Read(Reading.CANNOT_TELL, "the login is only a part of it")
    if part.looks_up:
        return Read(Reading.CANNOT_TELL, "it looks an attribute up by name")
    what = f"it is user.{part.attribute}" if part.attribute else "the login has no part in it"
    return Read(Reading.IS_NOT_LOGIN, what, part.attribute)


def _mixed(*parts: _Part) -> _Part:
    """Put parts together in any way; the result is no longer one attribute."""
    return _Part(
        has_login=any(part.has_login for part in parts),
        looks_up=any(part.looks_up for part in parts),
    )


def _template(text: str) -> _Part:
    literal, *rest = _PLACEHOLDER.split(text.strip())
    inner, literals = rest[::2], [literal, *rest[1::2]]
    if any("${" in each for each in literals):
        msg = "a ${ without its }"
        raise _NotUnderstoodError(msg)
    parts = [_Parser(each).whole() for each in inner]
    return parts[0] if len(parts) == 1 and not any(literals) else _mixed(*parts)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            msg = f"not understood from character {position + 1}"
            raise _NotUnderstoodError(msg)
        position = match.end()
        yield match.lastgroup, match[match.lastgroup]


class _Parser:
    """Recursive descent over one expression."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._kind, self._token = next(self._tokens, _END)
        self._depth = 0

    def whole(self) -> _Part:
        part = self._choice()
        if self._kind != "end":
            raise self._unexpected()
        return part

    def _choice(self) -> _Part:
        self._depth += 1
        if self._depth > DEEPEST:
            msg = f"nested more than {DEEPEST} deep"
            raise _NotUnderstoodError(msg)
        part = self._operation()
        if self._take("?"):
            yes = self._choice()
            self._expect(":")
            part = _mixed(part, yes, self._choice())
        self._depth -= 1
        return part

    def _operation(self) -> _Part:
        parts = [self._operand()]
        while self._kind == "operator" or self._token.lower() in _WORDS:
            self._advance()
            parts.append(self._operand())
        return parts[0] if len(parts) == 1 else _mixed(*parts)

    def _operand(self) -> _Part:
        negated = False
        while self._token in {"!", "-"} or self._token.lower() == "not":
            self._advance()
            negated = True
        part = self._postfix(self._single())
        return _mixed(part) if negated else part

    def _single(self) -> _Part:
        kind, token = self._kind, self._token
        self._advance()
        if kind in {"text", "number"}:
            return _Part()
        if kind == "name":
            return self._named("".join(token.split()))
        if token == "(":  # noqa: S105  (a sign of the language)
            part = self._choice()
            self._expect(")")
            return part
        if token == "{":  # noqa: S105  (a sign of the language)
            return _mixed(*self._listed("}"))
        raise self._unexpected(token)

    def _named(self, name: str) -> _Part:
        root, *path = name.split(".")
        has_login = any(each.lower() == "login" for each in path)
        if self._take("("):
            arguments = self._listed(")")
            if name in _CASE_CHANGES and len(arguments) == 1:
                return replace(arguments[0], case_changed=True)
            own = _Part(has_login=has_login, looks_up=root in _PERSON)
            return _mixed(own, *arguments)
        whole = path[0] if root in _PERSON and len(path) == 1 else None
        return _Part(attribute=whole, has_login=has_login)

    def _postfix(self, part: _Part) -> _Part:
        """Read what is asked of a value: ``[…]``, ``.name`` or ``.name(…)``."""
        while self._token in {"[", "."}:
            if self._take("["):
                part = _mixed(part, *self._listed("]"), _Part(looks_up=True))
            else:
                self._advance()
                if self._kind != "name":
                    raise self._unexpected()
                name = self._token
                self._advance()
                part = _mixed(part, self._named(f"value.{name}"))
        return part

    def _listed(self, end: str) -> list[_Part]:
        parts: list[_Part] = []
        if self._take(end):
            return parts
        parts.append(self._choice())
        while self._take(","):
            parts.append(self._choice())
        self._expect(end)
        return parts

    def _advance(self) -> None:
        self._kind, self._token = next(self._tokens, _END)

    def _take(self, sign: str) -> bool:
        if self._kind == "sign" and self._token == sign:
            self._advance()
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected()

    def _unexpected(self, token: str | None = None) -> _NotUnderstoodError:
        found = self._token if token is None else token
        return _NotUnderstoodError(
            f"not understood at {found[:20]!r}" if found else "it breaks off"
        )
