"""The methods that upload files."""

from dataclasses import replace

from auditor.sandbox.slack.messages import post
from auditor.sandbox.slack.records import File, Json
from auditor.sandbox.slack.shapes import show_file
from auditor.sandbox.slack.turn import Refusal, Turn


def get_upload_url(turn: Turn) -> Json:
    """files.getUploadURLExternal."""
    length = int(turn.argument("length") or 0)
    if not turn.argument("filename") or length < 1:
        raise Refusal(error="invalid_arguments")
    file = turn.state.add_file(turn.argument("filename"), length)
    return {"upload_url": f"{turn.origin}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(turn: Turn) -> Json:
    """files.completeUploadExternal: Slack shares a moment later, this one at once."""
    files = tuple(_find_uploaded(turn, named) for named in turn.arguments.get("files") or ())
    if not files:
        raise Refusal(error="invalid_arguments")
    if channel_id := turn.argument("channel_id"):
        comment = turn.argument("initial_comment")
        arguments = {
            "channel": channel_id,
            "text": comment,
            "thread_ts": turn.argument("thread_ts"),
        }
        sharing = replace(turn, arguments=arguments)
        post(sharing, sharing.channel(), files=files)
    return {"files": [show_file(file) for file in files]}


def _find_uploaded(turn: Turn, named: Json) -> File:
    file = turn.state.files.get(named["id"])
    if file is None or file.content is None:
        raise Refusal(error="file_not_found")
    file.title = named.get("title") or file.name
    return file
