"""Okta's expression language as a tree: tokens, precedence, nesting. Pure, and nothing is computed.

Okta's language is a subset of the Spring Expression Language (developer.okta.com, "Okta Expression
Language overview"). The precedence of the operators is that of Spring.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

MAX_EXPRESSION_DEPTH = 50
"""Deeper nesting of parentheses and calls is rejected, so that no text exhausts the stack."""

MAX_EXPRESSION_OPERATORS = 200
"""More operators, signs and members are rejected: a long chain of them is a deep tree too."""

MAX_WHOLE_NUMBER = 2**31 - 1
"""Spring reads a whole number as a Java ``int``, and rejects a larger one without ``L``."""

_OPERATOR_WORDS = {
    "or": "||",
    "and": "&&",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "matches": "matches",
}
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "matches"})
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>(?:fn:)?[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
      | (?P<operator>\?:|==|!=|<=|>=|&&|\|\||[-+*/%<>])
      | (?P<sign>[!?:(),.\[\]{}])
    )""",
    re.VERBOSE,
)
_END = ("end", "")
# A brace inside a quoted text does not end the placeholder.
_PLACEHOLDER = re.compile(r"""\$\{((?:[^{}'"]|'[^']*'|"[^"]*")*)\}""")


class NotUnderstoodError(Exception):
    """The text is no expression that this module can read; the message states where."""


class Literal(Struct, frozen=True):
    """A text, a number, a Boolean or null."""

    value: str | int | float | bool | None


class Reference(Struct, frozen=True):
    """A dotted name: ``user.login``."""

    name: str


class Call(Struct, frozen=True):
    """A function or method with its arguments: ``String.toLowerCase(user.login)``."""

    name: str
    arguments: tuple["Node", ...]


class Unary(Struct, frozen=True):
    """``!x`` or ``-x``."""

    operator: str
    operand: "Node"


class Binary(Struct, frozen=True):
    """Two operands; word operators have their symbol: ``eq`` is ``==``."""

    operator: str
    left: "Node"
    right: "Node"


class Choice(Struct, frozen=True):
    """``test ? yes : no``."""

    test: "Node"
    yes: "Node"
    no: "Node"


class Elvis(Struct, frozen=True):
    """``value ?: other``."""

    value: "Node"
    other: "Node"


class Member(Struct, frozen=True):
    """What is read of a computed value: ``…[i]``, ``….name`` or ``….name(…)``."""

    of: "Node"
    name: str
    """Empty for an index."""

    arguments: tuple["Node", ...]


class ListOf(Struct, frozen=True):
    """``{a, b}``."""

    items: tuple["Node", ...]


class Template(Struct, frozen=True):
    """Text with placeholders: ``${user.firstName}.x``. At least two parts."""

    parts: tuple["Node", ...]


Node = Literal | Reference | Call | Unary | Binary | Choice | Elvis | Member | ListOf | Template

_CONSTANTS = {"null": None, "true": True, "false": False}


def parse_tree(text: str) -> Node:
    """Read an expression, or a template with ``${…}`` in it.

    Raises :class:`NotUnderstoodError`.
    """
    return _template(text) if "${" in text else _Parser(text).whole()


def _template(text: str) -> Node:
    first, *rest = _PLACEHOLDER.split(text)
    parts: list[Node] = [Literal(first)] if first else []
    for expression, literal in zip(rest[::2], rest[1::2], strict=True):
        parts.append(_Parser(expression).whole())
        if literal:
            parts.append(Literal(literal))
    if any(isinstance(part, Literal) and "${" in str(part.value) for part in parts):
        message = "a ${ without its }"
        raise NotUnderstoodError(message)
    return parts[0] if len(parts) == 1 else Template(tuple(parts))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            message = f"not understood from character {position + 1}"
            raise NotUnderstoodError(message)
        position = match.end()
        kind, token = match.lastgroup, match[match.lastgroup]
        # The word operators of Spring ignore case (Spring reference, "Operators").
        if kind == "name" and token.lower() in _OPERATOR_WORDS:
            yield "operator", _OPERATOR_WORDS[token.lower()]
        else:
            yield kind, token


