"""Whether a mapping sends the login as the email: by its text or by computed emails. Pure."""

from typing import assert_never

from msgspec import Struct

from auditor.domain.collections import ASSIGNMENTS, LOG
from auditor.domain.context import RuleContext
from auditor.domain.expressions.login_comparison import LoginReading, Read, in_words, read
from auditor.domain.identity.comparison import is_same_login
from auditor.domain.okta import Assignment, MappedAttribute
from auditor.domain.provisioning.profile_mapping import TypeMapping, assigned, computed_under
from auditor.domain.reasons import MissingDataReason, Note, Undecidable


class SentEmail(Struct, frozen=True, kw_only=True):
    """The email that Okta sends for the users of one user type."""

    is_login: bool | None
    """``None``: unknown; ``reason`` states why."""

    expression: str
    reason: MissingDataReason | Undecidable | None = None
    is_observed: bool = False
    """The computed emails decided it, not the text of the expression."""

    note: Note | None = None
    label: str = ""
    """The field, as readers see it."""

    observed: str = ""
    expected: str = ""
    affected: tuple[Assignment, ...] | None = ()
    """Users whose email is not their login, ignoring case; ``None``: unknown."""

    is_computed: bool = True
    """``False``: users are assigned, but none of their emails was computed by this expression."""

    attribute: str | None = None
    """The attribute of the user that is sent, if the expression is a plain reference."""

    def email_of(self, user: Assignment) -> str | None:
        """Return the email that the present expression gives a user."""
        return user.okta_email if self.attribute == "email" else user.email


def assess_sent_email(
    context: RuleContext, mapping: TypeMapping, email: MappedAttribute
) -> SentEmail:
    """Decide whether ``email`` of ``mapping`` is the login."""
    answer = read(email.expression)
    label = f"Email mapping ({mapping.title})"
    match answer.reading:
        case LoginReading.IS_LOGIN:
            note = Note(code="email-from-login")
            return SentEmail(is_login=True, expression=answer.text, note=note)
        # Unleash stores an email in lower case, so the case of the login has no effect.
        case LoginReading.IS_LOGIN_UP_TO_CASE:
            note = Note(code="email-from-login-in-other-case")
            return SentEmail(is_login=True, expression=answer.text, note=note)
        case LoginReading.IS_NOT_LOGIN:
            return SentEmail(
                is_login=False,
                expression=answer.text,
                label=label,
                observed=in_words(answer.text),
                expected=in_words("user.login"),
                affected=_affected(context, mapping, answer),
                is_computed=_is_computed(context, mapping, answer),
                attribute=answer.attribute,
            )
        case LoginReading.UNDECIDABLE:
            return _from_computed(context, mapping, answer)
        case _:
            assert_never(answer.reading)


def differs(value: str | None, user: Assignment) -> bool:
    """Whether both values are known and ``value`` is not the login, ignoring case."""
    return is_same_login(value, user.login) is False


def _affected(
    context: RuleContext, mapping: TypeMapping, answer: Read
) -> tuple[Assignment, ...] | None:
    """Return the users whose present email, by the expression, is not the login.

    The primary email is read from the user's profile. Any other value is known only from
    assignments that were updated since the mapping last changed.
    """
    if context.lacks(ASSIGNMENTS):
        return None
    if answer.attribute == "email":
        users = assigned(context, mapping)
        return tuple(user for user in users if differs(user.okta_email, user))
    # Only the log has the date of the last change of a mapping.
    if context.lacks(LOG):
        return None
    return tuple(user for user in computed_under(context, mapping) if differs(user.email, user))


def _is_computed(context: RuleContext, mapping: TypeMapping, answer: Read) -> bool:
    if answer.attribute == "email" or context.lacks(ASSIGNMENTS) or context.lacks(LOG):
        return True
    return any(computed_under(context, mapping)) or not any(assigned(context, mapping))


def _from_computed(context: RuleContext, mapping: TypeMapping, answer: Read) -> SentEmail:
    """Decide by the emails that were computed since the mapping last changed.

    An email that equals the login decides nothing for a user whose primary email is the login too:
    nearly every expression gives this value.
    """
    what = mapping.title
    undecided = f"{answer.text} cannot be decided from its text"
    if missing := context.first_missing((ASSIGNMENTS, LOG), f"{what}: {undecided}"):
        return SentEmail(is_login=None, expression=answer.text, reason=missing)
    users = [user for user in computed_under(context, mapping) if user.email and user.login]
    if affected := tuple(user for user in users if differs(user.email, user)):
        verb = "differs" if len(affected) == 1 else "differ"
        return SentEmail(
            is_login=False,
            expression=answer.text,
            is_observed=True,
            label=f"Computed emails ({mapping.title})",
            observed=f"{len(affected)} of {len(users)} {verb} from the login",
            expected="All equal the login, ignoring case",
            affected=affected,
        )
    if any(differs(user.okta_email, user) for user in users):
        note = Note(code="computed-emails-are-logins", about=str(len(users)))
        return SentEmail(is_login=True, expression=answer.text, is_observed=True, note=note)
    why = f"{undecided}, and the computed emails do not distinguish login and primary email"
    reason = Undecidable(what=what, why=why)
    return SentEmail(is_login=None, expression=answer.text, reason=reason)
