"""Severities, the basis of a pass, and the families of rules with their controls. Pure."""

from enum import StrEnum


class Severity(StrEnum):
    """The severity of a finding: how soon it must be fixed."""

    rank: int
    """Order from 0 (low) to 3 (critical)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    def __init__(self, _: str) -> None:
        # An attribute, not a property: reports sort up to 100,000 findings by it.
        self.rank = len(type(self).__members__)


class Basis(StrEnum):
    """The basis of a pass or of a finding."""

    OBSERVED = "observed"
    """An effect was observed."""

    REPORTED = "reported"
    """The API reports it."""

    PROXY = "proxy"
    """A flag that stands for more than one switch."""


class Family(StrEnum):
    """The subject of a rule; decides its controls."""

    IDENTIFIER = "email, username, SSO identifier"
    ONLY_SIX = "only six"
    CONNECTION = "SCIM connection, app"
    PUSH_FLAGS = "push flags"
    RECONCILIATION = "reconciliation"
    ADMIN_REACHABLE = "admin reachable"

    @property
    def controls(self) -> dict[str, tuple[str, ...]]:
        """Controls by framework: SOC 2, ISO 27001 Annex A, NIST 800-53."""
        return _CONTROLS[self]


_CONTROLS: dict[Family, dict[str, tuple[str, ...]]] = {
    Family.IDENTIFIER: {
        "SOC 2": ("CC6.1",),
        "ISO 27001": ("A.5.16",),
        "NIST 800-53": ("IA-4", "CM-6"),
    },
    Family.ONLY_SIX: {
        "SOC 2": ("CC6.1", "C1.1"),
        "ISO 27001": ("A.5.34",),
        "NIST 800-53": ("CM-6", "CM-7"),
    },
    Family.CONNECTION: {
        "SOC 2": ("CC6.1", "CC6.6"),
        "ISO 27001": ("A.5.17", "A.8.9"),
        "NIST 800-53": ("AC-2(1)", "IA-5", "CM-6"),
    },
    Family.PUSH_FLAGS: {
        "SOC 2": ("CC6.2", "CC6.3"),
        "ISO 27001": ("A.5.16", "A.5.18"),
        "NIST 800-53": ("AC-2(1)", "AC-2(3)", "PS-4"),
    },
    Family.RECONCILIATION: {
        "SOC 2": ("CC6.2", "CC6.3"),
        "ISO 27001": ("A.5.16", "A.5.18"),
        "NIST 800-53": ("AC-2", "AC-6(7)"),
    },
    Family.ADMIN_REACHABLE: {
        "SOC 2": ("CC6.1", "A1.2"),
        "ISO 27001": ("A.5.17", "A.8.2"),
        "NIST 800-53": ("AC-2", "CP-2"),
    },
}
