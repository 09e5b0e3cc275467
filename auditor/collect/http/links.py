"""Where a list goes on: the ``Link`` header of RFC 8288, as far as paging needs it. Pure."""

import re
from collections.abc import Iterator
from typing import Final

import httpx

_VALUE: Final = r'\s*=\s*(?:"([^"]*)"|([^\s;,"]+))'
_LINK: Final = re.compile(rf"<([^<>]*)>((?:\s*;\s*[\w*-]+(?:{_VALUE})?)*)")
_PARAMETER: Final = re.compile(rf";\s*([\w*-]+){_VALUE}")


def next_link(headers: httpx.Headers) -> str | None:
    """Return the address of the next page, whatever the order and number of the headers.

    Raises ValueError for a header that cannot be read: it might have named a next page.
    """
    return next((target for target, relations in _links(headers) if "next" in relations), None)


def _links(headers: httpx.Headers) -> Iterator[tuple[str, list[str]]]:
    for value in headers.get_list("link"):
        if _LINK.sub("", value).strip(" \t,"):
            raise ValueError(value)
        for target, parameters, *_ in _LINK.findall(value):
            for name, quoted, plain in _PARAMETER.findall(parameters):
                if name.lower() == "rel":
                    yield target, (quoted or plain).lower().split()
                    break  # only the first counts
