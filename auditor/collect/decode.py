"""From JSON to wire structs: strict where a record has its identity, lenient everywhere else. Pure.

A page is decoded in one stroke. Only when something in it has an unexpected type is it gone
through piece by piece: an optional field of a wrong type counts as absent, a needed one spoils
the answer.
"""

import types
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct, ValidationError, convert
from msgspec.structs import FieldInfo, fields

from auditor.collect.failure import CollectError
from auditor.collect.http import Answer
from auditor.domain.collections import MissingReason
from auditor.serialization import decoder

T = TypeVar("T")

Time = Annotated[datetime, Meta(tz=True)]
"""A moment with its time zone; one without is of a wrong type."""


class Shape(Struct, rename="camel", gc=False):
    """Base of what comes over the wire; fields that nobody reads are skipped."""


def decode(kind: type[T], answer: Answer) -> T:
    """Read an answer's body as ``kind``; raises CollectError when it cannot be."""
    return cast("T", _decode(kind, answer))


def decode_rows(kind: type[T], answer: Answer) -> list[T]:
    """Read an answer's body as a list of ``kind``; raises CollectError when it cannot be."""
    return cast("list[T]", _decode(types.GenericAlias(list, kind), answer))


def _decode(kind: Any, answer: Answer) -> Any:  # noqa: ANN401  (any type expression)
    try:
        try:
            return decoder(kind).decode(answer.body)
        except ValidationError:
            return _mend(kind, msgspec.json.decode(answer.body))
    except ValidationError as error:
        words = "a needed field is absent or has an unexpected type"
        raise CollectError(MissingReason.BAD_PAYLOAD, answer.name, words, answer.status) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        words = "not readable as JSON"
        raise CollectError(MissingReason.BAD_PAYLOAD, answer.name, words, answer.status) from error


def _mend(kind: Any, value: Any) -> Any:  # noqa: ANN401  (any type expression, any JSON)
    """Convert ``value`` to ``kind``, leaving out optional parts that do not fit."""
    try:
        return convert(value, kind)
    except ValidationError:
        kind = _without_none(kind)
        if isinstance(kind, type) and issubclass(kind, Struct) and isinstance(value, Mapping):
            return kind(**dict(_fitting(field, value) for field in fields(kind)))
        parts = get_args(kind)
        if get_origin(kind) is list and isinstance(value, list):
            return [_mend(parts[0], each) for each in value]
        if get_origin(kind) is dict and isinstance(value, Mapping):
            return {key: _mend(parts[1], each) for key, each in value.items()}
        raise


def _fitting(field: FieldInfo, record: Mapping[str, Any]) -> tuple[str, Any]:
    """Return a field's name and its value, or its default where the value does not fit."""
    try:
        return field.name, _mend(field.type, record[field.encode_name])
    except (KeyError, ValidationError) as error:
        if field.default is not NODEFAULT:
            return field.name, field.default
        raise ValidationError(field.encode_name) from error


def _without_none(kind: Any) -> Any:  # noqa: ANN401  (any type expression)
    """Reduce ``X | None`` to ``X``."""
    if get_origin(kind) in {Union, types.UnionType}:
        kept = [part for part in get_args(kind) if part is not type(None)]
        return kept[0] if len(kept) == 1 else kind
    return kind
