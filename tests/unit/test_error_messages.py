"""Each error that a user can cause ends with its fix in brackets: ``what: why (fix)``."""

import ast
from collections.abc import Iterator

import pytest

from tests.support.inspection.syntax_trees import ROOT, syntax_trees
from tests.support.session.process_groups import parses_all_code

pytestmark = parses_all_code

PACKAGE = ROOT / "auditor"

ERRORS = {
    "AuditorError",
    "ConfigError",
    "CredentialRefusedError",
    "DeliveryError",
    "DeliveryFailed",
    "DpopRequiredError",
    "StoreError",
}

WITH_FIX = {
    "cause_and_remedy(error)": "ends with the fix of an error of the system",
    "connection_error_message(error, gateway)": "ends with the fix of a connection",
    "connection_error_message(error, self._url.reveal())": "ends with the fix of a connection",
    "connection_error_message(error, address)": "ends with the fix of a connection",
    "did_you_mean(rule, known)": "ends with a similar name in brackets",
    "did_you_mean(rule, rules)": "ends with a similar name in brackets",
    "nearest(rule_id, rules)": "ends with a similar name in brackets",
    "nearest(name, keys)": "ends with a similar name in brackets",
    "nearest(name, names)": "ends with a similar name in brackets",
    "nearest(str(severity), Severity)": "ends with a similar name in brackets",
    "nearest(unknown[0], COLLECTIONS)": "ends with a similar name in brackets",
    "_toml_error(str(error))": "ends with what to do",
    "_unusable_revision(database.where, revision, writer)": "ends with what to do",
    "answer.error": "an error of the child process, which has this form itself",
    "str(error)": "an error that has this form itself",
    "error": "an error that has this form itself",
    "fix": "the fix itself, or an error of a connection, which ends with its fix",
    "remedy": "the fix itself",
    "_LOOP": "ends with the fix",
}
"""The last part of a message that is no text, and why it is a fix or contains one."""


def fixes(expression: ast.expr, known: dict[str, ast.expr]) -> Iterator[tuple[str, bool]]:
    """Yield each possible last part of a message, and whether it ends with a fix."""
    match expression:
        case ast.Constant(value=str(text)):
            yield text, text.endswith(")") or not text
        case ast.JoinedStr(values=[*_, last]):
            yield from fixes(last, known)
        case ast.FormattedValue(value=value):
            yield from fixes(value, known)
        case ast.BinOp(op=ast.Add(), right=right):
            yield from fixes(right, known)
        case ast.BoolOp(values=values):
            for value in values:
                yield from fixes(value, known)
        case ast.IfExp(body=body, orelse=other):
            yield from fixes(body, known)
            yield from fixes(other, known)
        case ast.Name(id=name) if name in known and name not in WITH_FIX:
            yield from fixes(known[name], known)
        # Several lines, each an error of its own; or an error of Slack (test_api_errors.py).
        case ast.Starred() | ast.Call(func=ast.Name(id="explain")):
            return
        case _:
            text = ast.unparse(expression)
            yield text, text in WITH_FIX


def messages(tree: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """Yield the line of each error, the last part of its message, and whether that is a fix."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        assigned = [
            (each.lineno, each.targets[0].id, each.value)
            for each in ast.walk(function)
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
        ]
        for call in ast.walk(function):
            match call:
                case ast.Call(func=ast.Name(id=name), args=args, lineno=line) if name in ERRORS:
                    known = {word: value for at, word, value in sorted(assigned) if at <= line}
                    # The second argument of this error is its kind.
                    for argument in args[:1] if name == "DeliveryFailed" else args:
                        yield from ((line, *found) for found in fixes(argument, known))


def test_each_error_ends_with_its_fix_in_brackets():
    without = [
        f"{path.relative_to(PACKAGE)}:{line}: {text}"
        for path, tree in syntax_trees(PACKAGE).items()
        for line, text, has_fix in messages(tree)
        if not has_fix
    ]
    assert without == []


@pytest.mark.parametrize(
    ("message", "last"),
    [
        ('"--a and --b cannot be used together"', "--a and --b cannot be used together"),
        ('f"{path}: is damaged; save it again"', ": is damaged; save it again"),
        ('f"{path}: " + reason', "reason"),
        ('f"{path}{hint or text}"', "no such rule"),
    ],
)
def test_an_error_without_a_fix_is_found(message, last):
    code = f"def check(path):\n  text = 'no such rule'\n  msg = {message}\n  raise ConfigError(msg)"
    assert (4, last, False) in list(messages(ast.parse(code)))
