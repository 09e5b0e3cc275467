"""How Slack is asked: patiently, at its own address only, with errors in our own words.

The SDK follows redirects and takes the token along, to any host; and it knows neither NO_PROXY nor
the authorities that the rest of the auditor trusts. So its requests are opened here.
"""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.webhook import WebhookClient, WebhookResponse

from auditor.clock import utc_now
from auditor.net.connection_errors import connection_error_message
from auditor.net.retry_after import read_retry_after
from auditor.notify.channel import DeliveryFailed, FailureKind
from auditor.notify.slack.api_errors import Refused, error_name, explain

TIMEOUT = 15
"""Seconds."""

QUIET = logging.getLogger("auditor.slack_sdk")
"""Says nothing: the SDK would log bodies and addresses of what it also raises."""

QUIET.setLevel(logging.CRITICAL + 1)


class _Staying(HTTPRedirectHandler):
    """Follows no redirect: its status is an answer like any other."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401  (urllib's own)
        """Name no other address to ask."""


class Staying(WebClient):
    """The Web API, at the address that was configured."""

    def _perform_urllib_http_request_internal(
        self,
        url: str,  # noqa: ARG002  (the request has it)
        req: Request,
    ) -> dict[str, Any]:
        status, headers, body = _open(req, self)
        return {"status": status, "headers": headers, "body": body}


class StayingHook(WebhookClient):
    """An incoming webhook, at the address that was configured."""

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        status, headers, body = _open(req, self)
        return WebhookResponse(url=url, status_code=status, body=body, headers=headers)


class NoAnswer(URLError):  # noqa: N818  (it reads as what happened)
    """Nothing came back, or not all of it; of the kind that the SDK knows how to take."""

    def __init__(self, error: Exception, url: str) -> None:
        self.cause = error.reason if isinstance(error, URLError) else error
        super().__init__(self.cause)
        self.why = connection_error_message(error, url)

    @property
    def may_have_arrived(self) -> bool:
        """Tell whether the request may have arrived although no answer did."""
        return not isinstance(self.cause, ConnectionRefusedError | socket.gaierror)


def _open(request: Request, client: WebClient | WebhookClient) -> tuple[int, dict[str, str], str]:
    """Send a request; return status, headers and body. Raises HTTPError, or NoAnswer."""
    opener = build_opener(_Staying, HTTPSHandler(context=client.ssl))
    try:
        with opener.open(request, timeout=client.timeout) as answer:
            return answer.status, dict(answer.headers), answer.read().decode(errors="replace")
    except HTTPError:  # a status like any other: the SDK reads it
        raise
    except (OSError, HTTPException) as error:
        raise NoAnswer(error, request.full_url) from error


class ShortWaits(RateLimitErrorRetryHandler):
    """Waits as long as Slack asks, unless it asks for more than a run can give."""

    def _can_retry(self, *, response: Any = None, **more: Any) -> bool:  # noqa: ANN401  (slack-sdk's own)
        headers = {name: values[0] for name, values in response.headers.items()} if response else {}
        wait = read_retry_after(headers, received_at=utc_now())
        short = wait is not None and wait <= timedelta(seconds=TIMEOUT)
        return short and super()._can_retry(response=response, **more)


@contextmanager
def translated_errors(method: str, channel: str, *, writes: bool = False) -> Iterator[None]:
    """Turn what goes wrong into :class:`Untold`; ``writes``: doing it again may do it twice."""
    try:
        yield
    except SlackApiError as error:
        answer = error.response
        name = error_name(answer.get("error"))
        if answer.status_code == 429:  # noqa: PLR2004  (HTTP)
            wait = read_retry_after(answer.headers, received_at=utc_now())
            raise DeliveryFailed(
                explain("ratelimited", method, channel), FailureKind.TEMPORARY, wait=wait
            ) from error
        demand_no_redirect(answer.status_code, method, channel)
        if not name:
            what = f"status {answer.status_code}"
            raise DeliveryFailed(
                explain(what, method, channel), FailureKind.TEMPORARY, uncertain=writes
            ) from error
        raise Refused(name, method, channel) from error
    except NoAnswer as error:
        uncertain = writes and error.may_have_arrived
        raise DeliveryFailed(
            explain(error.why, method, channel), FailureKind.TEMPORARY, uncertain=uncertain
        ) from error
    except SlackClientError as error:
        what = f"an odd answer ({type(error).__name__})"
        raise DeliveryFailed(
            explain(what, method, channel), FailureKind.TEMPORARY, uncertain=writes
        ) from error


def demand_no_redirect(status: int, method: str, channel: str) -> None:
    """Raise :class:`Untold` where Slack, or who stands for it, sends us elsewhere."""
    if 300 <= status < 400:  # noqa: PLR2004  (HTTP)
        what = f"a redirect, never followed (status {status})"
        raise DeliveryFailed(explain(what, method, channel), FailureKind.NEEDS_FIX)


def may_still_arrive(failure: DeliveryFailed) -> bool:
    """Tell whether it was given up while the other side was perhaps at it: a time-out."""
    no_answer = failure.__cause__
    return isinstance(no_answer, NoAnswer) and isinstance(no_answer.cause, TimeoutError)
