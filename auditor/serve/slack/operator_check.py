"""Reads from Slack whether a user may act, and answers users. Refusals are logged."""

import structlog

from auditor.config.tables.notification_settings import SlackSettings
from auditor.errors import AuditorError
from auditor.notify.channel import DeliveryFailed
from auditor.notify.slack.blocks import Message, fallback, rich, run, section
from auditor.notify.slack.interaction.interaction_api import AppIdentity, InteractionApi
from auditor.notify.slack.interaction.operators import (
    ClickRefusal,
    SlackUser,
    click_refusal,
    groups_of,
)

_log = structlog.get_logger("auditor")


class OperatorCheck:
    """The users of one workspace, and the operators of one configuration."""

    def __init__(self, slack: SlackSettings, api: InteractionApi, identity: AppIdentity) -> None:
        self.api = api
        self.identity = identity
        self._operators = slack.operators

    def check(self, user_id: str) -> tuple[SlackUser | None, ClickRefusal | None]:
        """Return a user, and why the user may not act. A user who cannot be read may not act."""
        try:
            user = self.api.user(user_id)
        except DeliveryFailed as failure:
            _log.warning("slack_user_unreadable", error=str(failure))
            return None, ClickRefusal.USER_UNREADABLE
        listed = user_id in self._operators
        # A listed user may act even if a group cannot be read.
        members = {} if listed else {each: self._members(each) for each in self._groups}
        refusal = click_refusal(
            user, team_id=self.identity.team_id, operators=self._operators, members=members
        )
        return user, refusal

    def answer(self, channel_id: str, user_id: str, text: str) -> None:
        """Show a sentence to one user.

        A failure is only logged, because the action is already stored.
        """
        message = Message(text=fallback(text), blocks=[rich(section(run(text, 600)))])
        try:
            self.api.post_ephemeral(channel_id, user_id, message)
        except AuditorError as error:
            _log.warning("slack_answer_failed", error=str(error))

    @property
    def _groups(self) -> tuple[str, ...]:
        return groups_of(self._operators)

    def _members(self, group: str) -> frozenset[str] | None:
        try:
            return self.api.members(group)
        except DeliveryFailed as failure:
            _log.warning("slack_group_unreadable", group=group, error=str(failure))
            return None


def log_refusal(kind: str, user_id: str, reason: str) -> None:
    """Log a refused click."""
    _log.warning("click_refused", action=kind, user=user_id, reason=reason)
