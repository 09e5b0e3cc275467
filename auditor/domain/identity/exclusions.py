"""Accounts that are left out: excluded, or provisioned by another app. Pure."""

from auditor.domain.collections import EXCLUDED_GROUP, OTHER_ASSIGNMENTS, MissingData
from auditor.domain.identity.people import People
from auditor.domain.snapshot import DataMissing, Snapshot
from auditor.domain.target import Exclusions, OtherSource, Target
from auditor.domain.unleash import User


def excludes_some(snapshot: Snapshot, people: People) -> bool:
    """Whether the configuration can leave an account out. Most targets leave none out."""
    target = snapshot.target
    return bool(target.exclude != Exclusions() or target.also_provisioned_by or people.elsewhere)


def is_excluded(snapshot: Snapshot, people: People, account: User) -> bool:
    """Whether ``exclude`` or ``also_provisioned_by`` leaves the account out.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when this depends on a group or an app
    that could not be read.
    """
    target = snapshot.target
    owner = people.by_account_id.get(account.id)
    ids = (str(account.id), *([owner.okta.user_id] if owner else []))
    # First what the configuration alone decides: the checks below need data that can be missing.
    if target.exclude.covers(*ids, names=(account.email, account.username)):
        return True
    if target.exclude.okta_group and owner and owner.okta.user_id in _excluded_people(snapshot):
        return True
    if account.id in people.elsewhere:
        return True
    if gap := unread_source(snapshot):
        raise DataMissing(OTHER_ASSIGNMENTS, gap)
    return False


def unread_source(snapshot: Snapshot) -> MissingData | None:
    """Return why the assignments of the other apps of this org were not read."""
    target = snapshot.target
    named = any(not _is_foreign(source, target) for source in target.also_provisioned_by)
    return snapshot.lacks(OTHER_ASSIGNMENTS) if named else None


def foreign_sources(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the apps of other orgs, whose assignments cannot be read with this credential."""
    target = snapshot.target
    return tuple(
        f"app {source.app_id} of {source.org_url}"
        for source in target.also_provisioned_by
        if _is_foreign(source, target)
    )


def _is_foreign(source: OtherSource, target: Target) -> bool:
    return source.org_url not in {None, target.org_url}


def _excluded_people(snapshot: Snapshot) -> frozenset[str]:
    members = snapshot[EXCLUDED_GROUP].member_ids
    if members is None:
        raise DataMissing(EXCLUDED_GROUP, snapshot.why_missing(EXCLUDED_GROUP))
    return members
