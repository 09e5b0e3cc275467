"""What an expression consists of: whether it is one attribute, and whether it contains the login.

Pure. No value is computed; :mod:`auditor.domain.expressions.evaluator` does that.
"""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.expressions.tree import (
    Binary,
    Call,
    Choice,
    Elvis,
    ListOf,
    Literal,
    Member,
    Node,
    NotUnderstoodError,
    Reference,
    Template,
    Unary,
    parse_tree,
)

__all__ = ["NotUnderstoodError", "ParsedPart", "parse"]

USER_ROOTS = frozenset({"user", "source"})
"""The names under which a mapping or a template refers to the Okta user."""

_CASE_CHANGES = frozenset({"String.toLowerCase", "String.toUpperCase"})


class ParsedPart(Struct, frozen=True):
    """The facts about a part of an expression."""

    attribute: str | None = None
    """The attribute of the user that the part is exactly, if it is one."""

    case_changed: bool = False
    has_login: bool = False
    is_lookup: bool = False
    """It reads an attribute by a computed name, which may be the login."""


def parse(text: str) -> ParsedPart:
    """Read an expression, or a template with ``${…}`` in it.

    Raises :class:`NotUnderstoodError`, whose message states where.
    """
    return _describe(parse_tree(text))


def _describe(node: Node) -> ParsedPart:  # noqa: PLR0911  (one case a kind of node)
    match node:
        case Literal():
            return ParsedPart()
        case Reference(name=name):
            return _reference(name)
        case Call(name=name, arguments=arguments):
            return _call(name, tuple(map(_describe, arguments)))
        case Unary(operand=operand):
            return _combined(_describe(operand))
        case Binary(left=left, right=right) | Elvis(value=left, other=right):
            return _combined(_describe(left), _describe(right))
        case Choice(test=test, yes=yes, no=no):
            return _combined(_describe(test), _describe(yes), _describe(no))
        case Member(of=of, name=name, arguments=arguments):
            own = ParsedPart(has_login=name.lower() == "login", is_lookup=not name)
            return _combined(_describe(of), own, *map(_describe, arguments))
        case ListOf(items=parts) | Template(parts=parts):
            return _combined(*map(_describe, parts))
        case _:
            assert_never(node)


def _reference(name: str) -> ParsedPart:
    root, *path = name.split(".")
    # The login of another object (appuser.login) can equal the user's, so it counts as undecidable.
    attribute = path[0] if root in USER_ROOTS and len(path) == 1 else None
    return ParsedPart(attribute=attribute, has_login=_names_login(path))


def _call(name: str, arguments: tuple[ParsedPart, ...]) -> ParsedPart:
    if name in _CASE_CHANGES and len(arguments) == 1:
        return replace(arguments[0], case_changed=True)
    root, *path = name.split(".")
    # A method of the user can return any attribute, and so the login too.
    own = ParsedPart(has_login=_names_login(path), is_lookup=root in USER_ROOTS)
    return _combined(own, *arguments)


def _names_login(path: list[str]) -> bool:
    return any(each.lower() == "login" for each in path)


def _combined(*parts: ParsedPart) -> ParsedPart:
    """Combine parts in any way; the result is no longer one attribute."""
    return ParsedPart(
        has_login=any(part.has_login for part in parts),
        is_lookup=any(part.is_lookup for part in parts),
    )
