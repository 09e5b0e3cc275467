"""The methods that write messages."""

from auditor.sandbox.slack.blocks import MAX_TOTAL_TEXT, count_text, find_complaints
from auditor.sandbox.slack.records import WORKSPACE, Channel, File, Json, Message
from auditor.sandbox.slack.shapes import show_message
from auditor.sandbox.slack.web_methods.method_call import MethodCall, Refusal

_MAX_TEXT = 40_000


def check_content(text: str, blocks: object, files: tuple[File, ...] = ()) -> None:
    """Refuse a message that Slack would not show."""
    if not (text or blocks or files):
        raise Refusal(error="no_text")
    if len(text) > _MAX_TEXT:
        raise Refusal(error="msg_too_long")
    if complaints := find_complaints(blocks):
        raise Refusal(error="invalid_blocks", response_metadata={"messages": complaints})
    if count_text(blocks) > MAX_TOTAL_TEXT:
        raise Refusal(error="msg_blocks_too_long")


def post(call: MethodCall, channel: Channel, *, files: tuple[File, ...] = ()) -> Message:
    """Post the message of a call into a channel."""
    blocks = call.arguments.get("blocks") or []
    check_content(call.argument("text"), blocks, files)
    if channel.archived:
        raise Refusal(error="is_archived")
    if not channel.joined and "chat:write.public" not in call.scopes:
        raise Refusal(error="not_in_channel")
    thread_ts = call.argument("thread_ts") or None
    if thread_ts and thread_ts not in channel.messages:
        raise Refusal(error="thread_not_found")
    return call.state.post(
        channel,
        call.argument("text"),
        blocks,
        thread_ts=thread_ts,
        broadcast=call.affirms("reply_broadcast"),
        metadata=_metadata_of(call),
        files=files,
    )


def post_message(call: MethodCall) -> Json:
    """chat.postMessage."""
    channel = call.channel()
    message = post(call, channel)
    return {"channel": channel.id, "ts": message.ts, "message": show_message(message, channel)}


def update_message(call: MethodCall) -> Json:
    """chat.update: a text without blocks takes the blocks away; metadata stays unless given."""
    channel = call.channel()
    # chat.update takes the id of a channel, not its name.
    if call.argument("channel") != channel.id:
        raise Refusal(error="channel_not_found")
    message = call.message(channel, "ts")
    # A bot cannot edit the message of a webhook.
    if message.by_webhook:
        raise Refusal(error="cant_update_message")
    text, kept = (
        (call.argument("text"), []) if "text" in call.arguments else (message.text, message.blocks)
    )
    blocks = call.arguments.get("blocks", kept)
    check_content(text, blocks, message.files)
    if "metadata" in call.arguments:
        message.metadata = _metadata_of(call)
    message.text, message.blocks = text, blocks
    message.edits += 1
    shown = show_message(message, channel)
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": shown}


def get_permalink(call: MethodCall) -> Json:
    """chat.getPermalink."""
    channel = call.channel()
    message = call.message(channel, "message_ts")
    link = f"{WORKSPACE}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def add_reaction(call: MethodCall) -> Json:
    """reactions.add."""
    message = call.message(call.channel(), "timestamp")
    name = call.argument("name").strip(":")
    if not name:
        raise Refusal(error="invalid_name")
    if name in message.reactions:
        raise Refusal(error="already_reacted")
    message.reactions.append(name)
    return {}


def _metadata_of(call: MethodCall) -> Json | None:
    metadata: Json = call.arguments.get("metadata") or {}
    if metadata and not {"event_type", "event_payload"} <= metadata.keys():
        raise Refusal(error="invalid_metadata_format")
    return metadata or None
