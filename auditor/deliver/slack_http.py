"""How Slack is asked: with patience, without a word in logs, and with errors in our own words."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from auditor.deliver.channel import Fate, Untold
from auditor.deliver.slack_errors import Refused, explain, name_of
from auditor.deliver.waits import wait_of

TIMEOUT = 15
"""Seconds."""

QUIET = logging.getLogger("auditor.slack_sdk")
"""Says nothing: the SDK would log bodies and addresses of what it also raises."""

QUIET.setLevel(logging.CRITICAL + 1)


class ShortWaits(RateLimitErrorRetryHandler):
    """Waits as long as Slack asks, unless it asks for more than a run can give."""

    def _can_retry(self, *, response: Any = None, **more: Any) -> bool:  # noqa: ANN401
        headers = {name: values[0] for name, values in response.headers.items()} if response else {}
        wait = wait_of(headers)
        short = wait is not None and wait <= timedelta(seconds=TIMEOUT)
        return short and super()._can_retry(response=response, **more)


@contextmanager
def explained(method: str, channel: str, *, writes: bool = False) -> Iterator[None]:
    """Turn what goes wrong into :class:`Untold`; ``writes``: doing it again may do it twice."""
    try:
        yield
    except SlackApiError as error:
        answer = error.response
        name = name_of(answer.get("error"))
        if answer.status_code == 429:  # noqa: PLR2004
            wait = wait_of(answer.headers)
            raise Untold(explain("ratelimited", method, channel), Fate.LATER, wait=wait) from error
        if not name:
            what = f"status {answer.status_code}"
            raise Untold(explain(what, method, channel), Fate.LATER, in_doubt=writes) from error
        raise Refused(name, method, channel) from error
    except (URLError, HTTPException, OSError, SlackClientError) as error:
        cause = error.reason if isinstance(error, URLError) else error
        what = f"no answer ({type(cause).__name__})"
        in_doubt = writes and was_sent(error)
        raise Untold(explain(what, method, channel), Fate.LATER, in_doubt=in_doubt) from error


def was_sent(error: Exception) -> bool:
    """Tell whether a request may have arrived although no answer did."""
    cause = error.reason if isinstance(error, URLError) else error
    return not isinstance(cause, ConnectionRefusedError | socket.gaierror)
