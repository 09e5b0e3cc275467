"""HTTP transport for Slack: Web API methods, file uploads and incoming webhooks, over httpx.

Reason for not using ``slack_sdk.WebClient`` here: its urllib openers follow redirects and keep the
``Authorization`` header, also to another host. An opener of the caller is used only without a
proxy and without an SSL context, so no option and no check beforehand prevents it. The SDK also
ignores ``NO_PROXY`` when a proxy is configured and reads answers of any size. This transport
follows no redirect, uses the proxies and certificate authorities of all other connections, and
bounds the size and the duration of each answer.
"""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from auditor import __version__
from auditor.clock import utc_now
from auditor.config.secrets import Secret
from auditor.net.bounded_request import Answer, send_bounded
from auditor.net.connection_errors import connection_error_message
from auditor.net.retry_after import read_retry_after
from auditor.notify.channel import DeliveryFailed, FailureKind
from auditor.notify.slack.api_errors import (
    CHECK_ADDRESS,
    NEXT_ATTEMPT,
    Refused,
    error_name,
    explain,
)
from auditor.serialization import from_json

SLACK_TIMEOUT_SECONDS = 15.0
"""Limit of each network operation, and of the waits that ``Retry-After`` may ask for."""

MAX_RATE_LIMIT_WAITS = 3
MAX_SLACK_RETRIES = 2
"""Repeats of a method that may be repeated, after a connection error or a status of 500 or more."""

FIRST_RETRY_AFTER_SECONDS = 0.2
"""Wait before the first repeat; it doubles."""

USER_AGENT = f"unleash-okta-auditor/{__version__} (Slack)"

JSON_METHODS = frozenset(
    {
        "chat.postEphemeral",
        "chat.postMessage",
        "chat.update",
        "files.completeUploadExternal",
        "views.open",
    }
)
"""Methods that accept a JSON body. Methods that read accept forms only."""

SLACK_HOSTS = (".slack.com", ".slack-gov.com")


class NoAnswer(DeliveryFailed):
    """No complete answer arrived."""

    def __init__(self, message: str, *, uncertain: bool, timed_out: bool) -> None:
        super().__init__(message, FailureKind.TEMPORARY, uncertain=uncertain)
        self.timed_out = timed_out
        """Slack may still be processing the request: a search now proves nothing."""


