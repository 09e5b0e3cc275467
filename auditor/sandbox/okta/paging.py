"""Pages and their Link headers."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from auditor.sandbox.answer import Answer
from auditor.sandbox.okta.errors import error
from auditor.sandbox.worlds.world import World

Row = TypeVar("Row")


def page(
    world: World,
    request: Request,
    rows: Iterable[Row],
    shape: Callable[[Row], object],
    *,
    limits: tuple[int, int],
    forgets: tuple[str, ...] = (),
    endless: bool = False,
) -> Answer:
    """Answer one page with its Link headers: `self`, and `next` while there is more.

    `limits` are the default and the largest page; `forgets` names the parameters that the
    `next` link loses; `endless` gives a `next` on the last page too.
    """
    query = dict(request.query_params)
    default, largest = limits
    asked = query.get("limit", "")
    size = min(int(asked), largest) if asked.isdecimal() and int(asked) else default
    after = query.get("after", "0").removeprefix("c") or "0"
    if not after.isdecimal():
        return error("E0000001", "after")
    start = int(after)
    # One row more than the page, to know whether there is a next one.
    rows_here = list(islice(rows, start, start + size + 1))
    here = f"{world.okta.url}{request.url.path}"
    links = [f'<{here}{"?" if query else ""}{urlencode(query)}>; rel="self"']
    if len(rows_here) > size or endless:
        onward = {key: value for key, value in query.items() if key not in forgets}
        reached = start + min(len(rows_here), size)
        onward |= {"after": f"c{reached:012d}", "limit": str(size)}
        links.append(f'<{here}?{urlencode(onward)}>; rel="next"')
    return Answer(
        [shape(row) for row in rows_here[:size]],
        headers=tuple(("link", link) for link in links),
    )
