"""Faults that are error statuses, in the format of each service, and redirects."""

import json
import time
from http import HTTPStatus

from auditor.sandbox.faults.fault import Answer, Exchange, Fault, on_the_wire

_JSON = (("content-type", "application/json"),)
_OKTA_CODES = {
    400: ("E0000001", "Api validation failed"),
    401: ("E0000011", "Invalid token provided"),
    403: ("E0000006", "You do not have permission to perform the requested action"),
    404: ("E0000007", "Not found: Resource not found"),
    429: ("E0000047", "API call exceeded rate limit due to too many requests."),
    500: ("E0000009", "Internal Server Error"),
}
_UNLEASH_NAMES = {
    400: "BadDataError",
    401: "AuthenticationRequired",
    403: "PermissionError",
    404: "NotFoundError",
    500: "InternalError",
}


def status(code: int) -> Fault:
    """Answer an error status in the format of the service, and 502, 503 and others as a gateway."""

    async def act(exchange: Exchange) -> None:
        await exchange.give(_refusal(exchange, code))

    return on_the_wire(f"status-{code}", act)


def foreign_not_found() -> Fault:
    """Answer 404 in the format of a gateway, which states nothing about the service."""

    async def act(exchange: Exchange) -> None:
        await exchange.give(_gateway(404))

    return on_the_wire("status-404-from-a-gateway", act)


def too_many(name: str, *, reset_after: float | None = None, limit: int | None = 100) -> Fault:
    """Refuse with 429.

    `reset_after`: seconds until the limit is lifted; None omits the header.
    `limit`: Okta's X-Rate-Limit-Limit; 0 is the concurrency form, None leaves it out.
    """

    async def act(exchange: Exchange) -> None:
        answer = _refusal(exchange, 429)
        if exchange.service == "okta":
            if limit is not None:
                answer = answer.with_header("x-rate-limit-limit", str(limit))
                answer = answer.with_header("x-rate-limit-remaining", "0")
            if reset_after is not None:
                reset_at = int(time.time() + reset_after)
                answer = answer.with_header("x-rate-limit-reset", str(reset_at))
        elif reset_after is not None:
            answer = answer.with_header("retry-after", str(int(reset_after)))
        await exchange.give(answer)

    return on_the_wire(name, act)


def redirect(origin: str = "http://elsewhere.invalid") -> Fault:
    """Redirect to another host. A client that follows it with its credentials reveals them."""

    async def act(exchange: Exchange) -> None:
        target = f"{origin}{exchange.url.path}?{exchange.url.query}"
        await exchange.give(Answer(302, (("location", target),), b""))

    return on_the_wire("redirect-elsewhere", act)


def _refusal(exchange: Exchange, code: int) -> Answer:
    if exchange.service == "okta" and code in _OKTA_CODES:
        error, summary = _OKTA_CODES[code]
        body: dict[str, object] = {
            "errorCode": error,
            "errorSummary": summary,
            "errorLink": error,
            "errorId": "oaeSandboxFault",
            "errorCauses": [],
        }
    elif exchange.service == "unleash" and code in _UNLEASH_NAMES:
        message = HTTPStatus(code).description or HTTPStatus(code).phrase
        if code == HTTPStatus.NOT_FOUND:
            message = f"The path you were looking for ({exchange.url.path}) is not available."
        body = {
            "id": "00000000-0000-4000-8000-000000000000",
            "name": _UNLEASH_NAMES[code],
            "message": message,
            "details": [{"message": message}],
        }
    else:
        return _gateway(code)
    return Answer(code, _JSON, json.dumps(body).encode())


def _gateway(code: int) -> Answer:
    phrase = f"{code} {HTTPStatus(code).phrase}"
    page = f"<html><head><title>{phrase}</title></head><body><h1>{phrase}</h1></body></html>"
    return Answer(code, (("content-type", "text/html"),), page.encode())
