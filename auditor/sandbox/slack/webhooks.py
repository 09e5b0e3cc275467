"""The endpoints without a token: incoming webhooks, file uploads, other webhooks."""

import json

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from auditor.sandbox.slack.parsed_request import ParsedRequest, refuse_in_text
from auditor.sandbox.slack.people import EphemeralMessage
from auditor.sandbox.slack.records import Call, Delivery, Json
from auditor.sandbox.slack.state import SlackState
from auditor.sandbox.slack.web_methods.messages import check_content
from auditor.sandbox.slack.web_methods.method_call import Refusal


def parse_webhook(state: SlackState, request: Request, body: bytes) -> ParsedRequest:
    """Take a POST to `/services/T…/B…/…`."""
    path, payload = request.url.path, _read_payload(body)

    def act() -> Response:
        try:
            _post(state, path, payload)
        except Refusal as refusal:
            return refuse_in_text(refusal.error)
        return PlainTextResponse("ok")

    return ParsedRequest(Call("webhook", payload or {}), act, refuse_in_text)


def parse_upload(state: SlackState, request: Request, body: bytes) -> ParsedRequest:
    """Take a POST to `/upload/v1/{file}`: the raw bytes, as many as were announced."""
    file = state.files.get(request.path_params["file"])

    def act() -> Response:
        if file is None or len(body) != file.length:
            return refuse_in_text("invalid_upload")
        file.content = body
        return PlainTextResponse(f"OK - {len(body)}")

    return ParsedRequest(Call("upload", dict(request.path_params)), act, refuse_in_text)


def parse_other_webhook(state: SlackState, request: Request, body: bytes) -> ParsedRequest:
    """Take a POST to `/hook/{name}`, with any body."""
    delivery = Delivery(dict(request.headers), body)

    def act() -> Response:
        state.deliveries.setdefault(request.path_params["name"], []).append(delivery)
        return Response(status_code=204)

    return ParsedRequest(Call("hook", dict(request.path_params)), act, refuse_in_text)


def parse_response(state: SlackState, request: Request, body: bytes) -> ParsedRequest:
    """Take a POST to a response URL: it replaces an ephemeral message, or adds one."""
    path, payload = request.url.path, _read_payload(body) or {}

    def act() -> Response:
        people = state.people
        if path not in people.response_urls:
            return refuse_in_text("expired_url")
        text, blocks = str(payload.get("text") or ""), payload.get("blocks") or []
        try:
            check_content(text, blocks)
        except Refusal as refusal:
            return refuse_in_text(refusal.error)
        shown = people.response_urls[path]
        if payload.get("replace_original") and shown is not None:
            shown.text, shown.blocks = text, blocks
            shown.edits += 1
        else:
            channel, user = people.responders[path]
            people.ephemerals.append(EphemeralMessage(state.next_ts(), channel, user, text, blocks))
        return PlainTextResponse("ok")

    return ParsedRequest(Call("response_url", payload), act, refuse_in_text)


def _read_payload(body: bytes) -> Json | None:
    try:
        payload = json.loads(body)
    except ValueError:
        return None
    return payload if isinstance(payload, dict) else None


def _post(state: SlackState, path: str, payload: Json | None) -> None:
    channel = state.channels.get(state.webhooks.get(path, ""))
    if channel is None:
        raise Refusal(error="no_service")
    if payload is None:
        raise Refusal(error="invalid_payload")
    text, blocks = str(payload.get("text") or ""), payload.get("blocks") or []
    check_content(text, blocks)
    if channel.archived:
        raise Refusal(error="channel_is_archived")
    thread_ts = payload.get("thread_ts")
    if thread_ts and thread_ts not in channel.messages:
        raise Refusal(error="thread_not_found")
    state.post(channel, text, blocks, thread_ts=thread_ts, by_webhook=True)
