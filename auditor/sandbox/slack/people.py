"""Users of the workspace, and what only one of them sees: modals and ephemeral messages."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class User:
    """A user, as `users.info` shows one. The field names are Slack's."""

    id: str
    real_name: str
    team_id: str
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False

    def shape(self) -> Json:
        """Shape the user as `users.info` does."""
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.real_name.lower().replace(" ", "."),
            "deleted": self.deleted,
            "real_name": self.real_name,
            "profile": {"real_name": self.real_name, "display_name": ""},
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            **({"is_stranger": True} if self.is_stranger else {}),
        }


@dataclass(slots=True)
class EphemeralMessage:
    """A message that one user sees."""

    ts: str
    channel_id: str
    user: str
    text: str
    blocks: list[Json]
    edits: int = 0


@dataclass(slots=True)
class View:
    """A modal that one user sees."""

    id: str
    user: str
    view: Json


@dataclass(slots=True)
class People:
    """The users and user groups, and what single users see."""

    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    """Id of a user group to the ids of its members."""
    ephemerals: list[EphemeralMessage] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    triggers: dict[str, str] = field(default_factory=dict)
    """A trigger that was not used yet, to the user who clicked."""
    response_urls: dict[str, EphemeralMessage | None] = field(default_factory=dict)
    """Path of a response URL to the ephemeral message of the click; `None`: a message of all."""
    responders: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Path of a response URL to the channel and the user of the click."""

    def seen_by(self, user: str) -> list[str]:
        """Return the texts of the ephemeral messages that a user sees."""
        return [each.text for each in self.ephemerals if each.user == user]
