"""The mutants of a file: each comparison, condition, number and return value, one by one."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import shorten
from types import CodeType

OTHER_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OTHER_OPERATOR: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
OTHER_NAME = {"any": "all", "all": "any", "min": "max", "max": "min"}
ANNOTATIONS = {"annotation", "returns"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change that makes one function wrong."""

    path: Path
    line: int
    within: str
    """The function, with the class that it belongs to."""

    before: str
    after: str
    lines: range
    """Lines of the function."""

    code: CodeType
    """The function's code with the fault in it."""

    def __str__(self) -> str:
        """Name it without its line, so that the name is stable."""
        return f"{self.path.stem}.{self.within}: {self.before} → {self.after}"


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of the functions and methods in a file.

    Code that runs on import (constants, defaults, decorators) is not changed, and text is not.
    """
    tree = ast.parse(path.read_bytes())
    for function, within in _functions(tree):
        for node, put in _nodes(function):
            for wrong in _wrong(node):
                put(wrong)
                code = _code_of(within, compile(ast.fix_missing_locations(tree), path, "exec"))
                put(node)
                yield Mutant(
                    path=path,
                    line=getattr(node, "lineno", function.lineno),
                    within=within,
                    before=_text(node),
                    after=_text(wrong),
                    lines=range(function.body[0].lineno, (function.end_lineno or 0) + 1),
                    code=code,
                )


def _functions(node: ast.AST, within: str = "") -> Iterator[tuple[Function, str]]:
    """Yield the outermost functions by their qualified names; those inside are part of them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield child, f"{within}{child.name}"
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{within}{child.name}.")


def _nodes(function: Function) -> Iterator[tuple[ast.AST, Callable[[ast.AST], None]]]:
    """Yield the nodes of a function, each with the function that replaces it."""
    waiting: list[tuple[ast.AST, Callable[[ast.AST], None]]] = [
        (each, partial(function.body.__setitem__, at)) for at, each in enumerate(function.body)
    ]
    while waiting:
        node, put = waiting.pop(0)
        yield node, put
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST) and name not in ANNOTATIONS:
                waiting.append((value, partial(setattr, node, name)))
            elif isinstance(value, list):
                waiting += [
                    (each, partial(value.__setitem__, at))
                    for at, each in enumerate(value)
                    if isinstance(each, ast.AST)
                ]


def _wrong(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912  (a table of cases)
    """Yield the wrong replacements of a node."""
    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                for other in OTHER_COMPARISONS[type(op)]:
                    yield _with(node, ops=[*ops[:at], other(), *ops[at + 1 :]])
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(op=op) if type(op) in OTHER_OPERATOR:
            yield _with(node, op=OTHER_OPERATOR[type(op)]())
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in OTHER_NAME:
            yield _with(node, func=ast.Name(OTHER_NAME[name], ast.Load()))
        case ast.Return(value=ast.Constant(value=None | bool())):
            return  # nothing to remove; and a condition has its own mutant
        case ast.Return(value=ast.expr()) | ast.Yield(value=ast.expr()):
            yield _with(node, value=ast.Constant(None))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) if _is_plain(test):
            yield _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.match_case(guard=ast.expr() as guard) if _is_plain(guard):
            yield _with(node, guard=ast.UnaryOp(ast.Not(), guard))
        case ast.comprehension(ifs=ifs):
            for at, test in enumerate(ifs):
                if _is_plain(test):
                    inverse = ast.UnaryOp(ast.Not(), test)
                    yield _with(node, ifs=[*ifs[:at], inverse, *ifs[at + 1 :]])


def _is_plain(test: ast.expr) -> bool:
    """Return whether no part of a condition is itself negated as a mutant."""
    return not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _code_of(within: str, code: CodeType) -> CodeType:
    """Find a function's code in its module's."""
    name, *rest = within.split(".")
    inner = next(each for each in code.co_consts if getattr(each, "co_name", "") == name)
    return _code_of(".".join(rest), inner) if rest else inner


def _text(node: ast.AST) -> str:
    """Write a node on one short line; of a compound statement, only its head."""
    return shorten(ast.unparse(node).strip().splitlines()[0], 100, placeholder=" …")
