"""The methods that interactivity needs: users, modals, ephemeral messages, Socket Mode."""

from auditor.sandbox.slack.people import EphemeralMessage, View
from auditor.sandbox.slack.records import BOT_ID, Json
from auditor.sandbox.slack.web_methods.messages import check_content
from auditor.sandbox.slack.web_methods.method_call import MethodCall, Refusal

_MAX_TITLE = 24
_MAX_PRIVATE_METADATA = 3000


def open_connection(call: MethodCall) -> Json:
    """apps.connections.open: an address that opens one WebSocket."""
    origin = call.origin.replace("http", "ws", 1)
    return {"url": f"{origin}/link/?ticket={call.state.socket_mode.issue_ticket()}"}


def show_user(call: MethodCall) -> Json:
    """users.info."""
    user = call.state.people.users.get(call.argument("user"))
    if user is None:
        raise Refusal(error="user_not_found")
    return {"user": user.shape()}


def list_group_members(call: MethodCall) -> Json:
    """usergroups.users.list."""
    members = call.state.people.groups.get(call.argument("usergroup"))
    if members is None:
        raise Refusal(error="no_such_subteam")
    return {"users": members}


def show_bot(call: MethodCall) -> Json:
    """bots.info, which names the app."""
    if call.argument("bot") != BOT_ID:
        raise Refusal(error="bot_not_found")
    bot = {"id": BOT_ID, "name": "auditor", "app_id": call.state.bot_app_id, "deleted": False}
    return {"bot": bot}


def post_ephemeral(call: MethodCall) -> Json:
    """chat.postEphemeral."""
    channel = call.channel()
    blocks = call.arguments.get("blocks") or []
    check_content(call.argument("text"), blocks)
    message = EphemeralMessage(
        call.state.next_ts(), channel.id, call.argument("user"), call.argument("text"), blocks
    )
    call.state.people.ephemerals.append(message)
    return {"message_ts": message.ts}


def open_view(call: MethodCall) -> Json:
    """views.open: a trigger opens one modal."""
    people = call.state.people
    user = people.triggers.pop(call.argument("trigger_id"), None)
    if user is None:
        raise Refusal(error="exchanged_trigger_id")
    view = call.arguments.get("view")
    if not isinstance(view, dict) or view.get("type") != "modal" or not view.get("blocks"):
        raise Refusal(error="invalid_arguments")
    title = view.get("title", {}).get("text", "")
    metadata = view.get("private_metadata", "")
    if not 0 < len(title) <= _MAX_TITLE or len(metadata) > _MAX_PRIVATE_METADATA:
        raise Refusal(error="invalid_arguments")
    check_content("", view["blocks"])
    opened = View(f"V{call.state.next_ts()}", user, view)
    people.views.append(opened)
    return {"view": {**view, "id": opened.id}}
