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

    proof: Tristate
    because: tuple[str, ...] = ()
    """What decides it, one clause each."""


def proven(because: str) -> Claim:
    """State what holds."""
    return Claim(proof=Tristate.PROVEN, because=(because,))


def disproven(because: str) -> Claim:
    """State what does not hold."""
    return Claim(proof=Tristate.DISPROVEN, because=(because,))


def unknown(because: str) -> Claim:
    """State what could not be told."""
    return Claim(proof=Tristate.UNKNOWN, because=(because,))


def all_of(*claims: Claim) -> Claim:
    """Hold when all hold: the weakest decide, and give the reasons."""
    return _of(min(claim.proof for claim in claims), claims)


def any_of(claims: Iterable[Claim], *, otherwise: str = "there is none") -> Claim:
    """Hold when one holds: the strongest decide; of none at all, say ``otherwise``."""
    claims = tuple(claims)
    if not claims:
        return disproven(otherwise)
    return _of(max(claim.proof for claim in claims), claims)


def _of(proof: Tristate, claims: Iterable[Claim]) -> Claim:
    reasons = (reason for claim in claims if claim.proof is proof for reason in claim.because)
    return Claim(proof=proof, because=tuple(dict.fromkeys(reasons)))
