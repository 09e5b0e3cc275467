"""Read a list page by page. It is complete only after a page without a next page."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import httpx

from auditor.collect.http.api_client import ApiClient, ResponseReader
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.endpoint import Endpoint
from auditor.collect.http.transport import HttpResponse
from auditor.domain.collections import MissingReason


def read_pages(
    origin: ApiClient,
    endpoint: Endpoint,
    *ids: str,
    hear: ResponseReader = lambda _: None,
    **params: str,
) -> Iterator[HttpResponse]:
    """Yield each page. Raises CollectError when the end of the list cannot be reached.

    The next page is always requested at the address of the first one: only the query of its link is
    used.
    """
    query: Mapping[str, str] = params
    been = {_cursor(query)}
    for _ in range(origin.limits.pages):
        answer = origin.get(endpoint, *ids, hear=hear, **query)
        yield answer
        following = next_query(answer)
        if following is None:
            return
        # Okta's link for a filtered list of mappings drops the filter (recorded), so parameters
        # that are missing in the link are added again.
        query = {**params, **following}
        if _cursor(query) in been:
            raise CollectError(
                MissingReason.TRUNCATED, answer.name, "its pages go round in a circle"
            )
        been.add(_cursor(query))
    raise CollectError(MissingReason.TRUNCATED, answer.name, "its pages do not end")


def next_query(answer: HttpResponse) -> dict[str, str] | None:
    """Return the query of the next page; ``None``: there is no next page. Raises CollectError."""
    try:
        link = next_link(answer.headers)
    except ValueError as error:
        words = "whether it goes on cannot be read"
        raise CollectError(MissingReason.TRUNCATED, answer.name, words) from error
    return None if link is None else _query_of(link, answer)


def _query_of(link: str, answer: HttpResponse) -> dict[str, str]:
    try:
        target = answer.url.join(link)
    except httpx.InvalidURL as error:
        raise CollectError(
            MissingReason.TRUNCATED, answer.name, "its next page has no address"
        ) from error
    # Okta's link is a whole address. The request for it carries the credential.
    if (target.scheme, target.netloc, target.path, target.userinfo) != (
        answer.url.scheme,
        answer.url.netloc,
        answer.url.path,
        answer.url.userinfo,
    ):
        raise CollectError(MissingReason.TRUNCATED, answer.name, "its next page is somewhere else")
    return dict(target.params)


def _cursor(query: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(query.items())


_VALUE: Final = r'\s*=\s*(?:"([^"]*)"|([^\s;,"]+))'
_LINK: Final = re.compile(rf"<([^<>]*)>((?:\s*;\s*[\w*-]+(?:{_VALUE})?)*)")
_PARAMETER: Final = re.compile(rf";\s*([\w*-]+){_VALUE}")


def next_link(headers: httpx.Headers) -> str | None:
    """Return the address of the next page, in any order and number of the headers.

    Raises ValueError for a header that cannot be read: it might have named a next page.
    """
    # httpx.Response.links is not used, because it reads every header as something. It misses
    # `rel=NEXT` and `rel="prev next"`, and an unreadable header is no error there. A list whose
    # next page is missed would count as complete.
    return next((target for target, relations in _links(headers) if "next" in relations), None)


def _links(headers: httpx.Headers) -> Iterator[tuple[str, list[str]]]:
    for value in headers.get_list("link"):
        if _LINK.sub("", value).strip(" \t,"):
            raise ValueError(value)
        for target, parameters, *_ in _LINK.findall(value):
            for name, quoted, plain in _PARAMETER.findall(parameters):
                # A name may be in any case, and `rel` may hold several relations (RFC 8288).
                if name.lower() == "rel":
                    yield target, (quoted or plain).lower().split()
                    break  # only the first counts
