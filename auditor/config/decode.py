"""From the text of auditor.toml to its shape, or to all that is wrong with it. Pure."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from auditor.config.location import Location
from auditor.config.shape import File
from auditor.domain.target import NAME
from auditor.errors import ConfigError, nearest
from auditor.serialization import validation_message

_NAME_PATTERN = f"text matching regex {NAME!r}"
_NAME_WORDS = "letters, digits, '.', '_' and '-', at most 64"


def decode(text: str, place: Location) -> File:
    """Read the file's text; raise one :class:`~auditor.errors.ConfigError` for all its faults."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        place.refuse(f"not TOML: {what[0].lower()}{what[1:]}")
    known = {field.encode_name: field.type for field in msgspec.structs.fields(File)}
    faults = [
        *_wrong_keys(tables, File, place),
        *(
            fault
            for key, value in tables.items()
            if key in known
            for fault in _faults(value, known[key], place / key)
        ),
    ]
    if faults:
        raise ConfigError(*faults)
    return msgspec.convert(tables, File)


def _faults(value: object, kind: Any, place: Location) -> Iterator[str]:  # noqa: ANN401  (any type)
    """Complain of one part of the file; where it is a list of tables, of each by itself."""
    known = inspect.type_info(kind)
    table = _table_in(known)
    if table and isinstance(value, list):
        for number, each in enumerate(value):
            yield from _faults(each, table.cls, place / number)
        return
    misread = tuple(_wrong_words(value, known, place))
    yield from misread
    if misread:
        return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        path, text = validation_message(error)
        text = text.replace(_NAME_PATTERN, _NAME_WORDS)
        yield Location(place.file, f"{place.key}{path}").complaint(text)


def _wrong_words(value: object, kind: inspect.Type, place: Location) -> Iterator[str]:
    """Complain of keys and words that the shape does not know, and of keys that it misses."""
    match kind:
        case inspect.Metadata():
            yield from _wrong_words(value, kind.type, place)
        case inspect.UnionType():
            for each in kind.types:
                yield from _wrong_words(value, each, place)
        case inspect.StructType():
            yield from _wrong_table(value, kind, place)
        case inspect.VarTupleType():
            yield from _wrong_list(value, kind, place)
        case inspect.DictType() if isinstance(value, Mapping):
            for key, below in value.items():
                yield from _wrong_words(key, kind.key_type, place)
                yield from _wrong_words(below, kind.value_type, place / key)
        case inspect.LiteralType() if isinstance(value, str) and value not in kind.values:
            words = tuple(map(str, kind.values))
            hint = nearest(value, words)
            yield place.complaint(f"expected one of {', '.join(words)}, got {value!r}{hint}")
        case _:
            pass


def _wrong_table(value: object, kind: inspect.StructType, place: Location) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _wrong_keys(value, kind.cls, place)
        for field in kind.fields:
            if (key := field.encode_name) in value:
                yield from _wrong_words(value[key], field.type, place / key)
    elif isinstance(value, list):
        yield place.complaint("there is only one", f"write [{_header(place)}]")


def _wrong_list(value: object, kind: inspect.VarTupleType, place: Location) -> Iterator[str]:
    if isinstance(value, list):
        for number, below in enumerate(value):
            yield from _wrong_words(below, kind.item_type, place / number)
    elif isinstance(value, Mapping) and _table_in(kind):
        yield place.complaint("there may be several", f"write [[{_header(place)}]]")
        yield from _wrong_words(value, kind.item_type, place / 0)


def _wrong_keys(table: Mapping[str, object], kind: type[Any], place: Location) -> Iterator[str]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in table:
        if key not in fields:
            yield _unknown(key, fields, place / key)
    for key, field in fields.items():
        if field.required and key not in table:
            yield (place / key).complaint("missing", _described(inspect.type_info(field.type)))


def _unknown(key: str, known: Iterable[str], place: Location) -> str:
    if f"{key}_env" in known:
        return place.complaint(
            "secrets are never kept in this file",
            f"name its environment variable in {key}_env, or its file in {key}_file",
        )
    return place.complaint(f"unknown key{nearest(key, known)}")


def _table_in(kind: inspect.Type) -> inspect.StructType | None:
    """Return the table that a list of tables consists of."""
    if isinstance(kind, inspect.Metadata):
        return _table_in(kind.type)
    item = kind.item_type if isinstance(kind, inspect.VarTupleType) else None
    return item if isinstance(item, inspect.StructType) else None


def _header(place: Location) -> str:
    """Name a table as its header does: ``target.okta``."""
    return re.sub(r"\[\d+]", "", place.key)


def _described(kind: inspect.Type) -> str:
    known = kind.extra_json_schema if isinstance(kind, inspect.Metadata) else None
    example = "".join(f" For example: {each!r}" for each in (known or {}).get("examples", ()))
    return f"{(known or {}).get('description', '')}{example}".strip()
