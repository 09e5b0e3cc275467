"""Somebody assigned in Okta, and who they are in Unleash. Pure."""

from enum import StrEnum

from msgspec import Struct

from auditor.world.okta import Assignment
from auditor.world.unleash import User


class Link(StrEnum):
    """What ties an assignment to an account."""

    SCIM_ID = "SCIM id"
    EMAIL = "mapped email"
    LOGIN = "login"
    USERNAME = "application username"


class Person(Struct, frozen=True, kw_only=True, gc=False):
    """An assignment and the account in Unleash that belongs to it, if there is one."""

    okta: Assignment
    account: User | None = None
    basis: Link | None = None
    candidates: tuple[User, ...] = ()
    """Accounts that would fit, when they cannot be told apart; then ``account`` is ``None``."""

    also: tuple[User, ...] = ()
    """Nobody's accounts that carry this person's email, login or username, and no one else's."""

    @property
    def is_ambiguous(self) -> bool:
        """Tell whether it could not be said which account is theirs."""
        return bool(self.candidates)

    @property
    def puzzle(self) -> str:
        """Say why it is ambiguous: ``Ada cannot be told apart by login: user 4, user 7``."""
        found = ", ".join(f"user {each.id}" for each in self.candidates)
        rivals = "" if len(self.candidates) > 1 else ", which fits several people"
        return f"{self.okta.label} cannot be told apart by {self.basis}: {found}{rivals}"
