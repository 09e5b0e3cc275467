"""The time of every pattern of the code grows with the length of its text, and no faster.

The patterns are found in the code. The texts are built from the characters and words of each
pattern. The test compares growth, not seconds: a quadratic pattern needs sixteen times as long for
a text of four times the length.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from time import thread_time
from typing import Any

import pytest

import auditor
from auditor.resources import shipped
from auditor.rule.loader import load_rules
from tests.support.inspection.syntax_trees import ROOT, syntax_tree

SHORT, LONG = 1_500, 6_000
"""Lengths of the texts. They exceed each bound in a pattern: a bounded pattern is linear."""

MOST_GROWTH = 8.0
"""Between linear (4) and quadratic (16)."""

CHEAP = 100
"""Number of passes over the text below which a pattern is not measured further."""

LEFT_OUT = ("auditor.sandbox", "auditor.store.migrations", "auditor.__main__")
METHODS = re.compile(r"\b(?!re\.)([a-z]\w*)\.(search|match|fullmatch|sub|split|finditer|findall)\(")
EVERYWHERE = ("search", "sub", "split", "finditer", "findall")
"""Methods that try a pattern at each position."""


def sources() -> Iterator[tuple[str, Path]]:
    """Yield each module with patterns, by its name, and the rule files."""
    for each in pkgutil.walk_packages(auditor.__path__, "auditor."):
        if not each.name.startswith(LEFT_OUT):
            path = ROOT / Path(*each.name.split("."))
            yield each.name, path.with_suffix(".py") if not each.ispkg else path / "__init__.py"
    for path in sorted(shipped("rules").glob("*.py")):
        yield path.stem, path


def compiled_in(value: object) -> Iterator[re.Pattern[str]]:
    """Yield the patterns in a global, also those inside of tables."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif isinstance(value, (tuple, list, frozenset)):
        for each in value:
            yield from compiled_in(each)
    elif isinstance(value, dict):
        yield from compiled_in(tuple(value))
        yield from compiled_in(tuple(value.values()))


def inline_in(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield each pattern that is written at its use, and whether it is tried everywhere."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
        is_use = node.func.attr in {*EVERYWHERE, "match", "fullmatch"}
        if of_re and is_use and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value), node.func.attr in EVERYWHERE


@cache
def patterns() -> dict[str, tuple[re.Pattern[str], bool]]:
    """Return each pattern, by its place, and whether it is tried at each position of a text."""
    load_rules([shipped("rules")])
    found: dict[str, tuple[re.Pattern[str], bool]] = {}
    for name, path in sources():
        text = path.read_text()
        if not re.search(r"\bre\b", text):
            continue
        for number, (inline, everywhere) in enumerate(inline_in(syntax_tree(path))):
            found[f"{name}:{number}"] = re.compile(inline), everywhere
        if not name.startswith("auditor"):
            continue
        module = importlib.import_module(name)
        for variable, value in vars(module).items():
            compiled = tuple(compiled_in(value))
            if not compiled or not re.search(rf"^{variable}\b.*=", text, re.MULTILINE):
                continue
            methods = set(re.findall(rf"\b{variable}\.(\w+)\(", text))
            if not methods:  # a table: a loop gives its patterns another name
                methods = {method for _, method in METHODS.findall(text)}
            # Of a pattern that only another module uses, assume the worst.
            everywhere = not methods or bool(methods & set(EVERYWHERE))
            for number, pattern in enumerate(compiled):
                found[f"{name}.{variable}[{number}]"] = pattern, everywhere
    return found


def words_of(pattern: re.Pattern[str]) -> tuple[list[str], list[str]]:
    """Return the literal words and the characters that a pattern contains."""
    words: list[str] = []
    characters: set[str] = set()

    def visit(items: Any) -> None:
        word = ""
        for operator, argument in items:
            if str(operator) == "LITERAL":
                word += chr(argument)
                characters.add(chr(argument))
                continue
            if len(word) > 1:
                words.append(word)
            word = ""
            for each in parts_of(str(operator), argument):
                visit(each)
            if str(operator) == "IN":
                characters.update(members(argument))
        if len(word) > 1:
            words.append(word)

    visit(re._parser.parse(pattern.pattern, pattern.flags))  # type: ignore[attr-defined]  # noqa: SLF001
    return words, sorted(characters)


