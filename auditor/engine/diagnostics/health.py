"""A health check: one thing that an audit needs, and its status. Pure."""

from enum import StrEnum

from msgspec import Struct


class HealthStatus(StrEnum):
    """The status of a health check, from best to worst."""

    OK = "ok"
    NOTICE = "notice"
    """Nothing is wrong, but the operator should know it."""

    WARNING = "warning"
    """Audits run, but they read, store or notify less than they could, or soon will."""

    ERROR = "error"
    """No audit is possible."""


class HealthCheck(Struct, frozen=True, kw_only=True):
    """The check of a credential, a permission, a connection or a location, with its result."""

    area: str
    """``Okta``, ``Unleash``, ``history``, ``Slack`` …"""

    about: str
    status: HealthStatus
    message: str
    details: tuple[str, ...] = ()
    unknown_rules: tuple[str, ...] = ()
    """Rules that read this and are unknown."""

    needed_by: tuple[str, ...] = ()
    """Rules that would be unknown without it."""

    remediation: str = ""
