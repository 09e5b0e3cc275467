"""What can happen in Unleash when Okta pushes assigned users. Pure.

The email of each user is computed from the mappings of the snapshot. What Unleash does with it
(rename, adopt, reject) follows from its documentation. The code of its SCIM server is closed:
effects are possible, not certain.
"""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from auditor.domain.collections import USERS
from auditor.domain.context import RuleContext
from auditor.domain.expressions.evaluator import Value, evaluate_expression
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.identity.matching import IdentityLink, Person
from auditor.domain.okta import Assignment, AssignmentStatus, MappedAttribute
from auditor.domain.provisioning import profile_mapping, push_features
from auditor.domain.unleash import User


class Reach(StrEnum):
    """The assigned users that a push concerns."""

    ALL = "all"
    NEW = "without account"
    LINKED = "with account"


class RenamedAccount(Struct, frozen=True, kw_only=True):
    """An account that gets another email."""

    okta_user_id: str
    name: str
    account_id: int
    before: str | None
    after: str


class NewAccount(Struct, frozen=True, kw_only=True):
    """An assigned user without an account, who gets one."""

    okta_user_id: str
    name: str
    email: str


class Collision(Struct, frozen=True, kw_only=True):
    """A new email that another account, or another assigned user, has or gets."""

    okta_user_id: str
    name: str
    email: str
    account_id: int | None
    """The account that has the email; ``None``: another assigned user gets the same one."""

    depends_on_order: bool
    """The account that has the email is renamed too, or several users get the same email. Whether
    the push is rejected then depends on the order of the pushes, which Okta does not document."""


class AdoptedAccount(Struct, frozen=True, kw_only=True):
    """An account outside SCIM that can be adopted, because it has the new email."""

    okta_user_id: str
    name: str
    account_id: int
    is_recovery_admin: bool
    """Adoption can reset the role to Viewer, so the recovery admin can be lost."""


class UnmatchedUser(Struct, frozen=True, kw_only=True):
    """A user whose email after the push is still not the login."""

    okta_user_id: str
    name: str
    email: str
    login: str | None


class UndecidedUser(Struct, frozen=True, kw_only=True):
    """A user whose new email cannot be computed."""

    okta_user_id: str
    name: str
    why: str


class PushEffects(Struct, frozen=True, kw_only=True):
    """The possible effects of a push; people in the order of Okta's list."""

    renamed: tuple[RenamedAccount, ...]
    created: tuple[NewAccount, ...]
    collisions: tuple[Collision, ...]
    adopted: tuple[AdoptedAccount, ...]
    unmatched: tuple[UnmatchedUser, ...]
    undecided: tuple[UndecidedUser, ...]
    unchanged: int
    pushes: int
    """Number of assigned users that Okta pushes."""


class SentUser(Struct, frozen=True):
    """An assigned user with the email that Okta sends."""

    person: Person
    email: str
    create_only: bool
    """The mapping applies on create only: an account that exists keeps its email."""

    @property
    def account(self) -> User | None:
        """Return the account that a push updates: the one that SCIM has linked.

        Without the SCIM link Okta sends a new user, and Unleash searches by the email.
        """
        return self.person.account if self.person.basis is IdentityLink.SCIM_ID else None

    @property
    def is_unchanged(self) -> bool:
        """Return whether the account keeps its email."""
        if self.account is None:
            return False
        return self.create_only or normalize_login(self.account.email) == self.key

    @property
    def key(self) -> str | None:
        """Return the email as Unleash compares it."""
        return normalize_login(self.email)


def effects_of(context: RuleContext, users: "PushedUsers") -> PushEffects:
    """Return what a push of these users can do, by kind of effect.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the users of Unleash are missing.
    """
    effects = _Effects(context, users)
    for each in users.sent:
        effects.add(each)
    return PushEffects(
        renamed=tuple(effects.renamed),
        created=tuple(effects.created),
        collisions=tuple(effects.collisions),
        adopted=tuple(effects.adopted),
        unmatched=tuple(effects.unmatched),
        undecided=users.undecided,
        unchanged=effects.unchanged,
        pushes=len(users.sent) + len(users.undecided),
    )


class PushedUsers(Struct, frozen=True):
    """The users that Okta pushes."""

    sent: tuple[SentUser, ...]
    undecided: tuple[UndecidedUser, ...]
    rival_emails: tuple[str, ...]
    """Emails of undecided users whose account is ambiguous: they compete with the others."""


def pushed_users(
    context: RuleContext, reach: Reach = Reach.ALL, *, type_id: str | None = None
) -> PushedUsers:
    """Return the users that Okta pushes, with the emails that it sends.

    ``type_id``: only users of this type, and users whose type is unknown. A provisioning action
    that is off pushes no user.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the mappings or the assignments are
    missing.
    """
    emails = _EmailMappings(context)
    pushes = _Pushes(context, reach, type_id)
    sent: list[SentUser] = []
    undecided: list[UndecidedUser] = []
    rivals: list[str] = []
    for person in context.people.persons:
        if person not in pushes:
            continue
        email, why = emails.compute(person.okta)
        if email is not None and person.is_ambiguous:
            rivals.append(email)
            email, why = None, "it is unknown which account belongs to the user"
        if email is None:
            undecided.append(
                UndecidedUser(okta_user_id=person.okta.user_id, name=person.okta.label, why=why)
            )
        else:
            sent.append(SentUser(person, email, emails.is_create_only(person.okta)))
    return PushedUsers(tuple(sent), tuple(undecided), tuple(rivals))


