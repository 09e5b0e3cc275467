"""An evaluator of the common part of Okta's expression language. Pure.

It covers what a profile mapping commonly holds: paths, literals, `+`, comparisons, `&&`, `||`, `!`,
ternary and Elvis, parentheses and some `String.*` functions. Everything else in an expression is an
error, as for Okta an unknown function is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache

Profile = Mapping[str, object]
Value = Callable[[Profile], object]

TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'[^']*'|"[^"]*")
      | (?P<number>\d+)
      | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
      | (?P<sign>\?:|==|!=|&&|\|\||[+?:(),!])
    )""",
    re.VERBOSE,
)
ROOTS = ("user", "source", "appuser")
CONSTANTS: Mapping[str, object] = {"null": None, "true": True, "false": False}
FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "String.append": lambda text, suffix: f"{text}{suffix}",
    "String.len": lambda text: len(str(text)),
    "String.removeSpaces": lambda text: str(text).replace(" ", ""),
    "String.replace": lambda text, old, new: str(text).replace(str(old), str(new)),
    "String.stringContains": lambda text, part: str(part) in str(text),
    "String.substring": lambda text, start, end: str(text)[start:end],
    "String.substringAfter": lambda text, mark: str(text).partition(str(mark))[2],
    "String.substringBefore": lambda text, mark: str(text).partition(str(mark))[0],
    "String.toLowerCase": lambda text: str(text).lower(),
    "String.toUpperCase": lambda text: str(text).upper(),
}


class ExpressionError(ValueError):
    """The expression cannot be read."""


@cache
def compiled(expression: str) -> Value:
    """Read an expression, or a `${…}` template around one, once.

    Raises ExpressionError when it is not understood.
    """
    template = re.fullmatch(r"\s*\$\{(.*)\}\s*", expression, re.DOTALL)
    return _Reader(template[1] if template else expression).whole()


def evaluate(expression: str, profile: Profile) -> object:
    """Return the value of an expression for one person's Okta profile."""
    return compiled(expression)(profile)


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    position = 0
    while expression[position:].strip():
        match = TOKEN.match(expression, position)
        if match is None:
            raise ExpressionError(expression)
        position = match.end()
        yield str(match.lastgroup), match[str(match.lastgroup)]


# Not the auditor's parser: the sandbox imports nothing of the auditor, so it can disagree with it.
class _Reader:
    """Recursive descent, one method per level of precedence, lowest first."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._rest = [*_tokens(expression), ("end", "")]

    def whole(self) -> Value:
        value = self._choice()
        if self._rest[0][0] != "end":
            raise ExpressionError(self._expression)
        return value

    def _choice(self) -> Value:
        test = self._either()
        if self._take("?:"):
            other = self._choice()
            return lambda profile: test(profile) or other(profile)
        if self._take("?"):
            yes = self._choice()
            self._expect(":")
            no = self._choice()
            return lambda profile: yes(profile) if test(profile) else no(profile)
        return test

    def _either(self) -> Value:
        left = self._both()
        if self._take("||"):
            right = self._either()
            return lambda profile: bool(left(profile) or right(profile))
        return left

    def _both(self) -> Value:
        left = self._comparison()
        if self._take("&&"):
            right = self._both()
            return lambda profile: bool(left(profile) and right(profile))
        return left

    def _comparison(self) -> Value:
        left = self._sum()
        if self._take("=="):
            right = self._sum()
            return lambda profile: left(profile) == right(profile)
        if self._take("!="):
            right = self._sum()
            return lambda profile: left(profile) != right(profile)
        return left

    def _sum(self) -> Value:
        parts = [self._single()]
        while self._take("+"):
            parts.append(self._single())
        if len(parts) == 1:
            return parts[0]
        return lambda profile: "".join(_text(part(profile)) for part in parts)

    def _single(self) -> Value:
        kind, token = self._rest.pop(0)
        if token == "!":  # noqa: S105 -- a sign of the language
            operand = self._single()
            return lambda profile: not operand(profile)
        if token == "(":  # noqa: S105 -- a sign of the language
            inner = self._choice()
            self._expect(")")
            return inner
        if kind == "text":
            return lambda _: token[1:-1]
        if kind == "number":
            return lambda _: int(token)
        if kind == "name":
            return self._named(token)
        raise ExpressionError(self._expression)

    def _named(self, name: str) -> Value:
        if name in CONSTANTS:
            return lambda _: CONSTANTS[name]
        if function := FUNCTIONS.get(name):
            return self._call(function)
        root, _, attribute = name.partition(".")
        if root not in ROOTS or not attribute:
            raise ExpressionError(self._expression)
        return lambda profile: profile.get(attribute)

    def _call(self, function: Callable[..., object]) -> Value:
        self._expect("(")
        arguments = [self._choice()]
        while self._take(","):
            arguments.append(self._choice())
        self._expect(")")
        return lambda profile: function(*(argument(profile) for argument in arguments))

    def _take(self, sign: str) -> bool:
        if self._rest[0] == ("sign", sign):
            self._rest.pop(0)
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise ExpressionError(self._expression)


def _text(value: object) -> str:
    # Okta does not document how null is written inside a text. The auditor calls this undecidable.
    return "" if value is None else str(value)
