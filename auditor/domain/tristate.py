"""What is proven, disproven or not known, and why: three-valued logic with reasons. Pure."""

from collections.abc import Iterable
from enum import IntEnum

from msgspec import Struct


class Tristate(IntEnum):
    """How a claim stands, from worst to best: ``and`` is the least, ``or`` the greatest."""

    DISPROVEN = 0
    UNKNOWN = 1
    PROVEN = 2


class Claim(Struct, frozen=True, kw_only=True):
    """A statement about the context."""

    state: Tristate
    reasons: tuple[str, ...] = ()
    """What decides it, one clause each."""


def proven(because: str) -> Claim:
    """State what holds."""
    return Claim(state=Tristate.PROVEN, reasons=(because,))


def disproven(because: str) -> Claim:
    """State what does not hold."""
    return Claim(state=Tristate.DISPROVEN, reasons=(because,))


def unknown(because: str) -> Claim:
    """State what could not be told."""
    return Claim(state=Tristate.UNKNOWN, reasons=(because,))


def all_of(*claims: Claim) -> Claim:
    """Hold when all hold: the weakest decide, and give the reasons."""
    return _of(min(claim.state for claim in claims), claims)


def any_of(claims: Iterable[Claim], *, otherwise: str = "there is none") -> Claim:
    """Hold when one holds: the strongest decide; of none at all, say ``otherwise``."""
    claims = tuple(claims)
    if not claims:
        return disproven(otherwise)
    return _of(max(claim.state for claim in claims), claims)


def _of(proof: Tristate, claims: Iterable[Claim]) -> Claim:
    reasons = (reason for claim in claims if claim.state is proof for reason in claim.reasons)
    return Claim(state=proof, reasons=tuple(dict.fromkeys(reasons)))
