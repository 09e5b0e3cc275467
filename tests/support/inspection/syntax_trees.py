"""The syntax trees of the source code. Each process parses a file once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]


@cache
def syntax_tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file; no caller changes it."""
    return ast.parse(path.read_text(encoding="utf-8"))


def syntax_trees(folder: Path) -> dict[Path, ast.Module]:
    """Return the syntax tree of each Python file below a folder, by its path."""
    return {path: syntax_tree(path) for path in sorted(folder.rglob("*.py"))}


def strings_that_begin(path: Path, *beginnings: str) -> Iterator[str]:
    """Yield the strings of a file that begin so. A file whose text has none is not parsed."""
    text = path.read_text(encoding="utf-8")
    if any(f"{before}{each}" in text for each in beginnings for before in "\"'}"):
        for node in ast.walk(syntax_tree(path)):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, str) and value.startswith(beginnings):
                yield value


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements in a tree, also the inner ones, without their expressions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            yield node
            yield from statements(node)
