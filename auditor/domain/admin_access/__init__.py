"""The admins of Unleash and the two admin paths. Pure.

Each path is proven, disproven or unknown. One proven path is enough, even if the other is unknown.
No path exists only if both are disproven. Tokens and service accounts give access by API only, and
are not a path.
"""

from auditor.domain.admin_access.admins import Admins, weigh_admins
from auditor.domain.admin_access.direct_admins import DirectAdmin, Tried
from auditor.domain.admin_access.group_admins import AdminGroup
from auditor.domain.admin_access.recovery import Recovery

__all__ = ["AdminGroup", "Admins", "DirectAdmin", "Recovery", "Tried", "weigh_admins"]
