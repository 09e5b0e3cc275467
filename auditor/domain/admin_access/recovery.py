"""The first way in: a recovery account with a password. Pure.

No API says who has a password; admin-count only counts them. Of D direct admins with C passwords
among them, E are eligible as recovery accounts. At worst all the other D - E have a password, so
at least C - (D - E) of the eligible have one.
"""

from msgspec import Struct, field

from auditor.domain.admin_access.direct_admins import DirectAdmin, Tried, direct_admins
from auditor.domain.collections import ADMIN_COUNT, INSTANCE, USERS
from auditor.domain.reasons import MissingDataReason, Undecidable
from auditor.domain.snapshot import Snapshot
from auditor.domain.tristate import Claim, Tristate, all_of, any_of, disproven, proven, unknown
from auditor.domain.unleash_settings import has_password_login
from auditor.domain.waivers import Attestation


class Recovery(Struct, frozen=True, kw_only=True):
    """The direct admins and what they are worth when Okta is gone."""

    admins: tuple[DirectAdmin, ...]
    listed: Claim
    """It is known of everybody who is a direct admin."""

    password_login: Claim
    reachable: Claim
    """One of them can log in."""

    certain: int
    """So many recovery accounts have a password for certain; 0 when none can log in."""

    attested: dict[int, Attestation] = field(default_factory=dict)
    """Who tried a recovery account, by its id; empty when it works without their word."""

    @property
    def eligible(self) -> tuple[DirectAdmin, ...]:
        """Those that are certainly recovery accounts, given a password."""
        return tuple(each for each in self.admins if each.eligible.state is Tristate.PROVEN)


def weigh_recovery(snapshot: Snapshot, tried: Tried) -> Recovery:
    """Find out whether a direct admin outside SCIM and Okta can log in with a password."""
    admins = tuple(direct_admins(snapshot, tried))
    listed, password_login = _listed(snapshot), _password_login(snapshot)
    eligible = [each for each in admins if each.eligible.state is Tristate.PROVEN]
    tried_ones = {each.account.id: each.tried for each in eligible if each.tried}
    has_password, certain = _count(snapshot, direct=len(admins), eligible=len(eligible))
    rests_on_word = has_password.state is Tristate.UNKNOWN and bool(tried_ones)
    if rests_on_word:
        names = ", ".join(each.account.label for each in eligible if each.tried)
        has_password = proven(f"somebody vouches that {names} was tried")
    reachable = all_of(password_login, _some_eligible(listed, admins), has_password)
    works = reachable.state is Tristate.PROVEN
    return Recovery(
        admins=admins,
        listed=listed,
        password_login=password_login,
        reachable=reachable,
        certain=max(certain, len(tried_ones)) if works else 0,
        attested=tried_ones if works and rests_on_word else {},
    )


def _password_login(snapshot: Snapshot) -> Claim:
    enabled = has_password_login(snapshot)
    if enabled is None:
        what = "whether password login is on"
        return unknown(
            snapshot.missing_reason(INSTANCE, what)
            or Undecidable(what=what, why=f"{INSTANCE} does not state it")
        )
    return proven("password login is on") if enabled else disproven("password login is off")


def _listed(snapshot: Snapshot) -> Claim:
    """Tell whether it is known of everybody who is a direct admin."""
    users = snapshot.get(USERS)
    if users is None:
        return unknown(
            MissingDataReason(
                collection=USERS.name,
                missing=snapshot.why_missing(USERS),
                what="who is an admin",
            )
        )
    if users.admin_role_id is None:
        return unknown(f"who is an admin: {USERS} names no root role Admin")
    if unsaid := sum(account.root_role is None for account in users.users):
        return unknown(f"the root role of {unsaid} accounts is not said")
    return proven("all direct admins are listed")


def _some_eligible(listed: Claim, admins: tuple[DirectAdmin, ...]) -> Claim:
    perhaps_more = () if listed.state is Tristate.PROVEN else (listed,)
    return any_of(
        (*(each.eligible for each in admins), *perhaps_more),
        otherwise="no account has the Admin root role itself",
    )


def _count(snapshot: Snapshot, *, direct: int, eligible: int) -> tuple[Claim, int]:
    count = snapshot.get(ADMIN_COUNT)
    if count is None:
        missing = snapshot.why_missing(ADMIN_COUNT)
        what = "whether an admin has a password"
        reason = MissingDataReason(collection=ADMIN_COUNT.name, missing=missing, what=what)
        return unknown(reason), 0
    if (counted := count.password + count.no_password) != direct:
        return unknown(f"{ADMIN_COUNT} counts {counted} direct admins, {USERS} lists {direct}"), 0
    if count.password == 0:
        return disproven("no direct admin has a password"), 0
    others = direct - eligible
    if (certain := count.password - others) > 0:
        return proven(
            f"at least {certain} of {eligible} recovery accounts have a password"
        ), certain
    return unknown(
        f"whether a recovery account has a password: {count.password} of {direct} direct admins "
        f"have one, and the {others} that are no recovery accounts may be those"
    ), 0