def _number(token: str) -> int | float:
    if "." in token:
        return float(token)
    # Python refuses to convert thousands of digits, so the length is checked first.
    if len(token) > len(str(MAX_WHOLE_NUMBER)) or int(token) > MAX_WHOLE_NUMBER:
        message = f"the number {token[:10]}… is too large"
        raise NotUnderstoodError(message)
    return int(token)


class _Parser:
    """Recursive descent over one expression, one method a level of precedence, lowest first."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._kind, self._token = next(self._tokens, _END)
        self._depth = 0
        self._operators = 0

    def whole(self) -> Node:
        node = self._choice()
        if self._kind != "end":
            raise self._unexpected()
        return node

    def _choice(self) -> Node:
        self._depth += 1
        if self._depth > MAX_EXPRESSION_DEPTH:
            message = f"nested more than {MAX_EXPRESSION_DEPTH} deep"
            raise NotUnderstoodError(message)
        node = self._binary(0)
        if self._take("operator", "?:"):
            node = Elvis(node, self._choice())
        elif self._take("sign", "?"):
            yes = self._choice()
            self._expect(":")
            node = Choice(node, yes, self._choice())
        self._depth -= 1
        return node

    _LEVELS = (
        frozenset({"||"}),
        frozenset({"&&"}),
        _COMPARISONS,
        frozenset({"+", "-"}),
        frozenset({"*", "/", "%"}),
    )

    def _binary(self, level: int) -> Node:
        if level == len(self._LEVELS):
            return self._unary()
        node = self._binary(level + 1)
        while self._kind == "operator" and self._token in self._LEVELS[level]:
            operator = self._token
            self._count_operator()
            self._advance()
            node = Binary(operator, node, self._binary(level + 1))
        return node

    def _unary(self) -> Node:
        operators: list[str] = []
        while self._token in {"!", "-"} or (self._kind == "name" and self._token.lower() == "not"):
            operators.append({"-": "-"}.get(self._token, "!"))
            self._count_operator()
            self._advance()
        node = self._postfix(self._single())
        for operator in reversed(operators):
            node = Unary(operator, node)
        return node

    def _single(self) -> Node:
        kind, token = self._kind, self._token
        self._advance()
        if kind == "text":
            quote = token[0]
            # Spring writes a quote inside a text by doubling it.
            return Literal(token[1:-1].replace(quote * 2, quote))
        if kind == "number":
            return Literal(_number(token))
        if kind == "name":
            return self._named("".join(token.split()))
        if (kind, token) == ("sign", "("):
            node = self._choice()
            self._expect(")")
            return node
        if (kind, token) == ("sign", "{"):
            return ListOf(self._listed("}"))
        raise self._unexpected(token)

    def _named(self, name: str) -> Node:
        if self._take("sign", "("):
            return Call(name, self._listed(")"))
        if name.lower() in _CONSTANTS:
            return Literal(_CONSTANTS[name.lower()])
        return Reference(name)

    def _postfix(self, node: Node) -> Node:
        while (self._kind, self._token) in {("sign", "["), ("sign", ".")}:
            self._count_operator()
            if self._take("sign", "["):
                node = Member(node, "", self._listed("]"))
                continue
            self._advance()
            if self._kind != "name":
                raise self._unexpected()
            name = "".join(self._token.split())
            self._advance()
            arguments = self._listed(")") if self._take("sign", "(") else ()
            node = Member(node, name, arguments)
        return node

    def _listed(self, end: str) -> tuple[Node, ...]:
        if self._take("sign", end):
            return ()
        nodes = [self._choice()]
        while self._take("sign", ","):
            nodes.append(self._choice())
        self._expect(end)
        return tuple(nodes)

    def _count_operator(self) -> None:
        # A chain is read in a loop, but each of its links makes the tree one level deeper.
        self._operators += 1
        if self._operators > MAX_EXPRESSION_OPERATORS:
            message = f"more than {MAX_EXPRESSION_OPERATORS} operators"
            raise NotUnderstoodError(message)

    def _advance(self) -> None:
        self._kind, self._token = next(self._tokens, _END)

    def _take(self, kind: str, token: str) -> bool:
        if (self._kind, self._token) == (kind, token):
            self._advance()
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take("sign", sign):
            raise self._unexpected()

    def _unexpected(self, token: str | None = None) -> NotUnderstoodError:
        found = self._token if token is None else token
        return NotUnderstoodError(
            f"not understood at {found[:20]!r}" if found else "it is incomplete"
        )
