"""The layout of the code: names are unique, and no test module imports another."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from tests.support.inspection.syntax_trees import ROOT, statements, syntax_trees
from tests.support.session.process_groups import parses_all_code

pytestmark = parses_all_code

SHARED_CLASSES_ALLOWED = ("auditor/sandbox/", "auditor/cli/commands/")
"""The sandbox mirrors the APIs that it simulates; a command is called as users type it."""

CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+")
"""The name of a public constant; a single letter is a type variable."""


def trees(folder: str) -> dict[str, ast.Module]:
    """Return the syntax tree of each Python file below a folder, by its path in the repository."""
    found = syntax_trees(ROOT / folder)
    return {path.relative_to(ROOT).as_posix(): tree for path, tree in found.items()}


def shared(places: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the names that stand in more than one place, with the places."""
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for name, place in places:
        by_name[name].append(place)
    return {name: paths for name, paths in by_name.items() if len(paths) > 1}


def public_classes() -> Iterator[tuple[str, str]]:
    """Yield each public class at the top of a module, with the path of the module."""
    for path, tree in trees("auditor").items():
        if path.startswith(SHARED_CLASSES_ALLOWED):
            continue
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, path


def constants() -> Iterator[tuple[str, str, str]]:
    """Yield name, value and path of each public constant outside the sandbox."""
    for path, tree in trees("auditor").items():
        if path.startswith(SHARED_CLASSES_ALLOWED):
            continue
        for node in tree.body:
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AnnAssign):
                targets = [node.target]
            else:
                continue
            for target in targets:
                if isinstance(target, ast.Name) and CONSTANT.fullmatch(target.id):
                    yield target.id, ast.unparse(node.value) if node.value else "", path


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted name of each module that a file imports."""
    for node in statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_public_classes_do_not_share_names():
    assert shared(public_classes()) == {}


def test_constants_of_one_name_have_one_value():
    values: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, value, path in constants():
        values[name][path] = value
    differing = {name: each for name, each in values.items() if len(set(each.values())) > 1}
    assert differing == {}


def test_no_test_module_imports_another():
    found = [
        f"{path} imports {module}"
        for path, tree in trees("tests").items()
        for module in imported(tree)
        if module.startswith("tests.")
        and any(part == "conftest" or part.startswith("test_") for part in module.split("."))
    ]
    assert found == []


def test_a_shared_name_is_found_with_its_places():
    places = iter([("One", "a.py"), ("Two", "b.py"), ("One", "b.py")])
    assert shared(places) == {"One": ["a.py", "b.py"]}


COMPLETE_FROM_THE_START = (
    "auditor/engine/views/",
    "auditor/cli/output/",
    "auditor/notify/slack/",
    "auditor/publish/",
)
"""Folders whose objects hold what is shown: a reader sees all of one where it is created."""

NOT_OURS = ("_reporting", "environment", "client")
"""Variables whose attributes are set on purpose: state of the process, objects of libraries."""


def fields_set_later(tree: ast.Module) -> Iterator[str]:
    """Yield each attribute that is assigned outside a constructor."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name == "__init__":
            continue
        for node in ast.walk(function):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", 0)]
            for target in targets:
                for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(each, ast.Attribute):
                        yield ast.unparse(each)


def test_what_is_shown_is_complete_when_it_is_created():
    found = [
        (path, field)
        for path, tree in trees("auditor").items()
        if path.startswith(COMPLETE_FROM_THE_START)
        for field in fields_set_later(tree)
        if not field.startswith(NOT_OURS)
    ]
    assert found == []


def test_a_field_that_is_set_later_is_found():
    code = ast.parse("def show(view):\n    view.title, rows = 'A', 1\n    view.count += rows\n")
    assert list(fields_set_later(code)) == ["view.title", "view.count"]
