"""The text of a reason, for readers. Pure. No code derives meaning from it."""

from typing import assert_never

from auditor.domain.reasons import (
    AttestedBy,
    GroupedUnder,
    ManualCheck,
    MissingDataReason,
    Note,
    Pending,
    ProcessEnd,
    Reason,
    RuleFailed,
    RuleProcessEnded,
    Undecidable,
)
from auditor.text import count, format_time

NOTE_TEXTS = {
    "answered-without-token": (
        "the SCIM endpoint answered {about} to a request without a token; this does not show "
        "whether Okta's token is valid"
    ),
    "attest-recovery-admin": (
        "sign in as this account and attest the test: rule recovery-admin-at-risk, {about}"
    ),
    "base-attributes": (
        "the app profile has base attributes beyond the six that cannot be removed: {about}"
    ),
    "capability-on": "Okta reports the capability as enabled ({about})",
    "computed-emails-are-logins": "all {about} computed emails equal the logins",
    "email-from-login": "email is mapped from user.login",
    "email-from-login-in-other-case": (
        "email is mapped from user.login in lower case; Unleash ignores case"
    ),
    "email-not-mapped": "email is not mapped for {about}; see attribute-missing",
    "fact": "{about}",
    "feature-present": "the feature {about} is present; it stands for more than one switch in Okta",
    "linked-after-change": "an account that was created after the app last changed is linked",
    "no-admin-access-proven": "no admin access is proven",
    "no-connector-event": (
        "the System Log contains no connector event; no failure is known, and no success is proven"
    ),
    "no-credential-failure": (
        "the System Log contains failures, but none shows rejected credentials; no success is "
        "proven"
    ),
    "no-groups": "this edition of Unleash has no groups",
    "no-recovery-admin": "no direct admin exists; see admin-unreachable",
    "no-scim": "this edition of Unleash has no SCIM; see unleash-too-old",
    "no-sso": "neither SAML nor OIDC is on in Unleash",
    "no-user-type-mapped": "no user type is mapped to the app; see user-type-unmapped",
    "oidc-same-addresses": "the login and the primary email of every assigned user are equal",
    "people-linked": "{about}",
    "possible-lock-out": (
        "the auditor's token has lost its rights; this can be a sign of lost admin access"
    ),
    "probe-off": "the check of the SCIM endpoint is off (scim_probe = false)",
    "provisioning-off": "SCIM provisioning is off; see provisioning-off",
    "pushed": "a push succeeded",
    "pushed-kind": "a push of this kind succeeded ({about})",
    "scim-off": "SCIM is off; see scim-disabled",
    "switched-on": "the System Log dates the switch to on ({about})",
}
"""Code of a note to its sentence; ``{about}`` is what the note names."""


_PROCESS_ENDS = {
    ProcessEnd.TIME: "exceeded its time limit",
    ProcessEnd.MEMORY: "was ended by the system, probably for lack of memory",
    ProcessEnd.OUTPUT: "returned more results than the limit",
    ProcessEnd.EXIT: "exited",
    ProcessEnd.NOT_STARTED: "could not be started",
}


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
        case RuleProcessEnded():
            while_ = f" while {reason.rule} was evaluated" if reason.rule else ""
            return f"the process of the custom rules {_PROCESS_ENDS[reason.why]}{while_}"
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
