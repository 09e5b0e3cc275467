"""A list, page by page: complete only when a page without a next one was read."""

from collections.abc import Iterator, Mapping

import httpx

from auditor.collect.failure import CollectError
from auditor.collect.http.endpoint import Endpoint
from auditor.collect.http.links import next_link
from auditor.collect.http.origin import Hear, Origin
from auditor.collect.http.wire import Answer
from auditor.domain.collections import MissingReason


def read_pages(
    origin: Origin, endpoint: Endpoint, *ids: str, hear: Hear = lambda _: None, **params: str
) -> Iterator[Answer]:
    """Yield each page. Raises CollectError when the end of the list cannot be reached.

    A next page is only ever asked for at the address of the first; of its link nothing but the
    query is used. What the query lost of ``params`` is put back: Okta's own link for a filtered
    list of mappings drops the filter.
    """
    query: Mapping[str, str] = params
    been = {_cursor(query)}
    for _ in range(origin.limits.pages):
        answer = origin.get(endpoint, *ids, hear=hear, **query)
        yield answer
        link = _next_of(answer)
        if link is None:
            return
        query = {**params, **_query_of(link, answer)}
        if _cursor(query) in been:
            raise CollectError(
                MissingReason.TRUNCATED, answer.name, "its pages go round in a circle"
            )
        been.add(_cursor(query))
    raise CollectError(MissingReason.TRUNCATED, answer.name, "its pages do not end")


def _next_of(answer: Answer) -> str | None:
    try:
        return next_link(answer.headers)
    except ValueError as error:
        words = "whether it goes on cannot be read"
        raise CollectError(MissingReason.TRUNCATED, answer.name, words) from error


def _query_of(link: str, answer: Answer) -> dict[str, str]:
    try:
        target = answer.url.join(link)
    except httpx.InvalidURL as error:
        raise CollectError(
            MissingReason.TRUNCATED, answer.name, "its next page has no address"
        ) from error
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