class WebApi:
    """Calls methods of the Web API with a bot token, at one base URL."""

    def __init__(
        self, token: Secret, base_url: str, timeout: float = SLACK_TIMEOUT_SECONDS
    ) -> None:
        self._token = token
        self._base_url = base_url
        self._http = _Http(timeout)

    def call(
        self,
        method: str,
        arguments: Mapping[str, Any],
        *,
        channel: str = "",
        repeatable: bool = True,
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        """Call a method; return its answer and the headers. Arguments of ``None`` are left out.

        ``repeatable``: a second call has no second effect, so that a lost answer is repeated.
        ``channel`` is named in errors. Raises :class:`~auditor.notify.channel.DeliveryFailed`.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        headers = {"authorization": f"Bearer {self._token.reveal()}"}
        if method in JSON_METHODS:
            headers["content-type"] = "application/json; charset=utf-8"
            content: dict[str, Any] = {"content": msgspec.json.encode(given)}
        else:
            content = {"data": {name: _form_value(value) for name, value in given.items()}}
        url = self._base_url + method
        answer = self._http.post(
            url, method, channel, repeatable=repeatable, headers=headers, **content
        )
        return _read_answer(answer, method, channel, uncertain=not repeatable), answer.headers

    def upload(self, url: str, content: bytes, *, channel: str) -> None:
        """Send the bytes of a file to the address that ``files.getUploadURLExternal`` returned.

        The token is not sent. Addresses outside Slack are refused.
        """
        method = "files.upload"
        parts, base = urlsplit(url), urlsplit(self._base_url)
        same_origin = (parts.scheme, parts.netloc) == (base.scheme, base.netloc)
        slack_host = parts.scheme == "https" and (parts.hostname or "").endswith(SLACK_HOSTS)
        if not (same_origin or slack_host):
            message = explain("an upload address outside Slack", method, channel, fix=CHECK_ADDRESS)
            raise DeliveryFailed(message, FailureKind.TEMPORARY)
        answer = self._http.post(url, method, channel, repeatable=False, content=content)
        if answer.status != httpx.codes.OK:
            raise _unexpected_status(answer, method, channel)


class WebhookApi:
    """Posts to an incoming webhook."""

    METHOD = "the webhook"

    def __init__(self, url: Secret, timeout: float = SLACK_TIMEOUT_SECONDS) -> None:
        self._url = url
        self._http = _Http(timeout)

    def post(self, payload: Mapping[str, Any]) -> None:
        """Post a payload. Raises :class:`~auditor.notify.channel.DeliveryFailed`."""
        headers = {"content-type": "application/json; charset=utf-8"}
        content = msgspec.json.encode(payload)
        answer = self._http.post(
            self._url.reveal(), self.METHOD, "", repeatable=False, headers=headers, content=content
        )
        if answer.status == httpx.codes.OK:
            return
        # A webhook answers with the bare name of an error, not with JSON.
        name = error_name(answer.body.decode(errors="replace").strip())
        if name and answer.status < httpx.codes.INTERNAL_SERVER_ERROR:
            raise Refused(name, self.METHOD, "")
        if answer.status < httpx.codes.INTERNAL_SERVER_ERROR:
            raise _unexpected_status(answer, self.METHOD, "", kind=FailureKind.NEEDS_FIX)
        raise _unexpected_status(answer, self.METHOD, "", uncertain=True)


class _Http:
    """Sends requests: no redirect, bounded answers, short waits for rate limits."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    def post(
        self,
        url: str,
        method: str,
        channel: str,
        *,
        repeatable: bool,
        **request: Any,  # noqa: ANN401  (httpx's own)
    ) -> Answer:
        """Post; raise DeliveryFailed for a redirect, a rate limit or a lost answer."""
        waits = repeats = 0
        while True:
            try:
                answer = self._post_once(url, request)
            except (httpx.HTTPError, TimeoutError) as error:
                if repeatable and repeats < MAX_SLACK_RETRIES:
                    time.sleep(FIRST_RETRY_AFTER_SECONDS * 2**repeats)
                    repeats += 1
                    continue
                raise _no_answer(error, url, method, channel, writes=not repeatable) from error
            if answer.status == httpx.codes.TOO_MANY_REQUESTS:
                wait = read_retry_after(answer.headers, received_at=utc_now())
                if not _is_short(wait) or waits >= MAX_RATE_LIMIT_WAITS:
                    message = explain("ratelimited", method, channel)
                    raise DeliveryFailed(message, FailureKind.TEMPORARY, retry_after=wait)
                time.sleep(wait.total_seconds() if wait else 0.0)
                waits += 1
            elif repeatable and answer.status >= 500 and repeats < MAX_SLACK_RETRIES:  # noqa: PLR2004  (HTTP)
                time.sleep(FIRST_RETRY_AFTER_SECONDS * 2**repeats)
                repeats += 1
            elif 300 <= answer.status < 400:  # noqa: PLR2004  (HTTP)
                what = f"a redirect, never followed, with status {answer.status}"
                message = explain(what, method, channel, fix=CHECK_ADDRESS)
                raise DeliveryFailed(message, FailureKind.NEEDS_FIX)
            else:
                return answer

    def _post_once(self, url: str, request: dict[str, Any]) -> Answer:
        headers = {"user-agent": USER_AGENT, **request.get("headers", {})}
        return send_bounded("POST", url, timeout=self._timeout, **{**request, "headers": headers})


def _read_answer(answer: Answer, method: str, channel: str, *, uncertain: bool) -> dict[str, Any]:
    try:
        body = from_json(answer.body, object)
    except msgspec.DecodeError:
        body = None
    # Slack answers most errors with status 200, and names them in the body.
    if isinstance(body, dict):
        if body.get("ok") is True:
            return body
        if name := error_name(body.get("error")):
            raise Refused(name, method, channel)
    if answer.status != httpx.codes.OK:
        raise _unexpected_status(answer, method, channel, uncertain=uncertain)
    raise unexpected_answer(method, channel, uncertain=uncertain)


def unexpected_answer(method: str, channel: str, *, uncertain: bool = False) -> DeliveryFailed:
    """Return the error for an answer that does not have the documented form."""
    message = explain("an unexpected answer", method, channel, fix=CHECK_ADDRESS)
    return DeliveryFailed(message, FailureKind.TEMPORARY, uncertain=uncertain)


def _unexpected_status(
    answer: Answer,
    method: str,
    channel: str,
    *,
    kind: FailureKind = FailureKind.TEMPORARY,
    uncertain: bool = False,
) -> DeliveryFailed:
    is_server_error = answer.status >= httpx.codes.INTERNAL_SERVER_ERROR
    fix = NEXT_ATTEMPT if is_server_error else CHECK_ADDRESS
    message = explain(f"status {answer.status}", method, channel, fix=fix)
    return DeliveryFailed(message, kind, uncertain=uncertain)


def _no_answer(
    error: Exception, url: str, method: str, channel: str, *, writes: bool
) -> DeliveryFailed:
    message = explain(connection_error_message(error, url), method, channel, fix="")
    # Without a connection, no byte of the message was sent.
    never_sent = isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.PoolTimeout
    )
    timed_out = isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | TimeoutError)
    return NoAnswer(message, uncertain=writes and not never_sent, timed_out=timed_out)


def _is_short(wait: timedelta | None) -> bool:
    return wait is not None and wait <= timedelta(seconds=SLACK_TIMEOUT_SECONDS)


def _form_value(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
