"""The methods that read channels."""

from decimal import Decimal

from auditor.sandbox.slack.records import Channel, Json, Message
from auditor.sandbox.slack.shapes import show_channel, show_message
from auditor.sandbox.slack.web_methods.method_call import MethodCall, Refusal


def list_channels(call: MethodCall) -> Json:
    """conversations.list: private channels only where the bot is a member."""
    kinds = (call.argument("types") or "public_channel").split(",")
    channels = call.state.channels.values()
    public = [channel for channel in channels if not channel.private]
    private = [channel for channel in channels if channel.private and channel.joined]
    seen = public * ("public_channel" in kinds) + private * ("private_channel" in kinds)
    shown = [show_channel(channel) for channel in seen]
    return {"channels": shown, "response_metadata": {"next_cursor": ""}}


def show_one_channel(call: MethodCall) -> Json:
    """conversations.info."""
    return {"channel": show_channel(call.channel())}


def read_history(call: MethodCall) -> Json:
    """conversations.history: newest first, without the replies in threads."""
    channel = _readable_channel(call)
    seen = [m for m in channel.messages.values() if not m.is_reply or m.broadcast]
    return _cut_page(call, channel, seen[::-1], default=100)


def read_replies(call: MethodCall) -> Json:
    """conversations.replies: the root, then its replies, oldest first."""
    channel = _readable_channel(call)
    root = channel.messages.get(call.argument("ts"))
    if root is None:
        raise Refusal(error="thread_not_found")
    return _cut_page(call, channel, [root, *channel.replies(root.ts)], default=1000)


def _readable_channel(call: MethodCall) -> Channel:
    channel = call.channel()
    if not channel.joined:
        raise Refusal(error="not_in_channel")
    return channel


def _cut_page(call: MethodCall, channel: Channel, messages: list[Message], *, default: int) -> Json:
    """Cut out what lies between `oldest` and `latest`, at most `limit` from `cursor` on."""
    # Decimal, because a float loses the last digits of a timestamp.
    oldest = Decimal(call.argument("oldest") or 0)
    latest = Decimal(call.argument("latest") or "inf")
    ends = {oldest, latest} if call.affirms("inclusive") else set()
    within = [m for m in messages if oldest < Decimal(m.ts) < latest or Decimal(m.ts) in ends]
    start, limit = int(call.argument("cursor") or 0), int(call.argument("limit") or default)
    more = start + limit < len(within)
    return {
        "messages": [
            show_message(m, channel, with_metadata=call.affirms("include_all_metadata"))
            for m in within[start : start + limit]
        ],
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }
