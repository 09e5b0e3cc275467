"""The Web API's methods by name, with the scope that each needs."""

from collections.abc import Callable
from dataclasses import dataclass

from auditor.sandbox.slack.records import BOT_ID, BOT_USER, TEAM, WORKSPACE, Json
from auditor.sandbox.slack.web_methods import (
    conversations,
    interactivity,
    messages,
    uploads,
)
from auditor.sandbox.slack.web_methods.method_call import MethodCall, Refusal


@dataclass(frozen=True, slots=True)
class Method:
    """A method; its scope is the one for public channels."""

    run: Callable[[MethodCall], Json]
    scope: str | None = None

    def call(self, call: MethodCall) -> Json:
        """Run the method, if the scopes allow it."""
        needed = self.needed(call)
        if needed and needed not in call.scopes:
            provided = ",".join(sorted(call.scopes))
            raise Refusal(error="missing_scope", needed=needed, provided=provided)
        return self.run(call)

    def needed(self, call: MethodCall) -> str | None:
        """Name the scope that a call needs: another one where the channel is private."""
        channel = call.state.find_channel(call.argument("channel"))
        if self.scope and channel and channel.private:
            return self.scope.replace("channels:", "groups:")
        return self.scope


def _test_api(call: MethodCall) -> Json:
    if error := call.argument("error"):
        raise Refusal(error=error, args=call.arguments)
    return {"args": call.arguments}


def _test_auth(_: MethodCall) -> Json:
    return {
        "url": WORKSPACE,
        "team": "Sandbox",
        "user": "auditor",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


METHODS = {
    "api.test": Method(_test_api),
    "apps.connections.open": Method(interactivity.open_connection, "connections:write"),
    "auth.test": Method(_test_auth),
    # Slack's reference lists no scope for this method.
    "chat.getPermalink": Method(messages.get_permalink),
    "bots.info": Method(interactivity.show_bot, "users:read"),
    "chat.postEphemeral": Method(interactivity.post_ephemeral, "chat:write"),
    "chat.postMessage": Method(messages.post_message, "chat:write"),
    "chat.update": Method(messages.update_message, "chat:write"),
    "conversations.history": Method(conversations.read_history, "channels:history"),
    "conversations.info": Method(conversations.show_one_channel, "channels:read"),
    "conversations.list": Method(conversations.list_channels, "channels:read"),
    "conversations.replies": Method(conversations.read_replies, "channels:history"),
    "files.completeUploadExternal": Method(uploads.complete_upload, "files:write"),
    "files.getUploadURLExternal": Method(uploads.get_upload_url, "files:write"),
    "reactions.add": Method(messages.add_reaction, "reactions:write"),
    "usergroups.users.list": Method(interactivity.list_group_members, "usergroups:read"),
    "users.info": Method(interactivity.show_user, "users:read"),
    "views.open": Method(interactivity.open_view),
}
