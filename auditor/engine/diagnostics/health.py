"""One thing that an audit needs, and how it stands. Pure."""

from enum import StrEnum

from msgspec import Struct


class HealthStatus(StrEnum):
    """How something stands, from best to worst."""

    OK = "ok"
    NOTICE = "notice"
    """Nothing is wrong; somebody should know of it."""

    WARNING = "warning"
    """Audits take place, but see, keep or tell less than they could, or soon will."""

    ERROR = "error"
    """There can be no audit."""


class HealthCheck(Struct, frozen=True, kw_only=True):
    """A credential, a permission, a connection, a place: what was tried and what came of it."""

    area: str
    """``Okta``, ``Unleash``, ``history``, ``Slack`` …"""

    about: str
    status: HealthStatus
    message: str
    details: tuple[str, ...] = ()
    unknown_rules: tuple[str, ...] = ()
    """Rules that cannot tell, and asked for this."""

    needed_by: tuple[str, ...] = ()
    """Rules that could not tell without it."""

    remediation: str = ""
