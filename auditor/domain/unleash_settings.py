"""The login and SCIM settings of Unleash, each read from one or more sources. Pure.

A weaker source replaces a stronger one only where a function states it. Sources that contradict
each other leave the setting unknown, and the reason quotes all of them. The statistics can be some
minutes old.
"""

from typing import Any, Literal

from msgspec import Struct

from auditor.domain.collections import (
    INSTANCE,
    OIDC,
    PASSWORD_LOGIN,
    SAML,
    SCIM,
    STATISTICS,
    Collection,
    MissingReason,
)
from auditor.domain.reasons import MissingDataReason, Undecidable
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import Statistics


class Setting(Struct, frozen=True, kw_only=True):
    """The state of one setting."""

    is_on: bool | None
    """``None``: unknown; ``reason`` states why."""

    reason: MissingDataReason | Undecidable | None = None
    source: str = ""
    """Name of the collection that decided it."""


def read_password_login(snapshot: Snapshot) -> Setting:
    """Read ui-config and the Enterprise setting; the statistics only when neither states it."""
    config, simple = snapshot.get(INSTANCE), snapshot.get(PASSWORD_LOGIN)
    off_in_config = config.password_login_disabled if config else None
    sources = (
        (INSTANCE, None if off_in_config is None else not off_in_config),
        (PASSWORD_LOGIN, not simple.disabled if simple else None),
    )
    statistics = ((STATISTICS, _statistics(snapshot).password_login_enabled),)
    return _combine(snapshot, "password login", (sources, statistics))


def read_single_sign_on(snapshot: Snapshot, way: Literal["saml", "oidc"]) -> Setting:
    """Read the SAML or OIDC settings. The statistics contradict them, but never replace them."""
    collection = SAML if way == "saml" else OIDC
    gap = snapshot.lacks(collection)
    # Single sign-on is a feature of Enterprise: where its path does not exist, it is off.
    if gap and gap.why is MissingReason.NOT_ON_THIS_EDITION:
        return Setting(is_on=False, source=collection.name)
    settings, statistics = snapshot.get(collection), _statistics(snapshot)
    enabled = settings.enabled if settings else None
    if enabled is None:
        return Setting(is_on=None, reason=_unread(snapshot, collection, f"{way.upper()} sign-on"))
    second = statistics.saml_enabled if way == "saml" else statistics.oidc_enabled
    sources = ((collection, enabled), (STATISTICS, second))
    return _combine(snapshot, f"{way.upper()} sign-on", (sources,))


def read_scim(snapshot: Snapshot) -> Setting:
    """Read the SCIM settings; the statistics replace them when they do not state it."""
    settings = snapshot.get(SCIM)
    sources = (
        (SCIM, settings.enabled if settings else None),
        (STATISTICS, _statistics(snapshot).scim_enabled),
    )
    return _combine(snapshot, "SCIM", (sources,))


def has_single_sign_on(snapshot: Snapshot, way: Literal["saml", "oidc"]) -> bool | None:
    """Whether users can sign in by SAML or OIDC; ``None``: unknown."""
    return read_single_sign_on(snapshot, way).is_on


def is_scim_unsupported(snapshot: Snapshot) -> bool:
    """Whether this edition of Unleash is known to have no SCIM."""
    gap = snapshot.lacks(SCIM)
    return gap is not None and gap.why is MissingReason.NOT_ON_THIS_EDITION


Source = tuple[Collection[Any], bool | None]


def _combine(snapshot: Snapshot, what: str, ranks: tuple[tuple[Source, ...], ...]) -> Setting:
    """Use the first rank in which a source states the setting; its sources must agree."""
    for sources in ranks:
        stated = [(collection, is_on) for collection, is_on in sources if is_on is not None]
        if len({is_on for _, is_on in stated}) > 1:
            quotes = ", but ".join(
                f"{collection} reports it as {'on' if is_on else 'off'}"
                for collection, is_on in stated
            )
            return Setting(is_on=None, reason=Undecidable(what=what, why=quotes))
        if stated:
            return Setting(is_on=stated[0][1], source=stated[0][0].name)
    return Setting(is_on=None, reason=_unread(snapshot, ranks[0][0][0], what))


def _unread(
    snapshot: Snapshot, collection: Collection[Any], what: str
) -> MissingDataReason | Undecidable:
    undecidable = Undecidable(what=what, why=f"{collection} does not state it")
    return snapshot.missing_reason(collection, what) or undecidable


def _statistics(snapshot: Snapshot) -> Statistics:
    return snapshot.get(STATISTICS) or Statistics()
