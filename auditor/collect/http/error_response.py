"""The meaning of error responses, and the pause that they request. Pure."""

import re
from typing import Final

import httpx
import msgspec

from auditor.clock import utc_now
from auditor.collect.http.collect_error import CollectError, TransientError
from auditor.collect.http.limits import MAX_TEXT
from auditor.collect.http.transport import HttpResponse
from auditor.domain.collections import MissingReason
from auditor.net.retry_after import read_retry_after, server_time
from auditor.serialization import from_json

MAX_WINDOW_SECONDS = 120
"""Okta's rate limits count per minute. A reset that is more seconds away is ignored."""

NOT_FOUND_ERROR = "NotFoundError"
"""The error name in a 404 of Unleash itself. A gateway in front of it does not send this name."""

_NUMBER: Final = re.compile(r"[0-9]{1,12}")
_OKTA_CODE: Final = re.compile(r"E\d{7}")
_REASONS: Final = {
    400: (MissingReason.BAD_PAYLOAD, "the request was refused"),
    401: (MissingReason.UNAUTHORIZED, "the credential was refused"),
    403: (MissingReason.FORBIDDEN, "the credential may not read this"),
    404: (MissingReason.NOT_FOUND, ""),
    407: (MissingReason.NETWORK, "the proxy wants a user and a password: put them into HTTP_PROXY"),
    410: (MissingReason.NOT_FOUND, ""),
}
_PASSING: Final = frozenset({500, 502, 503, 504})


class _ErrorBody(msgspec.Struct, rename={"code": "errorCode"}):
    code: str | None = None
    """Okta's error code."""

    name: str | None = None
    """Unleash's error name."""


def require_json(answer: HttpResponse) -> None:
    """Raise CollectError unless the answer has status 200 and is JSON in UTF-8."""
    if answer.status != httpx.codes.OK:
        raise error_of_response(answer)
    kind, _, parameters = answer.headers.get("content-type", "").lower().partition(";")
    # The login page of a gateway has the status 200 too.
    if kind.strip() != "application/json":
        raise CollectError(MissingReason.BAD_PAYLOAD, answer.name, "not JSON", answer.status)
    charset = re.search(r'charset\s*=\s*"?([^\s;"]+)', parameters[:MAX_TEXT])
    # ASCII is a part of UTF-8.
    is_named = not charset or charset[1] in {"utf-8", "utf8", "us-ascii"}
    if not is_named or not answer.is_utf8:
        raise CollectError(MissingReason.BAD_PAYLOAD, answer.name, "not in UTF-8", answer.status)


def error_of_response(answer: HttpResponse) -> CollectError:
    """Return the error for a status other than 200."""
    status, name = answer.status, answer.name
    if status == httpx.codes.TOO_MANY_REQUESTS:
        pause = asked_pause(answer.headers)
        return TransientError(MissingReason.RATE_LIMITED, name, _code(answer), status, pause=pause)
    if status in _PASSING:
        pause = _retry_after(answer.headers) or 0
        return TransientError(
            MissingReason.NETWORK, name, "the service is failing", status, pause=pause
        )
    if status == httpx.codes.REQUEST_TIMEOUT:
        return TransientError(MissingReason.TIMEOUT, name, "", status)
    if httpx.codes.is_redirect(status):
        return CollectError(MissingReason.BAD_PAYLOAD, name, "a redirect, never followed", status)
    why, words = _REASONS.get(status, (MissingReason.BAD_PAYLOAD, "an unexpected answer"))
    code = _code(answer)
    detail = f"{words} ({code})" if words and code else code or words
    return CollectError(why, name, detail, status)


def asked_pause(headers: httpx.Headers) -> float:
    """Return the seconds to wait after a 429; 0: the answer states none, or more than one window.

    Okta's concurrency limit is reported with a limit and a rest of 0. Its reset has no meaning.
    """
    if (asked := _retry_after(headers)) is not None:
        return asked
    if headers.get("x-rate-limit-limit") == "0":
        return 0
    seconds = seconds_to_reset(headers) or 0
    return seconds if 0 < seconds <= MAX_WINDOW_SECONDS else 0


def seconds_to_reset(headers: httpx.Headers) -> float | None:
    """Return the seconds until the window of the rate limit ends, by the server's clock."""
    reset = whole_number(headers.get("x-rate-limit-reset", ""))
    if reset is None:
        return None
    now = server_time(headers) or utc_now()
    return reset - now.timestamp()


def whole_number(text: str) -> int | None:
    """Return the number in a header; ``None``: it is not one to twelve digits."""
    return int(text) if _NUMBER.fullmatch(text) else None


def _retry_after(headers: httpx.Headers) -> float | None:
    wait = read_retry_after(headers, received_at=utc_now())
    return None if wait is None else wait.total_seconds()


def _code(answer: HttpResponse) -> str:
    """Return Okta's error code, or the name in Unleash's 404. Nothing else of the body is used."""
    try:
        body = from_json(answer.body, _ErrorBody)
    except msgspec.DecodeError:
        return ""
    if body.code and _OKTA_CODE.fullmatch(body.code):
        return body.code
    return NOT_FOUND_ERROR if body.name == NOT_FOUND_ERROR else ""
