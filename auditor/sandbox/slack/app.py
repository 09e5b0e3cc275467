"""Slack over HTTP: its doors, and the failures that were scripted for them."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from auditor.sandbox.faults.wire import hang_up
from auditor.sandbox.slack.records import Failure
from auditor.sandbox.slack.state import SlackState
from auditor.sandbox.slack.visit import Door, Visit
from auditor.sandbox.slack.web_api import visit_method
from auditor.sandbox.slack.webhooks import visit_hook, visit_upload, visit_webhook


def slack_app(state: SlackState) -> Starlette:
    """Serve a workspace: slack_sdk's `base_url` is `{origin}/api/`."""

    def open_door(path: str, door: Door) -> Route:
        return Route(path, _answer_with(state, door), methods=["POST"])

    return Starlette(
        routes=[
            open_door("/api/{method}", visit_method),
            open_door("/upload/v1/{file}", visit_upload),
            open_door("/services/{team}/{bot}/{secret}", visit_webhook),
            open_door("/hook/{name}", visit_hook),
        ]
    )


def _answer_with(state: SlackState, door: Door) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        visit = door(state, request, await request.body())
        state.calls.append(visit.call)
        failure = state.take_failure(visit.call.method)
        if failure is None:
            return visit.act()
        if not failure.before_effect:
            visit.act()
        return _fail(visit, failure)

    return answer


def _fail(visit: Visit, failure: Failure) -> Response:
    match failure.answer:
        case None:
            return _CutConnection()
        case int(status):
            response: Response = PlainTextResponse("", status)
        case str(error):
            response = visit.refuse(error)
    if failure.retry_after is not None:
        response.headers["retry-after"] = str(failure.retry_after)
    return response


class _CutConnection(Response):
    """No answer at all."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await hang_up(send)
