"""The value of an expression for one user: decided, undecidable, or an error. Pure.

It covers the plain part of Okta's language: literals, ``+``, comparison, ``and``/``or``/``not``,
ternary, Elvis, some ``String.*`` functions, and references to ``user.*`` and ``source.*``. All else
(directory, org and app-user references, arrays, conversions, unknown functions) is undecidable.
Nothing of an expression is ever executed as code. docs/expressions.md lists the sources.
"""

import operator as operator_module
from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from msgspec import Struct

from auditor.domain.expressions.functions import (
    STRING_FUNCTIONS,
    Scalar,
    UndocumentedArgumentError,
)
from auditor.domain.expressions.parser import USER_ROOTS
from auditor.domain.expressions.tree import (
    MAX_WHOLE_NUMBER,
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

MAX_TEXT_LENGTH = 10_000
"""A longer result is undecidable: no attribute of the guide is that long."""


class Value(Struct, frozen=True):
    """The expression has this value."""

    value: Scalar


class UndecidableValue(Struct, frozen=True):
    """The auditor cannot compute the value, for this reason."""

    why: str


class EvaluationError(Struct, frozen=True):
    """Okta would raise an error, for this reason."""

    why: str


Outcome = Value | UndecidableValue | EvaluationError


def evaluate_expression(text: str, profile: Mapping[str, Scalar]) -> Outcome:
    """Compute an expression or template for a user.

    ``profile`` maps the known attributes of the user to their values. ``None``: the attribute is
    known to be empty. A reference to an attribute that is not in it is undecidable.
    """
    if not text.strip():
        return EvaluationError("the expression is empty")
    try:
        tree = parse_tree(text)
    except NotUnderstoodError as error:
        return UndecidableValue(str(error))
    return _evaluate(tree, profile)


def _evaluate(  # noqa: C901, PLR0911  (one case a kind of node)
    node: Node, profile: Mapping[str, Scalar]
) -> Outcome:
    match node:
        case Literal(value=value):
            return Value(value)
        case Reference(name=name):
            return _reference(name, profile)
        case Call(name=name, arguments=arguments):
            return _call(name, [_evaluate(each, profile) for each in arguments])
        case Unary(operator=operator, operand=operand):
            return _unary(operator, _evaluate(operand, profile))
        case Binary(operator="&&" | "||" as operator, left=left, right=right):
            return _logical(operator, _evaluate(left, profile), _evaluate(right, profile))
        case Binary(operator=operator, left=left, right=right):
            return _binary(operator, _evaluate(left, profile), _evaluate(right, profile))
        case Choice():
            return _choice(node, profile)
        case Elvis(value=first, other=other):
            return _elvis(_evaluate(first, profile), other, profile)
        case Template(parts=parts):
            return _joined([_evaluate(each, profile) for each in parts])
        case Member() | ListOf():
            return UndecidableValue("lists and members of computed values are not computed")
        case _:
            assert_never(node)


def _reference(name: str, profile: Mapping[str, Scalar]) -> Outcome:
    root, _, attribute = name.partition(".")
    if root not in USER_ROOTS or not attribute or "." in attribute:
        return UndecidableValue(f"{name} is not an attribute of the Okta user")
    if attribute not in profile:
        return UndecidableValue(f"the value of {name} was not read")
    return Value(profile[attribute])


def _first_obstacle(outcomes: Sequence[Outcome]) -> UndecidableValue | EvaluationError | None:
    """Return what prevents a result: an error, unless something before it is undecidable."""
    return next((each for each in outcomes if not isinstance(each, Value)), None)


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    if obstacle := _first_obstacle(outcomes):
        return obstacle
    values = [each.value for each in outcomes if isinstance(each, Value)]
    # Okta's documentation does not state how null or a Boolean is written inside a text.
    if any(value is None or isinstance(value, bool | float) for value in values):
        return UndecidableValue("a part of the text is empty or no text")
    text = "".join(map(str, values))
    if len(text) > MAX_TEXT_LENGTH:
        return UndecidableValue("the text is too long")
    return Value(text)


def _unary(operator: str, operand: Outcome) -> Outcome:
    if not isinstance(operand, Value):
        return operand
    value = operand.value
    if operator == "!":
        return Value(not value) if isinstance(value, bool) else _not_boolean(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Value(-value)
    return EvaluationError("a minus sign needs a number")


def _not_boolean(value: Scalar) -> Outcome:
    what = "empty" if value is None else "no Boolean"
    return UndecidableValue(f"a condition is {what}")


def _logical(operator: str, left: Outcome, right: Outcome) -> Outcome:
    """Compute ``&&`` and ``||`` from the left: a deciding left side decides alone."""
    if not isinstance(left, Value):
        return left
    if not isinstance(left.value, bool):
        return _not_boolean(left.value)
    decisive = operator == "||"
    # The right side of a deciding left side is never evaluated, so its errors do not matter.
    return Value(decisive) if left.value is decisive else _not_boolean_or(right)


def _not_boolean_or(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Value) and not isinstance(outcome.value, bool):
        return _not_boolean(outcome.value)
    return outcome


def _binary(operator: str, left: Outcome, right: Outcome) -> Outcome:
    if obstacle := _first_obstacle((left, right)):
        return obstacle
    one, other = (each.value for each in (left, right) if isinstance(each, Value))
    if (compare := _COMPARED.get(operator)) and _is_comparable(operator, one, other):
        return Value(compare(one, other))
    if _is_whole(one) and _is_whole(other) and (compute := _COMPUTED.get(operator)):
        result = compute(one, other)
        if abs(result) <= MAX_WHOLE_NUMBER:
            return Value(result)
        return UndecidableValue("the number is too large")
    if operator == "+" and isinstance(one, str | None) and isinstance(other, str | int | None):
        return _joined((left, right))
    return UndecidableValue(f"{operator} is not computed for these values")


def _is_comparable(operator: str, one: Scalar, other: Scalar) -> bool:
    """Return whether the result of a comparison is known."""
    # Spring widens two numbers to the larger type before it compares them (OpEQ, OpLT, …).
    if _is_number(one) and _is_number(other):
        return True
    # The versions of Spring disagree about values of two types: false, or an error.
    return operator in {"==", "!="} and (type(one) is type(other) or None in {one, other})


def _is_whole(value: Scalar) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Scalar) -> bool:
    # Python calls True a number, and equal to 1.
    return isinstance(value, int | float) and not isinstance(value, bool)


_COMPARED: Mapping[str, Callable[..., bool]] = {
    "==": operator_module.eq,
    "!=": operator_module.ne,
    "<": operator_module.lt,
    "<=": operator_module.le,
    ">": operator_module.gt,
    ">=": operator_module.ge,
}
_COMPUTED: Mapping[str, Callable[..., int]] = {
    "+": operator_module.add,
    "-": operator_module.sub,
    "*": operator_module.mul,
}
"""Division is left out: Okta's documentation does not state how it rounds."""


def _choice(node: Choice, profile: Mapping[str, Scalar]) -> Outcome:
    test = _evaluate(node.test, profile)
    if not isinstance(test, Value):
        return test
    if not isinstance(test.value, bool):
        return _not_boolean(test.value)
    return _evaluate(node.yes if test.value else node.no, profile)


def _elvis(first: Outcome, other: Node, profile: Mapping[str, Scalar]) -> Outcome:
    """Spring's Elvis operator replaces null and the empty text."""
    if not isinstance(first, Value) or first.value not in {None, ""}:
        return first
    return _evaluate(other, profile)


def _call(name: str, arguments: Sequence[Outcome]) -> Outcome:
    if name not in STRING_FUNCTIONS:
        return UndecidableValue(f"{name} is not computed")
    count, function = STRING_FUNCTIONS[name]
    if len(arguments) != count:
        return EvaluationError(f"{name} takes {count} arguments")
    if obstacle := _first_obstacle(arguments):
        return obstacle
    try:
        result = function(*(each.value for each in arguments if isinstance(each, Value)))
    except UndocumentedArgumentError:
        return UndecidableValue(f"{name} is not documented for these arguments")
    is_long = isinstance(result, str) and len(result) > MAX_TEXT_LENGTH
    return UndecidableValue("the text is too long") if is_long else Value(result)
