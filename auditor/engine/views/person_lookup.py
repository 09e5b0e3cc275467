"""The data of one person on both sides: accounts, links, groups and findings. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.collections import (
    ACCESS,
    ASSIGNMENTS,
    GROUPS,
    USERS,
    MissingData,
    MissingReason,
)
from auditor.domain.context import RuleContext
from auditor.domain.identity.comparison import normalize_login
from auditor.domain.identity.matching import IdentityLink, Person
from auditor.domain.okta import Assignment
from auditor.domain.privacy import pseudonym
from auditor.domain.provisioning.profile_mapping import title_of
from auditor.domain.snapshot import DataMissing, Snapshot
from auditor.domain.unleash import User
from auditor.engine.evaluation.verdicts import Evaluated, Finding


class Membership(Struct, frozen=True, kw_only=True):
    """A group in Unleash that an account is a member of."""

    group: str
    role: str | None
    """The root role of the group; ``None``: it has none, or it is unknown."""


class PersonRecord(Struct, frozen=True, kw_only=True):
    """An assigned user with the linked account, or an account that no assignment is linked to."""

    target: str
    at: datetime
    okta: Assignment | None = None
    """``None``: no assignment is known."""

    user_type: str | None = None
    account: User | None = None
    tied_by: IdentityLink | None = None
    """The value that links the user to the account or to the candidates; ``None``: no link."""

    candidates: tuple[User, ...] = ()
    """Accounts of an ambiguous match; then ``account`` is ``None``."""

    also: tuple[User, ...] = ()
    """Unlinked accounts that carry the email, login or username of this person."""

    role: str | None = None
    """The root role of the account itself; ``None``: there is no account, or it is unknown."""

    groups: tuple[Membership, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Findings that affect the person, the most severe first; ``affected`` lists no other user."""

    uncertain: tuple[str, ...] = ()
    """Ids of the rules that are unknown for this person or for all subjects, sorted."""

    unseen: dict[str, MissingData] = {}
    """Missing collection to the reason; the record lacks its data."""


def dossiers(context: RuleContext, evaluated: Evaluated, who: str) -> tuple[PersonRecord, ...]:
    """Return the records with ``who`` as id, email, login or username, ignoring case.

    ``evaluated`` lists all affected users, so no finding is left out.
    """
    # With privacy = "ids", the snapshot holds pseudonyms instead of names.
    wanted = {normalize_login(who), normalize_login(pseudonym(context.target, who))}
    return tuple(
        _dossier(context, evaluated, each)
        for each in _everyone(context)
        if wanted & set(_names(each))
    )


class PersonMatch(Struct, frozen=True, kw_only=True):
    """A user whose name, email, login or username contains the searched text."""

    id: str
    """Okta or Unleash user id: :func:`dossiers` finds the user by it."""

    text: str
    """Name, email and id, in one line."""


def people_matching(context: RuleContext, part: str) -> tuple[PersonMatch, ...]:
    """Return the users whose name, email, login or username contains ``part``, ignoring case."""
    wanted = part.strip().casefold()
    if not wanted:
        return ()
    return tuple(
        _match(each)
        for each in _everyone(context)
        if any(name and wanted in name.casefold() for name in (*_names(each), *_labels(each)))
    )


def _labels(each: Person | User) -> Iterator[str]:
    if isinstance(each, Person):
        yield each.okta.label
    for account in _accounts(each):
        yield account.label


def _match(each: Person | User) -> PersonMatch:
    if isinstance(each, Person):
        facts = (each.okta.label, each.okta.login, each.okta.user_id)
        key = each.okta.user_id
    else:
        facts = (each.label, each.email, f"Unleash id {each.id}")
        key = str(each.id)
    return PersonMatch(id=key, text=", ".join(dict.fromkeys(filter(None, facts))))


def unseen(snapshot: Snapshot) -> dict[str, MissingData]:
    """Return the missing collections with data of people, and the reason of each."""
    gaps = {str(each): snapshot.lacks(each) for each in (ASSIGNMENTS, USERS, GROUPS)}
    return {
        name: gap
        for name, gap in gaps.items()
        if gap and gap.why is not MissingReason.NOT_ON_THIS_EDITION
    }


def _everyone(context: RuleContext) -> Iterator[Person | User]:
    """Yield each assigned user with the linked account, then each account without a user.

    If one side is missing, yield the other side without links.
    """
    try:
        people = context.people
    except DataMissing:
        yield from (Person(okta=each) for each in context.get(ASSIGNMENTS) or ())
        listed = context.get(USERS) or context.get(ACCESS)
        yield from (listed.users if listed else None) or ()
        return
    yield from people.persons
    # These accounts are shown in the record of their user.
    taken = {account.id for person in people.deviating for account in person.also}
    yield from (each for each in people.strangers if each.id not in taken)


def _names(each: Person | User) -> Iterator[str | None]:
    if isinstance(each, Person):
        okta = each.okta
        for name in (okta.user_id, okta.login, okta.okta_email, okta.email, okta.username):
            yield normalize_login(name)
    for account in _accounts(each):
        yield from (
            str(account.id),
            normalize_login(account.email),
            normalize_login(account.username),
        )


def _accounts(each: Person | User) -> tuple[User, ...]:
    if isinstance(each, User):
        return (each,)
    own = (each.account,) if each.account else ()
    return (*own, *each.candidates, *each.also)


def _dossier(context: RuleContext, evaluated: Evaluated, each: Person | User) -> PersonRecord:
    person, account = (each, each.account) if isinstance(each, Person) else (None, each)
    okta = person.okta if person else None
    ids = {str(each.id) for each in _accounts(each)} | ({okta.user_id} if okta else set())
    uncertain = evaluated.unknown_rules | {
        rule for rule, subject in evaluated.unknown_subjects if subject in ids
    }
    return PersonRecord(
        target=context.target.name,
        at=context.at,
        okta=okta,
        user_type=title_of(context, okta.user_type_id) if okta and okta.user_type_id else None,
        account=account,
        tied_by=person.basis if person else None,
        candidates=person.candidates if person else (),
        also=person.also if person else (),
        role=_role(context, account.root_role) if account else None,
        groups=tuple(_groups(context, account)) if account else (),
        findings=tuple(_naming(evaluated.findings, ids)),
        uncertain=tuple(sorted(uncertain)),
        unseen=unseen(context.snapshot),
    )


def _role(context: RuleContext, role_id: int | None) -> str | None:
    users = context.get(USERS)
    roles = users.roles if users else ()
    return next((role.name for role in roles if role.id == role_id), None)


def _groups(context: RuleContext, account: User) -> Iterator[Membership]:
    access = context.get(ACCESS)
    groups = context.get(GROUPS) or (access.groups if access else ())
    for group in groups:
        if account.id in (group.member_ids or ()):
            yield Membership(group=group.name, role=_role(context, group.root_role))


def _naming(findings: Iterable[Finding], ids: set[str]) -> Iterator[Finding]:
    for finding in findings:
        if theirs := tuple(each for each in finding.affected if each.id in ids):
            yield replace(finding, affected=theirs)
