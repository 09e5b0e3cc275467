"""Slack over HTTP: its endpoints, and the failures that were scripted for them."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from auditor.sandbox.faults.wire import hang_up
from auditor.sandbox.slack.parsed_request import ParsedRequest, RequestParser
from auditor.sandbox.slack.records import Failure
from auditor.sandbox.slack.state import SlackState
from auditor.sandbox.slack.web_api import parse_method_call
from auditor.sandbox.slack.webhooks import (
    parse_other_webhook,
    parse_response,
    parse_upload,
    parse_webhook,
)


def slack_app(state: SlackState) -> Starlette:
    """Serve a workspace: slack_sdk's `base_url` is `{origin}/api/`."""

    def route(path: str, parse: RequestParser) -> Route:
        return Route(path, _answer_with(state, parse), methods=["POST"])

    return Starlette(
        routes=[
            route("/api/{method}", parse_method_call),
            route("/upload/v1/{file}", parse_upload),
            route("/services/{team}/{bot}/{secret}", parse_webhook),
            route("/hook/{name}", parse_other_webhook),
            route("/actions/{team}/{id}/{secret}", parse_response),
            WebSocketRoute("/link/", state.socket_mode.serve),
        ]
    )


def _answer_with(
    state: SlackState, parse: RequestParser
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        parsed = parse(state, request, await request.body())
        # A call that fails is recorded too, so that tests can count the attempts.
        state.calls.append(parsed.call)
        failure = state.take_failure(parsed.call.method)
        if failure is None:
            return parsed.act()
        # Only the answer is lost: a client that sends again must not post twice.
        if not failure.before_effect:
            parsed.act()
        return _fail(parsed, failure)

    return answer


def _fail(parsed: ParsedRequest, failure: Failure) -> Response:
    match failure.answer:
        case None:
            return _CutConnection()
        case int(status):
            response: Response = PlainTextResponse("", status)
        case str(error):
            response = parsed.refuse(error)
    if failure.retry_after is not None:
        response.headers["retry-after"] = str(failure.retry_after)
    return response


class _CutConnection(Response):
    """No answer at all."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await hang_up(send)
