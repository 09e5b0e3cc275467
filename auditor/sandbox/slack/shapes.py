"""Channels, messages and files as the Web API shows them. Pure."""

from auditor.sandbox.slack.records import BOT_ID, BOT_USER, TEAM, Channel, File, Json, Message


def show_message(message: Message, channel: Channel, *, with_metadata: bool = True) -> Json:
    """Shape a message; what it does not have is absent."""
    shown: Json = {
        "type": "message",
        "user": BOT_USER,
        "bot_id": BOT_ID,
        "team": TEAM,
        "text": message.text,
        "ts": message.ts,
    }
    if message.by_webhook:
        shown["subtype"] = "bot_message"
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.edits:
        shown["edited"] = {"user": BOT_USER, "ts": message.ts}
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if replies := channel.replies(message.ts):
        shown |= {"reply_count": len(replies), "latest_reply": replies[-1].ts}
    if message.reactions:
        shown["reactions"] = [
            {"name": name, "users": [BOT_USER], "count": 1} for name in message.reactions
        ]
    if message.files:
        shown["files"] = [show_file(file) for file in message.files]
    if message.metadata and with_metadata:
        shown["metadata"] = message.metadata
    return shown


def show_file(file: File) -> Json:
    """Shape a file."""
    return {"id": file.id, "name": file.name, "title": file.title, "size": file.length}


def show_channel(channel: Channel) -> Json:
    """Shape a channel."""
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.private,
        "is_private": channel.private,
        "is_member": channel.joined,
        "is_archived": channel.archived,
    }
