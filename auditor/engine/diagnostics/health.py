"""One thing that an audit needs, and how it stands. Pure."""

from enum import StrEnum

from msgspec import Struct


class HealthStatus(StrEnum):
    """How something stands, from best to worst."""

    WORKS = "works"
    NOTE = "note"
    """Nothing is wrong; somebody should know of it."""

    ATTENTION = "attention"
    """Audits take place, but see, keep or tell less than they could, or soon will."""

    BROKEN = "broken"
    """There can be no audit."""


class HealthCheck(Struct, frozen=True, kw_only=True):
    """A credential, a permission, a connection, a place: what was tried and what came of it."""

    area: str
    """``Okta``, ``Unleash``, ``history``, ``Slack`` …"""

    about: str
    standing: HealthStatus
    says: str
    details: tuple[str, ...] = ()
    blinds: tuple[str, ...] = ()
    """Rules that cannot tell, and asked for this."""

    needed_by: tuple[str, ...] = ()
    """Rules that could not tell without it."""

    remedy: str = ""