class _Pushes:
    """Decides which users Okta pushes."""

    def __init__(self, context: RuleContext, reach: Reach, type_id: str | None) -> None:
        create, update = (
            push_features.reported_state(context, name)
            for name in ("create-users", "update-attributes")
        )
        # What is not reported counts as on: the effects are those that are possible.
        self._new = reach is not Reach.LINKED and create is not False
        self._linked = reach is not Reach.NEW and update is not False
        self._type_id = type_id

    def __contains__(self, person: Person) -> bool:
        if person.okta.state is AssignmentStatus.INACTIVE:
            return False
        if self._type_id not in {None, person.okta.user_type_id} and person.okta.user_type_id:
            return False
        # It is unknown whether the user has an account, so either action can push this user.
        if person.is_ambiguous:
            return self._new or self._linked
        return self._linked if person.basis is IdentityLink.SCIM_ID else self._new


class _EmailMappings:
    """The email mapping of each user type."""

    def __init__(self, context: RuleContext) -> None:
        self._by_type: dict[str | None, MappedAttribute | None] = {
            each.type_id: each.get("email") for each in profile_mapping.to_app(context)
        }
        if len(set(self._by_type.values())) == 1:
            # The type of a user does not matter where all types have the same mapping.
            (self._by_type[None],) = set(self._by_type.values())

    def is_create_only(self, user: Assignment) -> bool:
        """Return whether the mapping of the user's type applies on create only."""
        mapped = self._by_type.get(user.user_type_id)
        return mapped is not None and mapped.push_status == "DONT_PUSH"

    def compute(self, user: Assignment) -> tuple[str | None, str]:
        """Return the email that Okta sends, or ``None`` and why it cannot be computed."""
        if user.user_type_id not in self._by_type:
            return None, "the mapping of the user's type is unknown"
        mapped = self._by_type[user.user_type_id]
        if mapped is None:
            return None, "email is not mapped for the user's type"
        known = {"login": user.login, "email": user.okta_email}
        # An attribute without a value in the answer may be hidden, so it is not known to be empty.
        profile = {name: value for name, value in known.items() if value}
        outcome = evaluate_expression(mapped.expression or "", profile)
        if not isinstance(outcome, Value):
            return None, outcome.why
        if not isinstance(outcome.value, str) or "@" not in outcome.value:
            return None, "the result is no email address"
        return outcome.value, ""


class _Effects:
    """Collects the effects of a push, by kind."""

    def __init__(self, context: RuleContext, users: PushedUsers) -> None:
        accounts = context[USERS].users
        # An email exists once in Unleash.
        self._owners = {normalize_login(each.email): each for each in accounts if each.email}
        self._times = Counter(_claimed_emails(users))
        staying = {each.person.okta.user_id for each in users.sent if each.is_unchanged}
        # Accounts whose email changes, or can change because the new one is undecided.
        self._leaving = set(context.people.ambiguous) | {
            person.account.id
            for person in context.people.persons
            if person.account
            and person.basis is IdentityLink.SCIM_ID
            and person.okta.user_id not in staying
        }
        self._admins = context.admins.direct
        self.renamed: list[RenamedAccount] = []
        self.created: list[NewAccount] = []
        self.collisions: list[Collision] = []
        self.adopted: list[AdoptedAccount] = []
        self.unmatched: list[UnmatchedUser] = []
        self.unchanged = 0

    def add(self, sent: SentUser) -> None:
        """Add the effect of one user's push, and whether the email then is the login."""
        self._note_mismatch(sent, self._sort(sent))

    def _sort(self, sent: SentUser) -> str | None:
        """Add the effect; return the email that the user's account has afterwards."""
        user, account, owner = sent.person.okta, sent.account, self._owners.get(sent.key)
        if sent.is_unchanged:
            self.unchanged += 1
            return account.email if account else None
        is_rivalled = self._times[sent.key] > 1
        # A rename to an email that is taken is rejected. A new user with such an email adopts the
        # account.
        if is_rivalled or (owner and (account or owner.id in self._leaving)):
            self.collisions.append(
                Collision(
                    okta_user_id=user.user_id,
                    name=user.label,
                    email=sent.email,
                    account_id=owner.id if owner else None,
                    depends_on_order=is_rivalled or owner is None or owner.id in self._leaving,
                )
            )
            return account.email if account else None
        if account:
            self.renamed.append(
                RenamedAccount(
                    okta_user_id=user.user_id,
                    name=user.label,
                    account_id=account.id,
                    before=account.email,
                    after=sent.email,
                )
            )
        elif owner:
            self.adopted.append(
                AdoptedAccount(
                    okta_user_id=user.user_id,
                    name=user.label,
                    account_id=owner.id,
                    is_recovery_admin=owner.id in self._admins,
                )
            )
        else:
            self.created.append(
                NewAccount(okta_user_id=user.user_id, name=user.label, email=sent.email)
            )
        return sent.email

    def _note_mismatch(self, sent: SentUser, email: str | None) -> None:
        user = sent.person.okta
        if email and user.login and normalize_login(email) != normalize_login(user.login):
            self.unmatched.append(
                UnmatchedUser(
                    okta_user_id=user.user_id, name=user.label, email=email, login=user.login
                )
            )


def _claimed_emails(users: PushedUsers) -> Iterator[str | None]:
    """Yield each email that a push sends, as Unleash compares it."""
    yield from (each.key for each in users.sent if not (each.account and each.create_only))
    yield from map(normalize_login, users.rival_emails)
