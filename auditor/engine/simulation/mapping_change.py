"""What can happen in Unleash when the email mapping of user types changes. Pure.

A new value is computed for each assigned user. What Unleash does with it (rename, adopt, reject)
follows from its documentation. The code of its SCIM server is closed: effects are possible, not
certain.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from msgspec import Struct
from msgspec.structs import replace as changed

from auditor.domain.collections import ASSIGNMENTS, MAPPINGS, USERS
from auditor.domain.context import RuleContext
from auditor.domain.expressions.evaluator import Value, evaluate_expression
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.identity.matching import IdentityLink, Person
from auditor.domain.okta import Assignment, AssignmentStatus, MappedAttribute
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import User


class EmailChange(Struct, frozen=True, kw_only=True):
    """A new expression for ``email``."""

    expression: str
    type_id: str | None = None
    """The user type; ``None``: every user type that is mapped to the app."""

    def concerns(self, person: Assignment) -> bool:
        """Return whether the change applies to a user; an unknown user type may be this one."""
        return self.type_id is None or person.user_type_id in {None, self.type_id}


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


class UndecidedUser(Struct, frozen=True, kw_only=True):
    """A user whose new email cannot be computed."""

    okta_user_id: str
    name: str
    why: str


class MappingEffects(Struct, frozen=True, kw_only=True):
    """The possible effects of a change of the email mapping; people in the order of Okta's list."""

    renamed: tuple[RenamedAccount, ...]
    created: tuple[NewAccount, ...]
    collisions: tuple[Collision, ...]
    adopted: tuple[AdoptedAccount, ...]
    undecided: tuple[UndecidedUser, ...]
    unchanged: int
    pushes: int
    """Number of assigned users that the change applies to: Okta pushes every one."""


@dataclass(frozen=True, slots=True)
class _NewEmail:
    person: Person
    email: str

    @property
    def account(self) -> User | None:
        """Return the account that a push updates: the one that SCIM has linked.

        Without the SCIM link Okta sends a new user, and Unleash searches by the email.
        """
        return self.person.account if self.person.basis is IdentityLink.SCIM_ID else None

    @property
    def is_unchanged(self) -> bool:
        account = self.account
        return account is not None and normalize_login(account.email) == normalize_login(self.email)


def simulate_email_change(context: RuleContext, change: EmailChange) -> MappingEffects:
    """Compute what the change can do.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the assignments or the users are
    missing: without them no effect is known.
    """
    concerned = [each for each in context.people.persons if _is_pushed(each.okta, change)]
    new, undecided = _new_emails(concerned, change)
    effects = _Effects(context, new, dict(_sent_emails(context, change)).values())
    for each in new:
        effects.add(each)
    return MappingEffects(
        renamed=tuple(effects.renamed),
        created=tuple(effects.created),
        collisions=tuple(effects.collisions),
        adopted=tuple(effects.adopted),
        undecided=tuple(undecided),
        unchanged=effects.unchanged,
        pushes=len(concerned),
    )


def after_email_change(context: RuleContext, change: EmailChange) -> Snapshot:
    """Return the snapshot as it reads after every possible effect except collisions."""
    effects = simulate_email_change(context, change)
    renamed = {each.account_id: each.after for each in effects.renamed}
    sent = dict(_sent_emails(context, change))
    at = context.at
    read = {
        MAPPINGS.name: tuple(_with_expression(context, change)),
        ASSIGNMENTS.name: tuple(
            changed(each, email=sent[each.user_id], updated_at=at) if each.user_id in sent else each
            for each in context[ASSIGNMENTS]
        ),
        USERS.name: changed(
            context[USERS],
            users=tuple(
                changed(each, email=renamed[each.id]) if each.id in renamed else each
                for each in context[USERS].users
            ),
        ),
    }
    return replace(context.snapshot, read={**context.snapshot.read, **read})


class _Effects:
    """Sorts new emails into effects."""

    def __init__(self, context: RuleContext, new: list[_NewEmail], sent: Iterable[str]) -> None:
        accounts = context[USERS].users
        self._owners = {normalize_login(each.email): each for each in accounts if each.email}
        # Also of users whose account is ambiguous: their pushes compete for the same emails.
        self._times = Counter(map(normalize_login, sent))
        staying = {each.person.okta.user_id for each in new if each.is_unchanged}
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
        self.unchanged = 0

    def add(self, new: _NewEmail) -> None:
        person, account = new.person.okta, new.account
        key = normalize_login(new.email)
        owner = self._owners.get(key)
        if new.is_unchanged:
            self.unchanged += 1
        elif self._times[key] > 1 or (owner and (account or owner.id in self._leaving)):
            self.collisions.append(
                Collision(
                    okta_user_id=person.user_id,
                    name=person.label,
                    email=new.email,
                    account_id=owner.id if owner else None,
                    depends_on_order=self._times[key] > 1
                    or owner is None
                    or owner.id in self._leaving,
                )
            )
        elif account:
            self.renamed.append(
                RenamedAccount(
                    okta_user_id=person.user_id,
                    name=person.label,
                    account_id=account.id,
                    before=account.email,
                    after=new.email,
                )
            )
        elif owner:
            self.adopted.append(
                AdoptedAccount(
                    okta_user_id=person.user_id,
                    name=person.label,
                    account_id=owner.id,
                    is_recovery_admin=owner.id in self._admins,
                )
            )
        else:
            self.created.append(
                NewAccount(okta_user_id=person.user_id, name=person.label, email=new.email)
            )


def _is_pushed(person: Assignment, change: EmailChange) -> bool:
    return change.concerns(person) and person.state is not AssignmentStatus.INACTIVE


def _new_emails(
    persons: list[Person], change: EmailChange
) -> tuple[list[_NewEmail], list[UndecidedUser]]:
    new: list[_NewEmail] = []
    undecided: list[UndecidedUser] = []
    for person in persons:
        email, why = _compute(person.okta, change)
        if person.is_ambiguous:
            email, why = None, "it is unknown which account belongs to the user"
        if email is not None:
            new.append(_NewEmail(person, email))
        else:
            undecided.append(
                UndecidedUser(okta_user_id=person.okta.user_id, name=person.okta.label, why=why)
            )
    return new, undecided


def _compute(person: Assignment, change: EmailChange) -> tuple[str | None, str]:
    """Return the new email, or ``None`` and why it cannot be computed."""
    known = {"login": person.login, "email": person.okta_email}
    # An attribute without a value in the answer may be hidden, so it is not known to be empty.
    profile = {name: value for name, value in known.items() if value}
    outcome = evaluate_expression(change.expression, profile)
    if not isinstance(outcome, Value):
        return None, outcome.why
    if not isinstance(outcome.value, str) or "@" not in outcome.value:
        return None, "the result is no email address"
    return outcome.value, ""


def _sent_emails(context: RuleContext, change: EmailChange) -> Iterator[tuple[str, str]]:
    for person in context[ASSIGNMENTS]:
        if _is_pushed(person, change):
            email, _ = _compute(person, change)
            if email is not None:
                yield person.user_id, email


def _with_expression(context: RuleContext, change: EmailChange) -> Iterator[object]:
    for mapping in context[MAPPINGS]:
        if change.type_id in {None, mapping.source_id}:
            email = MappedAttribute(expression=change.expression, push_status="PUSH")
            yield changed(mapping, properties={**mapping.properties, "email": email})
        else:
            yield mapping
