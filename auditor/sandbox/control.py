"""The control interface: run actions, list the requests, print the Slack messages."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from auditor.sandbox.actions.base import actions_of
from auditor.sandbox.answer import Answer
from auditor.sandbox.recorder import RecordedRequest
from auditor.sandbox.slack.state import SlackState
from auditor.sandbox.worlds.world import World


def control_app(
    world: World, recorded: Sequence[RecordedRequest], slack_state: SlackState
) -> Starlette:
    """Return the ASGI app; actions take their arguments as a JSON object."""
    actions = actions_of(world)

    async def index(_: Request) -> Response:
        described = {name: _description(call) for name, call in actions.items()}
        return Answer({"do": "POST /do/{action}", "actions": described}).response()

    async def act(request: Request) -> Response:
        call = actions.get(request.path_params["action"])
        if call is None:
            return Answer({"error": "no such action; GET / lists them"}, 404).response()
        try:
            arguments = await request.json() if await request.body() else {}
            call(**arguments)
        except (TypeError, ValueError, LookupError) as error:
            return Answer({"error": f"{type(error).__name__}: {error}"}, 400).response()
        return Answer({"done": request.path_params["action"]}).response()

    async def requests(_: Request) -> Response:
        return Answer([asdict(one) for one in recorded]).response()

    async def slack(_: Request) -> Response:
        return PlainTextResponse(slack_state.transcript())

    return Starlette(
        routes=[
            Route("/", index),
            Route("/do/{action}", act, methods=["POST"]),
            Route("/requests", requests),
            Route("/slack", slack),
        ]
    )


def _description(call: Callable[..., object]) -> dict[str, object]:
    text = inspect.getdoc(call) or ""
    return {"what": text.partition("\n")[0], "arguments": list(inspect.signature(call).parameters)}
