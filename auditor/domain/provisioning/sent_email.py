"""Whether a mapping sends the login as the email: by reading it, else by what it gave. Pure."""

from dataclasses import dataclass
from typing import assert_never

from auditor.domain.collections import ASSIGNMENTS, LOG
from auditor.domain.context import RuleContext
from auditor.domain.okta import Assignment, MappedAttribute
from auditor.domain.provisioning.expressions import LoginReading, Read, read
from auditor.domain.provisioning.profile_mapping import TypeMapping, assigned, computed_under
from auditor.domain.reasons import MissingDataReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SentEmail:
    """What was found out about the email that is sent for one user type."""

    is_login: bool | None
    """``None``: it cannot be told."""

    reason: str
    """Why, in a clause for readers."""

    missing: MissingDataReason | None = None
    """The collection for want of which it cannot be decided."""

    observed: bool = False
    """It rests on the emails that were computed, not on the expression."""

    differing: tuple[Assignment, ...] | None = ()
    """People whose email is not their login, case aside; ``None``: they could not be seen."""


def assess_sent_email(
    context: RuleContext, mapping: TypeMapping, email: MappedAttribute
) -> SentEmail:
    """Tell whether ``email`` of ``mapping`` is the login."""
    answer = read(email.expression)
    match answer.reading:
        case LoginReading.IS_LOGIN | LoginReading.IS_LOGIN_UP_TO_CASE:
            return SentEmail(is_login=True, reason=answer.reason)
        case LoginReading.IS_NOT_LOGIN:
            differing = None if context.lacks(ASSIGNMENTS) else _differing(context, mapping, answer)
            return SentEmail(is_login=False, reason=answer.reason, differing=differing)
        case LoginReading.UNDECIDABLE:
            return _by_result(context, mapping, answer)
        case _:
            assert_never(answer.reading)


def differs(email: str | None, person: Assignment) -> bool:
    """Tell whether both are known and ``email`` is not the login, case aside."""
    return bool(email and person.login and email.casefold() != person.login.casefold())


def _differing(context: RuleContext, mapping: TypeMapping, answer: Read) -> tuple[Assignment, ...]:
    """Return who gets another email than their login: as pushed, else as the next push will."""
    will_send_email = answer.attribute == "email"
    return tuple(
        person
        for person in assigned(context, mapping)
        if differs(person.email or (person.okta_email if will_send_email else None), person)
    )


def _by_result(context: RuleContext, mapping: TypeMapping, answer: Read) -> SentEmail:
    """Judge by the emails that the mapping has computed as it stands.

    An email that is the login proves nothing of a person whose email in Okta is the login too:
    nearly every expression gives them that.
    """
    puzzle = f"it cannot be decided by reading ({answer.reason})"
    if missing := context.first_missing((ASSIGNMENTS, LOG)):
        return SentEmail(is_login=None, reason=puzzle, missing=missing)
    people = [person for person in computed_under(context, mapping) if person.email]
    if differing := tuple(person for person in people if differs(person.email, person)):
        because = f"{len(differing)} of the {len(people)} emails that it computed are not the login"
        return SentEmail(is_login=False, reason=because, observed=True, differing=differing)
    if any(differs(person.okta_email, person) for person in people):
        because = f"the {len(people)} emails that it computed are the login"
        return SentEmail(is_login=True, reason=because, observed=True)
    because = f"{puzzle}, and no email that it computed since it last changed tells the two apart"
    return SentEmail(is_login=None, reason=because)
