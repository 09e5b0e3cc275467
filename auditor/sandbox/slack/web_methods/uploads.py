"""The methods that upload files."""

from dataclasses import replace

from auditor.sandbox.slack.records import File, Json
from auditor.sandbox.slack.shapes import show_file
from auditor.sandbox.slack.web_methods.messages import post
from auditor.sandbox.slack.web_methods.method_call import MethodCall, Refusal


def get_upload_url(call: MethodCall) -> Json:
    """files.getUploadURLExternal."""
    length = int(call.argument("length") or 0)
    if not call.argument("filename") or length < 1:
        raise Refusal(error="invalid_arguments")
    file = call.state.add_file(call.argument("filename"), length)
    return {"upload_url": f"{call.origin}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(call: MethodCall) -> Json:
    """files.completeUploadExternal: Slack shares a moment later, this one at once."""
    files = tuple(_find_uploaded(call, named) for named in call.arguments.get("files") or ())
    if not files:
        raise Refusal(error="invalid_arguments")
    if channel_id := call.argument("channel_id"):
        comment = call.argument("initial_comment")
        arguments = {
            "channel": channel_id,
            "text": comment,
            "thread_ts": call.argument("thread_ts"),
        }
        sharing = replace(call, arguments=arguments)
        post(sharing, sharing.channel(), files=files)
    return {"files": [show_file(file) for file in files]}


def _find_uploaded(call: MethodCall, named: Json) -> File:
    file = call.state.files.get(named["id"])
    if file is None or file.content is None:
        raise Refusal(error="file_not_found")
    file.title = named.get("title") or file.name
    return file
