"""An admin is always reachable: who administers Unleash, and the two ways in. Pure.

A way in is proven, disproven or unknown. One that is proven will do, whatever the other is;
only when both are disproven is there no way in. Tokens and service accounts reach the API only
and are no way in.
"""

from auditor.domain.admin_access.admins import Admins, weigh_admins
from auditor.domain.admin_access.direct_admins import DirectAdmin, Tried
from auditor.domain.admin_access.group_admins import AdminGroup
from auditor.domain.admin_access.recovery import Recovery

__all__ = ["AdminGroup", "Admins", "DirectAdmin", "Recovery", "Tried", "weigh_admins"]
