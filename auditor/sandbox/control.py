"""The control interface: run actions, list the requests, print the Slack messages."""

import inspect
import json
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

_USAGE = (
    "POST /do/{action} with its arguments as a JSON object; "
    '"who" is a login, an email or an id, "by" is the person who does it'
)


def control_app(
    world: World, recorded: Sequence[RecordedRequest], slack_state: SlackState
) -> Starlette:
    """Return the ASGI app; actions take their arguments as a JSON object."""
    actions = actions_of(world)

    async def index(_: Request) -> Response:
        described = {name: _description(call) for name, call in actions.items()}
        return Answer({"do": _USAGE, "actions": described}).response()

    async def act(request: Request) -> Response:
        name = request.path_params["action"]
        call = actions.get(name)
        if call is None:
            unknown = f'no such action "{name}" (GET / lists the actions)'
            return Answer({"error": unknown}, 404).response()
        try:
            arguments = _arguments(await request.body())
            # Before the call, so that a wrong argument changes nothing.
            inspect.signature(call).bind(**arguments)
            call(**arguments)
        except (TypeError, ValueError, LookupError) as error:
            return Answer({"error": f"{name}: {_reason(call, error)}"}, 400).response()
        return Answer({"done": name}).response()

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


def _arguments(body: bytes) -> dict[str, object]:
    """Return the arguments in a body. Raises ValueError when it is no JSON object."""
    try:
        arguments = json.loads(body or b"{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        msg = "the body is not a JSON object"
        raise ValueError(msg)  # noqa: TRY004  (a list is as wrong as text that is not JSON)
    return arguments


def _reason(call: Callable[..., object], error: Exception) -> str:
    """Return why an action was not done, with the arguments that it takes."""
    reason = f"there is no {error}" if isinstance(error, LookupError) else f"{error}"
    names = ", ".join(inspect.signature(call).parameters) or "none"
    return f"{reason} (arguments, as a JSON object: {names})"


def _description(call: Callable[..., object]) -> dict[str, object]:
    text = inspect.getdoc(call) or ""
    return {"what": text.partition("\n")[0], "arguments": list(inspect.signature(call).parameters)}
