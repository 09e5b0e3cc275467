"""Faults of a list that comes in pages: linked by `Link: <…>; rel="next"`, or by offset."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.datastructures import URL, QueryParams

from auditor.sandbox.faults.fault import Answer, Exchange, Fault, in_the_answer

Rows = list[Any]
_AGAIN = "sandboxAgain"
_ROUND = "sandboxRound"


def duplicated_page() -> Fault:
    """Serve each page twice, the first time with a `next` to itself under another cursor."""

    def change(url: URL, answer: Answer, _: Rows) -> Answer | None:
        if _AGAIN in _query(url):
            follow = _next_of(answer)
            return _leading_to(answer, follow.remove_query_params(_AGAIN)) if follow else None
        return _leading_to(answer, url.include_query_params(**{_AGAIN: "1"}))

    return _in_list("duplicated-page", change)


def looping_next() -> Fault:
    """Let `next` lead back to the first page."""

    def change(url: URL, answer: Answer, _: Rows) -> Answer:
        return _leading_to(answer, url.remove_query_params("after"))

    return _in_list("looping-next", change)


# Recorded: the `next` of Okta's filtered `/mappings` drops the filter.
def filterless_next() -> Fault:
    """Remove all parameters but the cursor and the limit from `next`.

    The last page gets a `next` to the first page.
    """

    def change(url: URL, answer: Answer, _: Rows) -> Answer | None:
        follow = _next_of(answer) or url.remove_query_params("after")
        lost = _query(follow).keys() - {"after", "limit"}
        return _leading_to(answer, follow.remove_query_params(list(lost))) if lost else None

    return _in_list("next-drops-the-filter", change)


def foreign_next(origin: str = "http://elsewhere.invalid") -> Fault:
    """Let `next` lead to another host."""
    elsewhere = URL(origin)

    def change(url: URL, answer: Answer, _: Rows) -> Answer:
        moved = (_next_of(answer) or url).replace(scheme=elsewhere.scheme, netloc=elsewhere.netloc)
        return _leading_to(answer, moved)

    return _in_list("next-to-another-host", change)


def endless() -> Fault:
    """Serve the same rows with new ids on each page, without an end."""

    def change(url: URL, answer: Answer, rows: Rows) -> Answer:
        turn = int(_query(url).get(_ROUND, "0"))
        for row in rows if turn else ():
            for identity in {"id", "uuid"} & row.keys():
                row[identity] = f"{row[identity]}-{turn}"
        follow = url.include_query_params(**{_ROUND: str(turn + 1)})
        return _leading_to(answer.carrying(rows), follow)

    return _in_list("never-a-last-page", change)


def ignored_offset() -> Fault:
    """Serve the first page at every offset, for lists whose pages are requested by offset."""

    async def strike(exchange: Exchange) -> Answer | None:
        if _query(exchange.url).get("offset", "0") == "0":
            return await exchange.true_answer()
        query = exchange.url.remove_query_params("offset").query
        at_first = replace(exchange, scope={**exchange.scope, "query_string": query.encode()})
        await exchange.give(await at_first.true_answer())
        return None

    return Fault("ignored-offset", strike)


def _in_list(name: str, change: Callable[[URL, Answer, Rows], Answer | None]) -> Fault:
    """Make a fault that fits answers which are a JSON list."""

    def spoil(exchange: Exchange, answer: Answer) -> Answer | None:
        rows = json.loads(answer.body)
        return change(exchange.url, answer, rows) if isinstance(rows, list) else None

    return in_the_answer(name, spoil)


def _query(url: URL) -> dict[str, str]:
    return dict(QueryParams(url.query))


def _next_of(answer: Answer) -> URL | None:
    for name, value in answer.headers:
        if name == "link" and 'rel="next"' in value:
            return URL(value.partition("<")[2].partition(">")[0])
    return None


def _leading_to(answer: Answer, url: URL) -> Answer:
    others = tuple(
        header for header in answer.headers if header[0] != "link" or 'rel="next"' not in header[1]
    )
    return replace(answer, headers=(*others, ("link", f'<{url}>; rel="next"')))
