"""Who may act on incidents in Slack. Pure: the caller reads the user and the user groups."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import assert_never

from msgspec import Struct


class SlackUser(Struct, frozen=True, kw_only=True):
    """A user, as ``users.info`` shows one."""

    id: str
    name: str
    team_id: str
    is_bot: bool = False
    is_guest: bool = False
    """A guest of one or of several channels."""

    is_stranger: bool = False
    """A user of another workspace, in a shared channel."""

    is_deactivated: bool = False


class ClickRefusal(StrEnum):
    """Why a click is refused."""

    USER_UNREADABLE = "user_unreadable"
    OTHER_TEAM = "other_team"
    BOT = "bot"
    GUEST = "guest"
    DEACTIVATED = "deactivated"
    GROUP_UNREADABLE = "group_unreadable"
    NOT_AN_OPERATOR = "not_an_operator"


def groups_of(operators: Collection[str]) -> tuple[str, ...]:
    """Return the ids of the user groups among the operators."""
    return tuple(each for each in operators if each.startswith("S"))


def click_refusal(
    user: SlackUser | None,
    *,
    team_id: str,
    operators: Collection[str],
    members: Mapping[str, frozenset[str] | None],
) -> ClickRefusal | None:
    """Return why the click of a user is refused; ``None``: the user is an operator.

    ``user`` is ``None`` when the user could not be read. ``members`` maps each user group among
    the operators to the ids of its users; ``None``: the group could not be read.
    """
    if user is None:
        return ClickRefusal.USER_UNREADABLE
    if user.is_stranger or user.team_id != team_id:
        return ClickRefusal.OTHER_TEAM
    for applies, refusal in (
        (user.is_bot, ClickRefusal.BOT),
        (user.is_guest, ClickRefusal.GUEST),
        (user.is_deactivated, ClickRefusal.DEACTIVATED),
    ):
        if applies:
            return refusal
    groups = [members.get(each) for each in groups_of(operators)]
    if user.id in operators or any(user.id in group for group in groups if group is not None):
        return None
    # The user can be in a group that could not be read, so this is no final refusal.
    is_readable = all(group is not None for group in groups)
    return ClickRefusal.NOT_AN_OPERATOR if is_readable else ClickRefusal.GROUP_UNREADABLE


def click_refusal_text(refusal: ClickRefusal) -> str:  # noqa: PLR0911  (a table of cases)
    """Return a refusal in words, with what to do."""
    match refusal:
        case ClickRefusal.USER_UNREADABLE:
            return "The auditor cannot read your Slack user. Nothing was done. Try again later."
        case ClickRefusal.OTHER_TEAM:
            return "Users of another workspace cannot act on incidents."
        case ClickRefusal.BOT:
            return "Bots cannot act on incidents."
        case ClickRefusal.GUEST:
            return "Guests cannot act on incidents."
        case ClickRefusal.DEACTIVATED:
            return "A deactivated user cannot act on incidents."
        case ClickRefusal.GROUP_UNREADABLE:
            return (
                "The auditor cannot read a user group in slack.operators. Nothing was done. "
                "`auditor doctor` lists missing scopes."
            )
        case ClickRefusal.NOT_AN_OPERATOR:
            return "You are not an operator. Ask an administrator to add you to slack.operators."
        case _:
            assert_never(refusal)
