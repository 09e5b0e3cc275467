"""Which ways of signing in Unleash has switched on. Pure."""

from typing import Literal

from auditor.world.snapshot import INSTANCE, OIDC, PASSWORD_LOGIN, SAML, STATISTICS, Snapshot
from auditor.world.unleash import Statistics


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
