"""Apply faults to the requests of a service, by rules."""

import re
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from auditor.sandbox.faults.fault import Exchange, Fault
from auditor.sandbox.faults.patterns import compile_pattern


@dataclass(frozen=True, slots=True)
class Struck:
    """One answer that a fault changed."""

    fault: str
    service: str
    method: str
    path: str
    page: int


@dataclass(slots=True)
class _Rule:
    service: str
    pattern: re.Pattern[str]
    fault: Fault
    page: int | None
    left: int | None


class Faults:
    """The active faults. A test sets the rules, and the thread of the server reads them."""

    def __init__(self) -> None:
        self.struck: list[Struck] = []
        self._rules: tuple[_Rule, ...] = ()
        self._cursors: dict[tuple[str, str], list[str]] = {}

    def add(
        self,
        service: str,
        path_pattern: str,
        fault: Fault,
        *,
        page: int | None = None,
        times: int | None = None,
    ) -> None:
        """Apply a fault to a path of a service (`*`: one segment, `**`: any number of segments).

        `page`: only that page of a list, from 1. `times`: at most that number of times. The first
        rule that matches a request is used.
        """
        rule = _Rule(service, compile_pattern(path_pattern), fault, page, times)
        # A new tuple, because the thread of the server can be reading the old one.
        self._rules = (*self._rules, rule)

    def clear(self) -> None:
        """Delete the rules and the list of changed answers."""
        self._rules = ()
        self.struck.clear()

    def wrap(self, service: str, app: ASGIApp) -> ASGIApp:
        """Return the app of a service with the faults in front of it."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not self._rules:
                await app(scope, receive, send)
                return
            page = self._page(service, scope)
            rule = self._find(service, scope["path"], page)
            if rule is None:
                await app(scope, receive, send)
                return
            await self._strike(rule, page, Exchange(service, app, scope, receive, send))

        return faulty

    async def _strike(self, rule: _Rule, page: int, exchange: Exchange) -> None:
        struck = Struck(
            rule.fault.name, rule.service, exchange.scope["method"], exchange.scope["path"], page
        )
        # Before the answer, because a test can read the list as soon as it has the answer.
        self.struck.append(struck)
        if rule.left is not None:
            rule.left -= 1
        if truth := await rule.fault.strike(exchange):
            self.struck.remove(struck)
            if rule.left is not None:
                rule.left += 1
            await exchange.give(truth)

    def _find(self, service: str, path: str, page: int) -> _Rule | None:
        for rule in self._rules:
            fits = rule.service == service and rule.page in (None, page) and rule.left != 0
            if fits and rule.pattern.fullmatch(path):
                return rule
        return None

    def _page(self, service: str, scope: Scope) -> int:
        """Count the cursors of a path in the order of their first use.

        A retry has the number of its page. A request without a cursor is page 1 and restarts the
        count.
        """
        query = QueryParams(scope["query_string"])
        cursor = query.get("after") or query.get("offset") or "0"
        cursors = self._cursors.setdefault((service, scope["path"]), [])
        if cursor == "0":
            cursors[:] = [cursor]
        elif cursor not in cursors:
            cursors.append(cursor)
        return cursors.index(cursor) + 1
