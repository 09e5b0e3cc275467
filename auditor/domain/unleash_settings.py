"""Which ways of signing in Unleash has switched on. Pure."""

from typing import Literal

from auditor.domain.collections import (
    INSTANCE,
    OIDC,
    PASSWORD_LOGIN,
    SAML,
    SCIM,
    STATISTICS,
    MissingData,
    MissingReason,
)
from auditor.domain.snapshot import DataMissing, Snapshot
from auditor.domain.unleash import Statistics


def has_password_login(snapshot: Snapshot) -> bool | None:
    """Ask the console's configuration, then the settings, then the statistics, which may be old.

    ``None``: nothing tells.
    """
    config, simple = snapshot.get(INSTANCE), snapshot.get(PASSWORD_LOGIN)
    if config and config.password_login_disabled is not None:
        return not config.password_login_disabled
    if simple:
        return not simple.disabled
    return _statistics(snapshot).password_login_enabled


def has_single_sign_on(snapshot: Snapshot, way: Literal["saml", "oidc"]) -> bool | None:
    """Ask the settings, then the statistics; ``None``: nothing tells."""
    settings = snapshot.get(SAML if way == "saml" else OIDC)
    if settings and settings.enabled is not None:
        return settings.enabled
    statistics = _statistics(snapshot)
    return statistics.saml_enabled if way == "saml" else statistics.oidc_enabled


def _statistics(snapshot: Snapshot) -> Statistics:
    return snapshot.get(STATISTICS) or Statistics()


def is_scim_enabled(snapshot: Snapshot) -> bool:
    """Tell whether SCIM is on, by its settings, else by the statistics.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when neither says.
    """
    settings, statistics = snapshot.get(SCIM), snapshot.get(STATISTICS)
    if settings and settings.enabled is not None:
        return settings.enabled
    if statistics and statistics.scim_enabled is not None:
        return statistics.scim_enabled
    silent = MissingData(
        why=MissingReason.BAD_PAYLOAD,
        endpoint="GET /api/admin/scim-settings",
        detail="does not say",
    )
    raise DataMissing(SCIM, snapshot.lacks(SCIM) or silent)


def is_scim_unsupported(snapshot: Snapshot) -> bool:
    """Tell whether this edition of Unleash is known to have no SCIM."""
    gap = snapshot.lacks(SCIM)
    return gap is not None and gap.why is MissingReason.NOT_ON_THIS_EDITION
