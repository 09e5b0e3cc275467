"""The text of a reason, for readers. Pure. No code derives meaning from it."""

from typing import assert_never

from auditor.domain.reasons import (
    AttestedBy,
    GroupedUnder,
    ManualCheck,
    MissingDataReason,
    Note,
    Pending,
    Reason,
    RuleFailed,
    Undecidable,
)
from auditor.text import count, format_time

NOTE_TEXTS = {
    "attest-recovery-admin": "sign in as this account and attest that it works: {about}",
    "base-attributes": "base attributes beyond the six, which cannot be removed: {about}",
    "email-is-login": "{about}",
    "email-not-mapped": "email is not mapped for {about}",
    "fact": "{about}",
    "no-groups": "this edition of Unleash has no groups",
    "no-recovery-admin": "no recovery admin exists; see admin-unreachable",
    "no-scim": "this edition of Unleash has no SCIM; see unleash-too-old",
    "no-sso": "no sign-on to Unleash by SAML or OpenID Connect is on",
    "no-user-type-mapped": "no user type is mapped to the app",
    "oidc-same-addresses": "the login and the email of every assigned user are equal",
    "people-linked": "{about}",
    "possible-lock-out": (
        "the token was refused; a token that could read this before can have lost its rights"
    ),
    "provisioning-off": "provisioning is off for the app; see provisioning-off",
    "push-flags": "{about}",
    "scim-off": "SCIM is off; see scim-disabled",
}
"""Code of a note to its sentence; ``{about}`` is what the note names."""


def reason_text(reason: Reason) -> str:  # noqa: PLR0911  (a table of cases)
    """Return ``reason`` as a clause: ``okta.log: forbidden (403) at GET /api/v1/logs``."""
    match reason:
        case MissingDataReason():
            return _about(reason.what, f"{reason.collection}: {reason.missing}")
        case Undecidable():
            return _about(reason.what, reason.why)
        case RuleFailed():
            line = f" in line {reason.line}" if reason.line else ""
            return f"the rule failed with an internal error ({reason.error}{line})"
        case GroupedUnder():
            findings = count(reason.count, "finding")
            return f"{findings} listed under the root cause {reason.rule}"
        case Pending():
            findings = count(reason.count, "finding")
            return f"{findings} within the grace period until {format_time(reason.until)}"
        case ManualCheck():
            return reason.todo
        case AttestedBy():
            return f"attested by {reason.by} until {reason.until}"
        case Note():
            return _note(reason)
        case _:
            assert_never(reason)


def _about(what: str, why: str) -> str:
    return f"{what}: {why}" if what else why


def _note(note: Note) -> str:
    # A rule of the user can have codes of its own; they are shown as they are.
    text = NOTE_TEXTS.get(note.code, f"{note.code.replace('-', ' ')}: {{about}}")
    text = text.replace("{about}", note.about).removesuffix(": ")
    return f"{text}, {format_time(note.at)}" if note.at else text
