"""From the text of auditor.toml to its shape, or to one line that says what is wrong. Pure."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import NoReturn

import msgspec
from msgspec import inspect

from auditor.config.complaint import complaint
from auditor.config.place import Place
from auditor.config.shape import File
from auditor.errors import nearest


def decode(text: str, place: Place) -> File:
    """Read the file's text; raise :class:`~auditor.errors.ConfigError` for the first fault."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        place.refuse(f"not TOML: {what[0].lower()}{what[1:]}")
    _check(tables, inspect.type_info(File), place)
    try:
        return msgspec.convert(tables, File)
    except msgspec.ValidationError as error:
        path, text = complaint(error)
        Place(place.file, path.removeprefix(".")).refuse(text)


def _check(value: object, kind: inspect.Type, place: Place) -> None:
    """Refuse the first key or word that the shape does not know, and the first that it misses."""
    match kind:
        case inspect.Metadata():
            _check(value, kind.type, place)
        case inspect.UnionType():
            for each in kind.types:
                _check(value, each, place)
        case inspect.StructType() if isinstance(value, Mapping):
            _check_table(value, kind, place)
        case inspect.VarTupleType() if isinstance(value, list):
            for number, below in enumerate(value):
                _check(below, kind.item_type, place / number)
        case inspect.LiteralType() if isinstance(value, str) and value not in kind.values:
            words = ", ".join(map(str, kind.values))
            hint = nearest(value, map(str, kind.values))
            place.refuse(f"expected one of {words}, got {value!r}{hint}")
        case _:
            pass


def _check_table(table: Mapping[str, object], kind: inspect.StructType, place: Place) -> None:
    fields = {field.encode_name: field for field in kind.fields}
    for key, value in table.items():
        if key not in fields:
            _refuse_key(key, fields, place / key)
        _check(value, fields[key].type, place / key)
    for key, field in fields.items():
        if field.required and key not in table:
            (place / key).refuse("missing", _described(field.type))


def _refuse_key(key: str, known: Iterable[str], place: Place) -> NoReturn:
    if f"{key}_env" in known:
        place.refuse(
            "secrets are never kept in this file",
            f"name its environment variable in {key}_env, or its file in {key}_file",
        )
    place.refuse(f"unknown key{nearest(key, known)}")


def _described(kind: inspect.Type) -> str:
    known = kind.extra_json_schema if isinstance(kind, inspect.Metadata) else None
    example = "".join(f" For example: {each!r}" for each in (known or {}).get("examples", ()))
    return f"{(known or {}).get('description', '')}{example}".strip()
