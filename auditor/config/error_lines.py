"""From pydantic's errors to lines for people who write TOML. Pure."""

from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from pydantic_core import ErrorDetails

from auditor.config.document import Document, KeyPath
from auditor.config.rejected import RejectedError
from auditor.config.values import HEADER_PLACEHOLDER, Table, is_list, quoted, table_in
from auditor.domain.target import TARGET_NAME_PATTERN
from auditor.errors import closest, first_lines

EXPECTED_TYPES = {
    "string_type": "text",
    "path_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
"""Type of a pydantic error to what the key expects."""

_KINDS: tuple[tuple[type, str], ...] = (
    # First, because Python's bool is an int too.
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number with decimals"),
    (str, "text"),
    (list, "a list"),
    (dict, "a table"),
)
_NAME_WORDS = "letters, digits, '.', '_' and '-', at most 64"


def error_lines(
    document: Document, model: type[Table], errors: Iterable[ErrorDetails]
) -> tuple[str, ...]:
    """Return a line for each error: ``auditor.toml: target[0].nme: unknown key (did you mean…)``.

    They are in the order of the tables in the file. An error in a key that several targets
    inherit is one line. A file with very many errors gets the first of them.
    """
    tables = {name: number for number, name in enumerate(document.tables)}

    def position(error: ErrorDetails) -> tuple[int, int]:
        first, second = (*error["loc"], "", "")[:2]
        table = tables.get(str(first), -1)
        # A missing table has no place in the file, so its error comes first.
        return table, second if isinstance(second, int) else -1

    in_order = sorted(errors, key=position)
    return first_lines(_line(document, model, error) for error in in_order)


def _line(document: Document, model: type[Table], error: ErrorDetails) -> str:
    # pydantic adds this step for an error in a key itself. The file does not have it.
    path = tuple(step for step in error["loc"] if step != "[key]")
    what, remedy = _what_and_remedy(document, model, path, error)
    return f"{document.key(path)}: {what} ({remedy})"


def _what_and_remedy(  # noqa: PLR0911  (one case for each type of error)
    document: Document, model: type[Table], path: KeyPath, error: ErrorDetails
) -> tuple[str, str]:
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error" if isinstance(rejected := context["error"], RejectedError):
            other = f", at {document.key(rejected.other)}" if rejected.other else ""
            remedy = rejected.remedy.replace(HEADER_PLACEHOLDER, _header(path))
            return f"{rejected.what}{other}", remedy
        case "extra_forbidden":
            return _unknown_key(str(path[-1]), _keys_of(_annotation(model, path[:-1])))
        case "missing":
            return "is missing", f"add {_as_written(model, path)}: {_description(model, path)}"
        case "literal_error":
            choices = _choices(_annotation(model, path))
            got = error["input"]
            suggestion = closest(got, choices) if isinstance(got, str) else None
            remedy = f'did you mean "{suggestion}"?' if suggestion else "write one of them"
            return f"expected one of {', '.join(choices)}, got {quoted(got)}", remedy
        case "string_pattern_mismatch" if context.get("pattern") == TARGET_NAME_PATTERN:
            return f"{quoted(error['input'])} cannot be used as a name", f"use {_NAME_WORDS}"
        case "string_pattern_mismatch":
            return "is not the name of an environment variable", "write the name, not the secret"
        case "string_too_short":
            return "is empty", f"write {_description(model, path)}"
        case "greater_than_equal":
            return f"{quoted(error['input'])} is too small", f"write {context['ge']} or more"
        case "less_than_equal":
            return f"{quoted(error['input'])} is too large", f"write {context['le']} or less"
        case kind:
            expected = EXPECTED_TYPES.get(kind, "another value")
            got = _kind_of(error["input"])
            remedy = _remedy_of_type(model, path, expected, error["input"])
            return f"expected {expected}, got {got}", remedy


def _remedy_of_type(  # noqa: PLR0911  (one case for each type)
    model: type[Table], path: KeyPath, expected: str, value: object
) -> str:
    """Return how a value of the expected type is written in TOML."""
    match expected, value:
        case ("a list" | "a table", _) if table_in(_annotation(model, path)):
            return f"write {_as_written(model, path)}"
        case "a list", str() | int() | float():
            return f"write it in brackets: [{quoted(value)}]"
        case "a table", _:
            return f"write [{_header(path)}]"
        case "true or false" | "a whole number", str():
            return f"write {expected} without quotes"
        case "a whole number", float():
            return "write it without decimals"
        case "text", bool() | int() | float():
            return f'write it in quotes: "{quoted(value)}"'
        case "text", _:
            return "write one text in quotes"
        case _:
            return f"write {expected}"


def _as_written(model: type[Table], path: KeyPath) -> str:
    """Return a key as TOML has it: ``app_id``, ``[target.okta]`` or ``[[target]]``."""
    annotation = _annotation(model, path)
    if isinstance(path[-1], int) or table_in(annotation) is None:
        return str(path[-1])
    return f"[[{_header(path)}]]" if is_list(annotation) else f"[{_header(path)}]"


def _header(path: KeyPath) -> str:
    """Return the header of a table as it is written in TOML: ``slack.route``."""
    return ".".join(step for step in path if isinstance(step, str))


def _unknown_key(key: str, known: tuple[str, ...]) -> tuple[str, str]:
    if f"{key}_env" in known:
        remedy = f"set {key}_env to its environment variable, or {key}_file to its file"
        return "a secret must not be in this file", remedy
    if suggestion := closest(key, known):
        return "unknown key", f'did you mean "{suggestion}"?'
    return "unknown key", f"the keys are {', '.join(sorted(known))}"


def _kind_of(value: object) -> str:
    # TOML has no other type.
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "a date or time")


def _keys_of(annotation: Any) -> tuple[str, ...]:  # noqa: ANN401  (any type)
    table = table_in(annotation)
    fields = table.model_fields if table else {}
    return tuple(field.alias or name for name, field in fields.items())


def _description(model: type[Table], path: KeyPath) -> str:
    """Return the description of a key, as the end of a sentence."""
    table = table_in(_annotation(model, path[:-1]))
    for name, field in (table.model_fields if table else {}).items():
        if path[-1] in {name, field.alias}:
            text = (field.description or "").rstrip(".")
            example = f", for example {quoted(field.examples[0])}" if field.examples else ""
            return f"{text[:1].lower()}{text[1:]}{example}"
    return ""


def _annotation(model: type[Table], path: KeyPath) -> Any:  # noqa: ANN401  (any type)
    """Return the type of the value at ``path``; list positions and unknown keys are skipped."""
    annotation: Any = model
    for step in path:
        table = table_in(annotation)
        for name, field in (table.model_fields if table else {}).items():
            if step in {name, field.alias}:
                annotation = field.annotation
    return annotation


def _choices(annotation: Any) -> tuple[str, ...]:  # noqa: ANN401  (any type)
    if get_origin(annotation) is Literal:
        return tuple(map(str, get_args(annotation)))
    return next(filter(None, map(_choices, get_args(annotation))), ())
