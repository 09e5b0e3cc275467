"""The part of Okta's log filter language that an auditor needs. Pure.

`eventType eq "a" or eventType eq "b"`, `target.id eq "…"`, `actor.id`, `outcome.result`,
`and`, `or`, `not`, parentheses.
"""

import re
from collections.abc import Callable

from auditor.sandbox.model.org import LogEvent

Test = Callable[[LogEvent], bool]

TOKEN = re.compile(r'\s*(?:(?P<paren>[()])|(?P<word>[A-Za-z.]+)|"(?P<text>(?:[^"\\]|\\.)*)")')
FIELDS: dict[str, Callable[[LogEvent], list[str]]] = {
    "eventtype": lambda event: [event.type],
    "target.id": lambda event: [target.id for target in event.targets],
    "target.type": lambda event: [target.type for target in event.targets],
    "actor.id": lambda event: [event.actor.id],
    "outcome.result": lambda event: [event.result],
    "uuid": lambda event: [event.uuid],
}
COMPARE: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda have, want: have == want,
    "sw": lambda have, want: have.startswith(want),
    "co": lambda have, want: want in have,
}


class FilterError(ValueError):
    """The filter cannot be read."""


def read(text: str) -> Test:
    """Return the test that a filter describes. Raises FilterError."""
    tokens: list[tuple[str, str]] = []
    position = 0
    text = text.strip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise FilterError(text)
        kind = str(match.lastgroup)
        tokens.append((kind, match[kind]))
        position = match.end()
    test = _either(tokens)
    if tokens:
        raise FilterError(text)
    return test


def _either(tokens: list[tuple[str, str]]) -> Test:
    # `and` binds more strongly than `or` (RFC 7644, 3.4.2.2).
    left = _both(tokens)
    if _take(tokens, "or"):
        right = _either(tokens)
        return lambda event: left(event) or right(event)
    return left


def _both(tokens: list[tuple[str, str]]) -> Test:
    left = _one(tokens)
    if _take(tokens, "and"):
        right = _both(tokens)
        return lambda event: left(event) and right(event)
    return left


def _one(tokens: list[tuple[str, str]]) -> Test:
    if _take(tokens, "not"):
        inner = _one(tokens)
        return lambda event: not inner(event)
    if _take(tokens, "("):
        test = _either(tokens)
        if not _take(tokens, ")"):
            raise FilterError
        return test
    match tokens[:3]:
        case [("word", field), ("word", operator), ("text", wanted)]:
            # Names and operators ignore case (RFC 7644, 3.4.2.2).
            values, compare = FIELDS.get(field.lower()), COMPARE.get(operator.lower())
            if values is None or compare is None:
                raise FilterError(field, operator)
            del tokens[:3]
            return lambda event: any(compare(value, wanted) for value in values(event))
        case _:
            raise FilterError(str(tokens))


def _take(tokens: list[tuple[str, str]], word: str) -> bool:
    if tokens and tokens[0][0] != "text" and tokens[0][1].lower() == word:
        tokens.pop(0)
        return True
    return False
