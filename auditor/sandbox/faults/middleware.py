"""Where faults strike: rules over requests, in front of a service."""

import re
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from auditor.sandbox.faults.fault import Exchange, Fault
from auditor.sandbox.faults.patterns import compile_pattern


@dataclass(frozen=True, slots=True)
class Struck:
    """One answer that a fault spoilt."""

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
    """The faults in force. Rules are set by a test, and read by the server's thread."""

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
        """Let a fault strike a service's path (`*` one segment, `**` any number of them).

        `page`: only that page of a list, from 1. `times`: only that often.
        The first rule that fits a request has it.
        """
        rule = _Rule(service, compile_pattern(path_pattern), fault, page, times)
        self._rules = (*self._rules, rule)

    def clear(self) -> None:
        """Forget the rules and what was struck."""
        self._rules = ()
        self.struck.clear()

    def wrap(self, service: str, app: ASGIApp) -> ASGIApp:
        """Put the faults in front of a service."""

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

        A retry has its page's number; a request without a cursor is page 1 and begins anew.
        """
        query = QueryParams(scope["query_string"])
        cursor = query.get("after") or query.get("offset") or "0"
        cursors = self._cursors.setdefault((service, scope["path"]), [])
        if cursor == "0":
            cursors[:] = [cursor]
        elif cursor not in cursors:
            cursors.append(cursor)
        return cursors.index(cursor) + 1
