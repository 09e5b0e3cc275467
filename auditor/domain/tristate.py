"""Claims that are proven, disproven or unknown: three-valued logic with reasons. Pure."""

from collections.abc import Iterable
from enum import IntEnum

from msgspec import Struct

from auditor.domain.reasons import Note, Reason, Undecidable

FACT = "fact"
"""Code of a note that states a fact about the snapshot in ``about``."""


class Tristate(IntEnum):
    """The state of a claim, from worst to best: ``and`` is the least, ``or`` the greatest."""

    DISPROVEN = 0
    UNKNOWN = 1
    PROVEN = 2


class Claim(Struct, frozen=True, kw_only=True):
    """A statement about the context."""

    state: Tristate
    reasons: tuple[Reason, ...] = ()
    """The reasons for the state."""


def proven(fact: str) -> Claim:
    """Return a claim that ``fact`` proves."""
    return Claim(state=Tristate.PROVEN, reasons=(Note(code=FACT, about=fact),))


def disproven(fact: str) -> Claim:
    """Return a claim that ``fact`` disproves."""
    return Claim(state=Tristate.DISPROVEN, reasons=(Note(code=FACT, about=fact),))


def unknown(why: str | Reason) -> Claim:
    """Return a claim that cannot be decided; a string is the ``why`` of :class:`Undecidable`."""
    reason = Undecidable(why=why) if isinstance(why, str) else why
    return Claim(state=Tristate.UNKNOWN, reasons=(reason,))


def all_of(*claims: Claim) -> Claim:
    """Return a claim that is proven if all are. It has the reasons of the worst ones."""
    return _of(min(claim.state for claim in claims), claims)


def any_of(claims: Iterable[Claim], *, otherwise: str = "there is none") -> Claim:
    """Return a claim that is proven if one is.

    The best ones decide. Without a claim, ``otherwise`` is the reason.
    """
    claims = tuple(claims)
    if not claims:
        return disproven(otherwise)
    return _of(max(claim.state for claim in claims), claims)


def _of(proof: Tristate, claims: Iterable[Claim]) -> Claim:
    reasons = (reason for claim in claims if claim.state is proof for reason in claim.reasons)
    # Several claims can have one reason, such as a missing collection; readers need it once.
    return Claim(state=proof, reasons=tuple(dict.fromkeys(reasons)))
