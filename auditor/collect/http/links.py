"""Where a list goes on: the ``Link`` header of RFC 8288, as far as paging needs it. Pure."""

import re
from collections.abc import Iterator
from typing import Final

import httpx

_LINK: Final = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s;,"]+))*)')
_REL: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


def next_link(headers: httpx.Headers) -> str | None:
    """Return the address of the next page, whatever the order and number of the headers."""
    return next((target for target, relations in _links(headers) if "next" in relations), None)


def _links(headers: httpx.Headers) -> Iterator[tuple[str, set[str]]]:
    for value in headers.get_list("link"):
        for target, parameters in _LINK.findall(value):
            relation = _REL.search(parameters)
            if relation:
                yield target, set((relation[1] or relation[2]).lower().split())
