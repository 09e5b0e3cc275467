"""Reads and decodes the records and lists of one collection."""

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct, ValidationError, convert
from msgspec.structs import FieldInfo, fields

from auditor.collect.http import ApiClient, Endpoint, HttpResponse, ResponseReader, read_pages
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import (
    MAX_EMPTY_PAGES,
    MAX_OBJECTS,
    MAX_ROWS,
    MAX_TEXT,
    MAX_VALUES,
)
from auditor.domain.collections import MissingReason
from auditor.serialization import decoder

T = TypeVar("T")

Time = Annotated[datetime, Meta(tz=True)]
"""A time with a time zone. A time without one has the wrong type."""


# Rows form no cycles, so the garbage collector need not visit up to a million of them.
class Schema(Struct, rename="camel", gc=False):
    """Base of the types of answers. Fields that are not declared are ignored."""


def decode_body(kind: type[T], answer: HttpResponse) -> T:
    """Read an answer's body as ``kind``; raises CollectError when it cannot be."""
    return cast("T", _decode(kind, answer))


def decode_rows(kind: type[T], answer: HttpResponse) -> list[T]:
    """Read an answer's body as a list of ``kind``; raises CollectError when it cannot be."""
    return cast("list[T]", _decode(types.GenericAlias(list, kind), answer))


def _decode(kind: Any, answer: HttpResponse) -> Any:  # noqa: ANN401  (any type expression)
    _require_bounded(answer)
    try:
        # The strict way comes first, because it is fast. The lenient one builds each value in
        # Python.
        try:
            return decoder(kind).decode(answer.body)
        except ValidationError:
            return _convert_leniently(kind, msgspec.json.decode(answer.body))
    except ValidationError as error:
        words = "a needed field is absent or has an unexpected type"
        raise CollectError(MissingReason.BAD_PAYLOAD, answer.name, words, answer.status) from error
    # msgspec raises RecursionError for deeply nested JSON.
    except (msgspec.DecodeError, RecursionError) as error:
        words = "not readable as JSON"
        raise CollectError(MissingReason.BAD_PAYLOAD, answer.name, words, answer.status) from error


def _require_bounded(answer: HttpResponse) -> None:
    """Raise CollectError for a body with too many objects or values for the memory limit.

    They are counted by their punctuation, also inside texts. This is an upper bound and needs no
    memory.
    """
    # Counting reads every byte, and a page of a list is too small for so many.
    if len(answer.body) <= min(MAX_OBJECTS, MAX_VALUES):
        return
    if answer.body.count(b"{") > MAX_OBJECTS or answer.body.count(b",") > MAX_VALUES:
        words = f"more than {MAX_OBJECTS} objects or {MAX_VALUES} values"
        raise CollectError(MissingReason.TRUNCATED, answer.name, words, answer.status)


FIRST_YEAR, LAST_YEAR = 1970, 2999


def plausible(moment: datetime | None) -> datetime | None:
    """Return a time; ``None``: its year is not plausible, so arithmetic could fail."""
    return moment if moment and FIRST_YEAR <= moment.year <= LAST_YEAR else None


def filled(text: str | None) -> str | None:
    """Return a text; ``None``: it is empty or has only spaces."""
    return text if text and not text.isspace() else None


def cap_text(text: str | None) -> str | None:
    """Cut a free text to :data:`MAX_TEXT` characters. Ids and expressions are never cut."""
    return text if text is None or len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _convert_leniently(kind: Any, value: Any) -> Any:  # noqa: ANN401  (any type expression, any JSON)
    """Convert ``value`` to ``kind``, leaving out optional parts that do not fit."""
    try:
        return convert(value, kind)
    except ValidationError:
        kind = _without_none(kind)
        if isinstance(kind, type) and issubclass(kind, Struct) and isinstance(value, Mapping):
            return kind(**dict(_fitting(field, value) for field in fields(kind)))
        parts = get_args(kind)
        if get_origin(kind) is list and isinstance(value, list):
            return [_convert_leniently(parts[0], each) for each in value]
        if get_origin(kind) is dict and isinstance(value, Mapping):
            return {key: _convert_leniently(parts[1], each) for key, each in value.items()}
        raise


def _fitting(field: FieldInfo, record: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the name of a field and its value, or its default if the value has the wrong type."""
    try:
        return field.name, _convert_leniently(field.type, record[field.encode_name])
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


R = TypeVar("R")

CountRows = Callable[[int], None]
"""Receives the number of rows that were just read."""


class Reader:
    """Reads records and lists of one collection."""

    def __init__(
        self, origin: ApiClient, count_rows: CountRows, hear: ResponseReader = lambda _: None
    ) -> None:
        self._origin = origin
        self._count_rows = count_rows
        self._hear = hear

    def record(self, kind: type[T], endpoint: Endpoint, *ids: str, **params: str) -> T:
        """Read one document. Raises CollectError."""
        return decode_body(kind, self.answer(endpoint, *ids, **params))

    def answer(self, endpoint: Endpoint, *ids: str, **params: str) -> HttpResponse:
        """Return one answer that the caller decodes. Raises CollectError."""
        found = self._origin.get(endpoint, *ids, hear=self._hear, **params)
        self._count_rows(1)
        return found

    def rows(
        self,
        kind: type[T],
        endpoint: Endpoint,
        *ids: str,
        key: Callable[[T], str] | None = None,
        **params: str,
    ) -> Iterator[T]:
        """Yield the rows of a list, up to a page without a next page. Raises CollectError.

        A ``key`` that comes twice means that the list changed meanwhile or repeats its pages. Then
        other rows can be missing, so the list counts as truncated. Without a ``key`` the caller
        drops duplicates.
        """
        seen: set[str] = set()
        total = empty = 0
        for answer in read_pages(self._origin, endpoint, *ids, hear=self._hear, **params):
            page = decode_rows(kind, answer)
            expected = len(seen) + len(page)
            if key is not None:
                seen.update(map(key, page))
            if key is not None and len(seen) != expected:
                raise CollectError(MissingReason.TRUNCATED, answer.name, "a row came twice")
            total, empty = total + len(page), 0 if page else empty + 1
            if total > MAX_ROWS or empty > MAX_EMPTY_PAGES:
                words = f"more than {MAX_ROWS} rows, or {MAX_EMPTY_PAGES} empty pages"
                raise CollectError(MissingReason.TRUNCATED, answer.name, words)
            self._count_rows(len(page))
            yield from page

    def each(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Read one record for each item, several at the same time."""
        return self._origin.each(function, items)
