"""The parameters of a rule with their texts, from the source of the rule. Pure."""

import ast
import inspect
import textwrap
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from auditor.rule.definition import Parameter, Params, own_parameters


def parameters(params: type[Params]) -> tuple[Parameter, ...]:
    """Return a rule's own parameters, in the order of its file."""
    texts = _docstrings(params)
    own = own_parameters(params)
    names = (field.name for field in msgspec.structs.fields(params))
    return tuple(
        replace(each, text=texts.get(name, "")) for each, name in zip(own, names, strict=True)
    )


def _docstrings(params: type[Params]) -> dict[str, str]:
    """Read the docstring below each field from the source, because Python does not keep it."""
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(params))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