def parts_of(operator: str, argument: Any) -> list[Any]:
    """Return the patterns inside of a part of a pattern."""
    if operator in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        return [argument[2]]
    if operator == "SUBPATTERN":
        return [argument[3]]
    if operator == "BRANCH":
        return list(argument[1])
    if operator in {"ASSERT", "ASSERT_NOT"}:
        return [argument[1]]
    return [argument] if operator == "ATOMIC_GROUP" else []


def members(items: Any) -> set[str]:
    """Return some characters of a class, and one that it excludes."""
    found: set[str] = set()
    for operator, argument in items:
        if str(operator) == "LITERAL":
            found.add(chr(argument))
        elif str(operator) == "RANGE":
            found.add(chr(argument[0]))
    return found


def texts(pattern: re.Pattern[str]) -> set[str]:
    """Return pieces that are repeated to make a pattern slow."""
    words, characters = words_of(pattern)
    characters = [*"a0 -'\"", *(each for each in characters if each not in "a0 -'\"")][:24]
    pieces = {*words[:20], *characters}
    pieces |= {"".join(pair) for pair in product(characters[:8], repeat=2)}
    pieces |= {f"{word}{end}" for word in words[:20] for end in characters[:6]}
    pieces |= {f"{end}{word}" for word in words[:20] for end in characters[:6]}
    return {piece for piece in pieces if piece}


def time_of(function: Callable[[], object], *, times: int = 3) -> float:
    """Return the least of some measurements, as only a busy machine makes one larger."""
    measured = []
    for _ in range(times):
        started = thread_time()
        function()
        measured.append(thread_time() - started)
    return max(min(measured), 1e-9)


REPEATS = 5
"""How often a growth that is too large is measured again."""

ONE_PASS = re.compile("\ue000")
"""It passes over a text once and finds nothing."""


@cache
def cheap() -> float:
    """Return the time of a pattern that needs no further measurement."""
    text = "a" * LONG
    return time_of(lambda: [ONE_PASS.search(text) for _ in range(CHEAP)])


def growth(pattern: re.Pattern[str], piece: str, *, everywhere: bool) -> float:
    """Return how much longer a text of four times the length takes; 0 if it is cheap anyway."""

    def passes(length: int, end: str) -> Callable[[], object]:
        text = (piece * (length // len(piece) + 1))[:length] + end
        return (lambda: pattern.sub("", text)) if everywhere else lambda: pattern.fullmatch(text)

    worst = 0.0
    for end in ("", "\ue001"):
        long = time_of(passes(LONG, end), times=1)
        if long > cheap():
            found = long / time_of(passes(SHORT, end))
            # Other processes can lengthen one measurement. They do not do so again and again.
            for _ in range(REPEATS):
                if found < MOST_GROWTH:
                    break
                found = min(found, time_of(passes(LONG, end)) / time_of(passes(SHORT, end)))
            worst = max(worst, found)
        if worst > MOST_GROWTH:
            break
    return worst


@pytest.mark.parametrize("place", sorted(patterns()))
def test_the_time_of_a_pattern_grows_with_the_length_of_its_text(place: str) -> None:
    pattern, everywhere = patterns()[place]
    for piece in sorted(texts(pattern)):
        assert growth(pattern, piece, everywhere=everywhere) < MOST_GROWTH, repr(piece)


@pytest.mark.parametrize(
    ("text", "piece"), [(r"[\w-]+:[\w-]+", "a-"), (r"\beyJ[\w-]+\.", "-eyJ"), (r"a+b", "a")]
)
def test_a_quadratic_pattern_is_found(text: str, piece: str) -> None:
    pattern = re.compile(text)
    assert piece in texts(pattern) | {"a-", "-eyJ"}
    assert growth(pattern, piece, everywhere=True) > MOST_GROWTH


def test_the_patterns_of_privacy_and_redaction_are_among_those_found() -> None:
    places = {place.partition("[")[0] for place in patterns()}
    assert {
        "auditor.domain.privacy_text._LITERAL",
        "auditor.domain.privacy_text._PLACEHOLDER",
        "auditor.domain.privacy._SAFE_VALUE",
        "auditor.observability.logs._SECRETS",
        "auditor.domain.log_text.failure_reasons._COMPILED",
        "auditor.domain.log_text.user_agents._COMPILED",
        "auditor.notify.slack.message_style._ADDRESS",
        "auditor.publish.csv_export._FORMULA",
    } <= places
