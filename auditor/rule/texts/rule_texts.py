"""All texts of a rule that readers see, taken from its source. Pure: it parses and runs nothing.

A text with values is a template: ``{…}`` holds the expression that the rule puts there.
"""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from msgspec import Struct

from auditor.rule.definition import Rule

_SHARED = (
    "auditor.domain.admin_access.direct_admins",
    "auditor.domain.admin_access.group_admins",
    "auditor.domain.admin_access.recovery",
    "auditor.domain.identity.matching",
    "auditor.domain.provisioning.push_features",
    "auditor.domain.provisioning.sent_email",
    "auditor.domain.remediation.steps",
    "auditor.rule.texts.reason_text",
    "auditor.rule.removal_remediation",
    "auditor.rule.results",
)
"""Modules with texts that several rules use."""

_SHORT_TEXTS = frozenset({"observed", "expected", "label", "problem", "detail"})
"""Arguments whose value is a text although it can be a single word."""


class RuleTexts(Struct, frozen=True, kw_only=True):
    """The texts of one rule."""

    id: str
    severity: str
    enabled: bool
    guide: str
    requirement: str
    """The title when the rule passes."""

    problem: str
    """The title when the rule fails."""

    problems: dict[str, str]
    """Problem titles by kind."""

    many: dict[str, str]
    """Messages for several findings, by kind."""

    rationale: str
    evidence: str
    remediation: str
    texts: tuple[str, ...]
    """Messages, labels, observed and expected values, steps and reasons, in the order of the file.

    Each once.
    """


def texts_of_rule(rule: Rule[Any], source: str) -> RuleTexts:
    """Return the texts of a rule; ``source`` is its file."""
    return RuleTexts(
        id=rule.id,
        severity=rule.severity,
        enabled=rule.enabled,
        guide=rule.guide,
        requirement=rule.title,
        problem=rule.problem,
        problems=dict(rule.problems),
        many=dict(rule.many),
        rationale=rule.rationale,
        evidence=rule.evidence,
        remediation=rule.remediation,
        texts=texts_in(source),
    )


def shared_texts() -> dict[str, tuple[str, ...]]:
    """Return the texts that several rules use, by the name of their module."""
    return {name: texts_in(inspect.getsource(import_module(name))) for name in _SHARED}


def texts_in(source: str) -> tuple[str, ...]:
    """Return the texts of a Python file that readers can see, each once, in their order."""
    return tuple(dict.fromkeys(_texts(ast.parse(source), is_short=False)))


def _texts(node: ast.AST, *, is_short: bool) -> Iterator[str]:
    text = _text(node)
    if text is not None:
        if " " in text.strip() or (is_short and text.strip()):
            yield text
        return
    if isinstance(node, ast.Call) and _is_decorator(node):
        return  # the titles and descriptions, which a rule states itself
    for child in ast.iter_child_nodes(node):
        # a string that is a statement is a docstring
        if not (isinstance(child, ast.Expr) and _text(child.value) is not None):
            short = isinstance(child, ast.keyword) and child.arg in _SHORT_TEXTS
            yield from _texts(child, is_short=short or (is_short and not _is_statement(child)))


def _text(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_part, parts))
        case _:
            return None


def _part(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.FormattedValue(value=value):
            return f"{{{ast.unparse(value)}}}"
        case _:
            return ""


def _is_decorator(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "rule"


def _is_statement(node: ast.AST) -> bool:
    return isinstance(node, ast.stmt)
