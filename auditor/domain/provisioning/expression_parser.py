"""Okta's expression language, as far as it says what an expression is made of. Pure.

No value is ever computed. Each part says whether it is exactly one attribute of the person, and
whether the login has a say in it; operators need no precedence for that.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

DEEPEST = 50
"""So many nested parentheses and calls are read; nobody means more."""

_PERSON = frozenset({"user", "source"})
_CASE_CHANGES = frozenset({"String.toLowerCase", "String.toUpperCase"})
_WORDS = frozenset(["and", "or", "eq", "ne", "lt", "gt", "le", "ge", "matches"])
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


@dataclass(frozen=True, slots=True)
class ParsedPart:
    """What is known of a part of an expression."""

    attribute: str | None = None
    case_changed: bool = False
    has_login: bool = False
    is_lookup: bool = False
    """It asks the person for an attribute by a computed name, which may be the login."""


class NotUnderstoodError(Exception):
    """The text is no expression that this module can read."""


def parse(text: str) -> ParsedPart:
    """Read an expression, or a template with ``${…}`` in it.

    Raises NotUnderstoodError, whose message says where.
    """
    return _template(text) if "${" in text else _Parser(text).whole()


def _mixed(*parts: ParsedPart) -> ParsedPart:
    """Put parts together in any way; the result is no longer one attribute."""
    return ParsedPart(
        has_login=any(part.has_login for part in parts),
        is_lookup=any(part.is_lookup for part in parts),
    )


def _template(text: str) -> ParsedPart:
    literal, *rest = _PLACEHOLDER.split(text)
    inner, literals = rest[::2], [literal, *rest[1::2]]
    if any("${" in each for each in literals):
        msg = "a ${ without its }"
        raise NotUnderstoodError(msg)
    parts = [_Parser(each).whole() for each in inner]
    return parts[0] if len(parts) == 1 and not any(literals) else _mixed(*parts)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            msg = f"not understood from character {position + 1}"
            raise NotUnderstoodError(msg)
        position = match.end()
        yield match.lastgroup, match[match.lastgroup]


class _Parser:
    """Recursive descent over one expression."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._kind, self._token = next(self._tokens, _END)
        self._depth = 0

    def whole(self) -> ParsedPart:
        part = self._choice()
        if self._kind != "end":
            raise self._unexpected()
        return part

    def _choice(self) -> ParsedPart:
        self._depth += 1
        if self._depth > DEEPEST:
            msg = f"nested more than {DEEPEST} deep"
            raise NotUnderstoodError(msg)
        part = self._operation()
        if self._take("?"):
            yes = self._choice()
            self._expect(":")
            part = _mixed(part, yes, self._choice())
        self._depth -= 1
        return part

    def _operation(self) -> ParsedPart:
        parts = [self._operand()]
        while self._kind == "operator" or self._token.lower() in _WORDS:
            self._advance()
            parts.append(self._operand())
        return parts[0] if len(parts) == 1 else _mixed(*parts)

    def _operand(self) -> ParsedPart:
        negated = False
        while self._token in {"!", "-"} or self._token.lower() == "not":
            self._advance()
            negated = True
        part = self._postfix(self._single())
        return _mixed(part) if negated else part

    def _single(self) -> ParsedPart:
        kind, token = self._kind, self._token
        self._advance()
        if kind in {"text", "number"}:
            return ParsedPart()
        if kind == "name":
            return self._named("".join(token.split()))
        if token == "(":  # noqa: S105  (a sign of the language)
            part = self._choice()
            self._expect(")")
            return part
        if token == "{":  # noqa: S105  (a sign of the language)
            return _mixed(*self._listed("}"))
        raise self._unexpected(token)

    def _named(self, name: str) -> ParsedPart:
        root, *path = name.split(".")
        has_login = any(each.lower() == "login" for each in path)
        if self._take("("):
            arguments = self._listed(")")
            if name in _CASE_CHANGES and len(arguments) == 1:
                return replace(arguments[0], case_changed=True)
            own = ParsedPart(has_login=has_login, is_lookup=root in _PERSON)
            return _mixed(own, *arguments)
        whole = path[0] if root in _PERSON and len(path) == 1 else None
        return ParsedPart(attribute=whole, has_login=has_login)

    def _postfix(self, part: ParsedPart) -> ParsedPart:
        """Read what is asked of a value: ``[…]``, ``.name`` or ``.name(…)``."""
        while self._token in {"[", "."}:
            if self._take("["):
                part = _mixed(part, *self._listed("]"), ParsedPart(is_lookup=True))
            else:
                self._advance()
                if self._kind != "name":
                    raise self._unexpected()
                name = self._token
                self._advance()
                part = _mixed(part, self._named(f"value.{name}"))
        return part

    def _listed(self, end: str) -> list[ParsedPart]:
        parts: list[ParsedPart] = []
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

    def _unexpected(self, token: str | None = None) -> NotUnderstoodError:
        found = self._token if token is None else token
        return NotUnderstoodError(f"not understood at {found[:20]!r}" if found else "it breaks off")
