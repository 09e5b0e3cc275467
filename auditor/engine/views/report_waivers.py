"""What people accepted or vouched for, and how much longer that counts. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.views.report_findings import ReportedFinding

SOON = timedelta(days=14)
"""So long before its end a waiver or an attestation is called to mind."""


class Validity(StrEnum):
    """How long something counts."""

    EXPIRED = "expired"
    EXPIRING = "expires soon"
    VALID = "valid"


class ReportedWaiver(Struct, frozen=True, kw_only=True):
    """A waiver, and what it covers today."""

    waiver: Waiver
    validity: Validity
    findings: tuple[str, ...]
    """Ids of the findings that it covers; none: it may have outlived its reason."""


class ReportedAttestation(Struct, frozen=True, kw_only=True):
    """An attestation, and whether it still counts."""

    attestation: Attestation
    validity: Validity


def report_waivers(
    waivers: Iterable[Waiver], findings: Iterable[ReportedFinding], target: str, at: datetime
) -> Iterator[ReportedWaiver]:
    """Tell of each waiver of the target what it covers; those that end first come first."""
    waived = [finding for finding in findings if finding.waiver]
    for waiver in sorted(waivers, key=lambda each: (each.expires, each.rule, each.subject)):
        if waiver.target in {None, target}:
            yield ReportedWaiver(
                waiver=waiver,
                validity=_validity(waiver, at),
                findings=tuple(each.id for each in waived if each.waiver == waiver),
            )


def report_attestations(
    attestations: Iterable[Attestation], target: str, at: datetime
) -> Iterator[ReportedAttestation]:
    """Tell of each attestation for the target how long it counts; what ends first comes first."""
    for each in sorted(attestations, key=lambda each: (each.expires, each.rule)):
        if each.target in {None, target}:
            yield ReportedAttestation(attestation=each, validity=_validity(each, at))


def _validity(vouched: Waiver | Attestation, at: datetime) -> Validity:
    if vouched.expires < at.date():
        return Validity.EXPIRED
    return Validity.EXPIRING if vouched.expires <= (at + SOON).date() else Validity.VALID
