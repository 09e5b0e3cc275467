"""The entry of the Web API: tokens, arguments from JSON or forms, answers with `ok`."""

import json
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auditor.sandbox.slack.parsed_request import ParsedRequest
from auditor.sandbox.slack.records import Call, Json
from auditor.sandbox.slack.state import SlackState
from auditor.sandbox.slack.web_methods.method_call import MethodCall, Refusal
from auditor.sandbox.slack.web_methods.method_table import METHODS

# In a form, Slack takes these arguments as JSON.
_JSON_IN_FORMS = ("attachments", "blocks", "files", "metadata", "view")


def parse_method_call(state: SlackState, request: Request, body: bytes) -> ParsedRequest:
    """Take a POST to `/api/{method}`; the token is not stored."""
    name, arguments = request.path_params["method"], _read_arguments(request, body)
    in_form = str(arguments.pop("token", ""))
    token = request.headers.get("authorization", "").removeprefix("Bearer ") or in_form
    scopes = frozenset(state.tokens.get(token, ()))
    call = MethodCall(state, arguments, scopes, str(request.base_url).rstrip("/"))
    return ParsedRequest(Call(name, arguments), lambda: _answer(name, call, token), _refuse)


def _read_arguments(request: Request, body: bytes) -> Json:
    """Read JSON, or a form whose lists and objects are JSON within."""
    if request.headers.get("content-type", "").startswith("application/json"):
        arguments = json.loads(body or b"{}")
        return arguments if isinstance(arguments, dict) else {}
    form: Json = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return form | {name: json.loads(form[name]) for name in _JSON_IN_FORMS if name in form}


def _answer(name: str, call: MethodCall, token: str) -> Response:
    if name not in METHODS:
        return _refuse("unknown_method", req_method=name)
    if token not in call.state.tokens and name != "api.test":
        return _refuse("invalid_auth" if token else "not_authed")
    method = METHODS[name]
    try:
        response: Response = JSONResponse({"ok": True, **method.call(call)})
    except Refusal as refusal:
        response = _refuse(refusal.error, **refusal.more)
    response.headers["x-oauth-scopes"] = ",".join(sorted(call.scopes))
    response.headers["x-accepted-oauth-scopes"] = method.needed(call) or ""
    return response


def _refuse(error: str, **more: object) -> Response:
    status = 429 if error == "ratelimited" else 200
    return JSONResponse({"ok": False, "error": error, **more}, status)
