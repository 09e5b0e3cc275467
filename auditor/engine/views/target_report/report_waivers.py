"""Waivers and attestations, with their validity. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.views.target_report.report_findings import ReportedFinding


class Validity(StrEnum):
    """Validity of a waiver or an attestation."""

    EXPIRED = "expired"
    EXPIRING = "expires soon"
    VALID = "valid"


class ReportedWaiver(Struct, frozen=True, kw_only=True):
    """A waiver and the findings that it accepts."""

    waiver: Waiver
    validity: Validity
    findings: tuple[str, ...]
    """Ids of the accepted findings; empty: the waiver matches nothing."""


class ReportedAttestation(Struct, frozen=True, kw_only=True):
    """An attestation and its validity."""

    attestation: Attestation
    validity: Validity


def report_waivers(
    waivers: Iterable[Waiver],
    findings: Iterable[ReportedFinding],
    target: str,
    at: datetime,
    notice: timedelta,
) -> Iterator[ReportedWaiver]:
    """Yield each waiver of the target, the earliest expiry first.

    ``notice``: how long before its expiry a waiver is listed as expiring.
    """
    waived = [finding for finding in findings if finding.waiver]
    for waiver in sorted(waivers, key=lambda each: (each.expires, each.rule, each.subject)):
        if waiver.target in {None, target}:
            yield ReportedWaiver(
                waiver=waiver,
                validity=_validity(waiver, at, notice),
                findings=tuple(each.id for each in waived if each.waiver == waiver),
            )


def report_attestations(
    attestations: Iterable[Attestation], target: str, at: datetime, notice: timedelta
) -> Iterator[ReportedAttestation]:
    """Yield each attestation for the target, the earliest expiry first."""
    for each in sorted(attestations, key=lambda each: (each.expires, each.rule)):
        if each.target in {None, target}:
            yield ReportedAttestation(attestation=each, validity=_validity(each, at, notice))


def _validity(promise: Waiver | Attestation, at: datetime, notice: timedelta) -> Validity:
    if promise.expires < at.date():
        return Validity.EXPIRED
    return Validity.EXPIRING if promise.expires <= (at + notice).date() else Validity.VALID
