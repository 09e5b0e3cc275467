"""Faults in the body of a good answer: cut, empty, of another format, or with wrong types."""

import json
from collections.abc import Callable
from dataclasses import replace

from auditor.sandbox.faults.endpoints import Endpoint, find_endpoint
from auditor.sandbox.faults.fault import Answer, Exchange, Fault, in_the_answer
from auditor.sandbox.faults.fields import Place, places

NOVELTY = "SOMETHING_UNHEARD_OF"


def truncated() -> Fault:
    """Send the first half of the JSON, with the Content-Length of that half."""
    return in_the_answer(
        "truncated-json",
        lambda _, answer: replace(answer, body=answer.body[: len(answer.body) // 2]),
    )


def empty() -> Fault:
    """Send no body at all."""
    return in_the_answer("empty-body", lambda _, answer: replace(answer, body=b""))


def html() -> Fault:
    """Send a sign-in page, with status 200."""
    page = b"<!doctype html><html><body><form>Please sign in</form></body></html>"
    return in_the_answer(
        "html-with-200",
        lambda _, answer: replace(answer.with_header("content-type", "text/html"), body=page),
    )


def wrong_type() -> Fault:
    """Send an empty object for a list, an empty list for an object."""

    def change(_: Exchange, answer: Answer) -> Answer:
        return answer.carrying({} if isinstance(json.loads(answer.body), list) else [])

    return in_the_answer("wrong-type", change)


def wrong_type_inside(path: str | None = None) -> Fault:
    """Replace a field by an object instead of its type; by default the endpoint's needed field."""

    def spoil(place: Place) -> None:
        container, key = place
        container[key] = {"unexpected": container[key]}

    return _in_fields("wrong-type-inside", spoil, lambda endpoint: path or endpoint.needed)


def missing_field(path: str | None = None) -> Fault:
    """Remove a field (see `fields.places`); by default the endpoint's needed field."""

    def spoil(place: Place) -> None:
        container, key = place
        del container[key]

    return _in_fields("missing-field", spoil, lambda endpoint: path or endpoint.needed)


def unknown_value(path: str | None = None, value: str = NOVELTY) -> Fault:
    """Set a field to a value that is not documented; by default the endpoint's enum."""

    def spoil(place: Place) -> None:
        container, key = place
        container[key] = value

    return _in_fields("unknown-enum", spoil, lambda endpoint: path or endpoint.enum)


def extra_fields() -> Fault:
    """Add unknown fields to the document and to every record in its lists."""

    def change(_: Exchange, answer: Answer) -> Answer | None:
        document = json.loads(answer.body)
        lists = document.values() if isinstance(document, dict) else [document]
        records = [item for items in lists if isinstance(items, list) for item in items]
        grown = [record for record in (document, *records) if isinstance(record, dict)]
        for record in grown:
            record["unheardOf"] = {"status": NOVELTY, "items": [None, 1.5, "x"]}
        return answer.carrying(document) if grown else None

    return in_the_answer("extra-fields", change)


def utf16() -> Fault:
    """Send UTF-16, but declare it as UTF-8."""

    def change(_: Exchange, answer: Answer) -> Answer:
        named = answer.with_header("content-type", "application/json; charset=utf-8")
        return replace(named, body=answer.body.decode().encode("utf-16"))

    return in_the_answer("wrong-charset-utf16", change)


def latin1() -> Fault:
    """Send Latin-1, but declare it as UTF-8. Does not apply to a body of ASCII only."""

    def change(_: Exchange, answer: Answer) -> Answer | None:
        text = json.dumps(json.loads(answer.body), ensure_ascii=False)
        if text.isascii():
            return None
        named = answer.with_header("content-type", "application/json; charset=utf-8")
        return replace(named, body=text.encode("latin-1", errors="replace"))

    return in_the_answer("wrong-charset-latin1", change)


def null_field(path: str | None = None) -> Fault:
    """Set a field to null; by default the endpoint's needed field."""

    def spoil(place: Place) -> None:
        container, key = place
        container[key] = None

    return _in_fields("null-field", spoil, lambda endpoint: path or endpoint.needed)


def invalid_utf8() -> Fault:
    """Add a field that no client reads, with bytes that are not UTF-8, to the first object."""

    def change(_: Exchange, answer: Answer) -> Answer | None:
        head, brace, rest = answer.body.partition(b"{")
        # In an empty object, the added comma would be invalid JSON, which is another fault.
        if not brace or rest.lstrip().startswith(b"}"):
            return None
        return replace(answer, body=head + b'{"unheardOf":"\xff\xfe",' + rest)

    return in_the_answer("invalid-utf8", change)


def _in_fields(
    name: str, spoil: Callable[[Place], None], choose: Callable[[Endpoint], str | None]
) -> Fault:
    """Change each place of the field that is chosen for an endpoint."""

    def change(exchange: Exchange, answer: Answer) -> Answer | None:
        path = choose(find_endpoint(exchange.service, exchange.url.path))
        document = json.loads(answer.body)
        found = list(places(document, path)) if path else []
        for place in found:
            spoil(place)
        return answer.carrying(document) if found else None

    return in_the_answer(name, change)
