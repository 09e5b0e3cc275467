"""One request to Slack: its arguments, its effect, and its refusal."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from auditor.sandbox.slack.records import Call
from auditor.sandbox.slack.state import SlackState

_STATUS = {
    "action_prohibited": 403,
    "channel_is_archived": 410,
    "channel_not_found": 404,
    "invalid_token": 403,
    "no_service": 404,
    "no_team": 404,
    "ratelimited": 429,
    "rollup_error": 500,
}
"""HTTP status of each error, by Slack's changelog of 2016-05-17. All other errors have 400."""


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """A request that was parsed; it has no effect before `act` is called."""

    call: Call
    act: Callable[[], Response]
    refuse: Callable[[str], Response]
    """Returns an error in the format of this endpoint."""


RequestParser = Callable[[SlackState, Request, bytes], ParsedRequest]


def refuse_in_text(error: str) -> Response:
    """Word an error as webhooks do: a status, and its name as plain text."""
    return PlainTextResponse(error, _STATUS.get(error, 400))
