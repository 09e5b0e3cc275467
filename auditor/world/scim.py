"""Whether Unleash takes what Okta sends: its SCIM switch. Pure."""

from auditor.world.snapshot import SCIM, STATISTICS, Missing, NotSeen, Why
from auditor.world.world import World


def is_enabled(world: World) -> bool:
    """Tell whether SCIM is on, by its settings, else by the statistics.

    Raises :class:`~auditor.world.snapshot.NotSeen` when neither says.
    """
    settings, statistics = world.get(SCIM), world.get(STATISTICS)
    if settings and settings.enabled is not None:
        return settings.enabled
    if statistics and statistics.scim_enabled is not None:
        return statistics.scim_enabled
    silent = Missing(
        why=Why.BAD_PAYLOAD, endpoint="GET /api/admin/scim-settings", detail="does not say"
    )
    raise NotSeen(SCIM, world.lacks(SCIM) or silent)


def is_unsupported(world: World) -> bool:
    """Tell whether this edition of Unleash is known to have no SCIM."""
    gap = world.lacks(SCIM)
    return gap is not None and gap.why is Why.NOT_ON_THIS_EDITION
