"""A channel as a person reads it: roots with their replies beneath, edits applied. Pure."""

from collections.abc import Iterator, Mapping

from auditor.sandbox.slack.block_text import Reader
from auditor.sandbox.slack.records import Channel, Message

_REPLY_INDENT = "    "


def write_transcript(channel: Channel, names: Mapping[str, str]) -> str:
    """Write a channel from its oldest message to its newest."""
    reader = Reader(names)
    lines = [f"#{channel.name}"]
    for root in channel.roots():
        lines += ["", *_write_message(root, reader)]
        for reply in channel.replies(root.ts):
            lines += [f"{_REPLY_INDENT}{line}".rstrip() for line in _write_message(reply, reader)]
    return "\n".join(lines) + "\n"


def _write_message(message: Message, reader: Reader) -> Iterator[str]:
    sender = "webhook" if message.by_webhook else "auditor"
    edited = " (edited)" if message.edits else ""
    reactions = "".join(f" :{name}:" for name in message.reactions)
    yield f"[{message.sent_at:%Y-%m-%d %H:%M}] {sender}{edited}{reactions}"
    yield from (f"  {line}".rstrip() for line in reader.read(message.text, message.blocks))
    for file in message.files:
        yield f"  (file: {file.title or file.name}, {file.length:,} bytes)"
