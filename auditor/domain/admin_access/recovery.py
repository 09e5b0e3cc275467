"""The first admin path: a recovery admin with a password. Pure.

No API shows which admin has a password; ``admin-count`` only counts them. Let D be the number of
direct admins, C the number with a password, and E the number of eligible ones. In the worst case
all D - E others have a password, so at least C - (D - E) eligible admins have one.
"""

from msgspec import Struct, field

from auditor.domain.admin_access.direct_admins import DirectAdmin, Tried, direct_admins
from auditor.domain.collections import ADMIN_COUNT, USERS
from auditor.domain.reasons import MissingDataReason
from auditor.domain.snapshot import Snapshot
from auditor.domain.tristate import Claim, Tristate, all_of, any_of, disproven, proven, unknown
from auditor.domain.unleash_settings import read_password_login
from auditor.domain.waivers import Attestation
from auditor.text import count


class Recovery(Struct, frozen=True, kw_only=True):
    """The direct admins, and whether one of them can sign in without Okta."""

    admins: tuple[DirectAdmin, ...]
    listed: Claim
    """All direct admins are known."""

    password_login: Claim
    reachable: Claim
    """At least one of them can sign in."""

    certain: int
    """Number of recovery admins that certainly have a password; 0 if none can sign in."""

    attested: dict[int, Attestation] = field(default_factory=dict)
    """Attestations on which ``reachable`` rests, by Unleash user id."""

    @property
    def eligible(self) -> tuple[DirectAdmin, ...]:
        """The direct admins that are certainly eligible."""
        return tuple(each for each in self.admins if each.eligible.state is Tristate.PROVEN)


def weigh_recovery(snapshot: Snapshot, tried: Tried) -> Recovery:
    """Decide whether an eligible direct admin can sign in with a password."""
    admins = tuple(direct_admins(snapshot, tried))
    listed, password_login = _listed(snapshot), _password_login(snapshot)
    eligible = [each for each in admins if each.eligible.state is Tristate.PROVEN]
    tried_ones = {each.account.id: each.tried for each in eligible if each.tried}
    has_password, certain = _count(snapshot, direct=len(admins), eligible=len(eligible))
    # An attestation fills a gap in the data. It cannot contradict a count of zero passwords.
    is_attested = has_password.state is Tristate.UNKNOWN and bool(tried_ones)
    if is_attested:
        names = ", ".join(each.account.label for each in eligible if each.tried)
        has_password = proven(f"an attestation states that {names} can sign in")
    reachable = all_of(password_login, _some_eligible(listed, admins), has_password)
    works = reachable.state is Tristate.PROVEN
    return Recovery(
        admins=admins,
        listed=listed,
        password_login=password_login,
        reachable=reachable,
        # Both numbers are lower limits of the same accounts, so they are not added.
        certain=max(certain, len(tried_ones)) if works else 0,
        attested=tried_ones if works and is_attested else {},
    )


def _password_login(snapshot: Snapshot) -> Claim:
    setting = read_password_login(snapshot)
    if setting.is_on is None:
        return unknown(setting.reason or "it is unknown whether password login is on")
    if setting.is_on:
        return proven("password login is on")
    return disproven("password login is off")


def _listed(snapshot: Snapshot) -> Claim:
    """Decide whether the user list shows all direct admins."""
    users = snapshot.get(USERS)
    if users is None:
        return unknown(
            MissingDataReason(
                collection=USERS.name,
                missing=snapshot.why_missing(USERS),
                what="which users are admins",
            )
        )
    if users.admin_role_id is None:
        return unknown(f"{USERS} contains no root role Admin")
    # Each of these accounts can be an admin that the list does not show.
    if unknown_roles := users.without_known_role:
        return unknown(f"{USERS} contains no root role of {count(unknown_roles, 'account')}")
    return proven("all direct admins are listed")


def _some_eligible(listed: Claim, admins: tuple[DirectAdmin, ...]) -> Claim:
    # An incomplete list can hide an eligible admin, so "none" becomes unknown.
    unlisted = () if listed.state is Tristate.PROVEN else (listed,)
    return any_of(
        (*(each.eligible for each in admins), *unlisted),
        otherwise="no user is a direct admin",
    )


def _count(snapshot: Snapshot, *, direct: int, eligible: int) -> tuple[Claim, int]:
    found = snapshot.get(ADMIN_COUNT)
    if found is None:
        missing = snapshot.why_missing(ADMIN_COUNT)
        what = "whether an admin has a password"
        reason = MissingDataReason(collection=ADMIN_COUNT.name, missing=missing, what=what)
        return unknown(reason), 0
    # List and count are about the same admins. If they differ, neither number can be trusted.
    if (counted := found.password + found.no_password) != direct:
        covered = count(counted, "direct admin")
        why = f"the admin count covers {covered}, but the user list has {direct}"
        return unknown(why), 0
    if found.password == 0:
        return disproven("no direct admin has a password"), 0
    others = direct - eligible
    if (certain := found.password - others) > 0:
        return proven(f"at least {certain} of {eligible} recovery admins have a password"), certain
    return unknown(
        "it is unknown whether a recovery admin has a password; "
        f"{found.password} of {direct} direct admins have one"
    ), 0
