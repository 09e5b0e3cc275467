"""The cause of a failed push, classified from Okta's free text. Pure.

The reason of an event and the error of a group push are free text. It can hold names, so
``privacy = "ids"`` replaces the text by the text of its code, which is classified the same way.
"""

import re
from enum import StrEnum


class FailureReason(StrEnum):
    """A code; the value is the text that readers see in its place."""

    UNAUTHORIZED = "Unauthorized"
    FORBIDDEN = "Forbidden (403)"
    USER_NOT_FOUND = "Matching user not found"
    CONFLICT = "Conflict: the value exists already"
    RATE_LIMITED = "Rate limit reached (429)"
    TIMEOUT = "No answer in time"
    SERVER_ERROR = "Server error (5xx)"
    INVALID_VALUE = "Bad request (400)"
    OTHER = "Other reason"
    NONE = "No reason given"


_PATTERNS = (
    (
        FailureReason.UNAUTHORIZED,
        (
            r"\bunauthori[sz]ed\b|\b401\b|\binvalid (?:scim |api )?token\b|"
            r"\btoken (?:is |has )?(?:been )?(?:invalid|expired|revoked)\b|\bexpired token\b"
        ),
    ),
    (FailureReason.FORBIDDEN, r"\bforbidden\b|\b403\b"),
    (FailureReason.USER_NOT_FOUND, r"\bmatching user not found\b|\buser not found\b|\b404\b"),
    (FailureReason.CONFLICT, r"\bconflict\b|\b409\b|\balready exists\b|\bexists already\b"),
    (FailureReason.RATE_LIMITED, r"\brate limit|\b429\b|\btoo many requests\b"),
    (FailureReason.TIMEOUT, r"\btime[d]?[ -]?out\b|\bno answer in time\b"),
    (FailureReason.SERVER_ERROR, r"\b50[0-4]\b|\b5xx\b|\bserver error\b|\bbad gateway\b"),
    (FailureReason.INVALID_VALUE, r"\bbad request\b|\b400\b|\binvalid (?:value|attribute)\b"),
    (FailureReason.NONE, r"^no reason given$"),
)
"""In order of precedence. Source of the first: KB "Invalid SCIM token" and its siblings."""

_COMPILED = tuple((code, re.compile(text, re.IGNORECASE)) for code, text in _PATTERNS)
REFUSED = frozenset({FailureReason.UNAUTHORIZED, FailureReason.FORBIDDEN})
"""Codes that name refused credentials. A single 403 can concern one user only."""

UNCLEAR = frozenset({FailureReason.OTHER, FailureReason.NONE})
"""Codes that do not show whether the credentials are the cause."""


def classify(reason: str | None) -> FailureReason:
    """Return the code of a reason or an error text."""
    if not reason or not reason.strip():
        return FailureReason.NONE
    found = (code for code, pattern in _COMPILED if pattern.search(reason))
    return next(found, FailureReason.OTHER)
