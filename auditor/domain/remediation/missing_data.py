"""The remediation for missing data. Pure."""

from auditor.domain.collections import APP, LOG, MAPPINGS, MissingData, MissingReason
from auditor.domain.permissions import OKTA_PERMISSIONS, UNLEASH_PERMISSIONS, Side

_OF_THE_APP = frozenset({APP.name, LOG.name, MAPPINGS.name})
"""Collections that are missing when the app is not found."""

_APP = " /api/v1/apps/"

_NO_SUCH_APP = "The org has no app with this id: check target.okta.app_id."
_REMEDIES = {
    MissingReason.RATE_LIMITED: (
        "Other clients use up the rate limit. Audit at another time, or raise the auditor's share."
    ),
    MissingReason.TIMEOUT: (
        "The answer took too long. Check the service, and each proxy in front of it."
    ),
    MissingReason.NETWORK: (
        "There was no usable answer. Check the service, and each proxy in front of it."
    ),
    MissingReason.BAD_PAYLOAD: (
        "Another server answers there. Check the address, and each gateway in front of it."
    ),
    MissingReason.TRUNCATED: "The list is incomplete: the next audit reads it again.",
    MissingReason.NOT_FOUND: (
        "It does not exist. Check the address and the path in the configuration."
    ),
    MissingReason.NOT_ON_THIS_EDITION: ("This edition, or this kind of app, does not have it."),
    MissingReason.NOT_CONFIGURED: (
        "It is in another org. The auditor has no credential for that org."
    ),
    MissingReason.LEFT_TO_FULL_AUDIT: "The next full audit reads it.",
}


def missing_data_remediation(collection: str, missing: MissingData) -> str:
    """Return the remediation for a collection that could not be read."""
    if (
        missing.why is MissingReason.NOT_FOUND
        and collection in _OF_THE_APP
        and _APP in missing.endpoint
    ):
        return _NO_SUCH_APP
    if missing.why is MissingReason.UNAUTHORIZED:
        return credential_remediation(f"target.{collection.partition('.')[0]}", missing)
    if missing.why is MissingReason.FORBIDDEN:
        return _grants(collection, missing)
    return _REMEDIES[missing.why]


def credential_remediation(table: str, missing: MissingData) -> str:
    """Return the remediation for a refused credential; ``table`` configures it."""
    if missing.detail == "invalid_scope":
        return (
            f"Grant the service app every scope of {table}.scopes (in Okta's console, on its "
            "tab Okta API Scopes), or name fewer there."
        )
    if missing.detail == "invalid_dpop_proof":
        return f"The service app requires DPoP. Write dpop = true under {table}."
    return f"Issue a new credential and store it in the variable or the file that {table} names."


def _grants(collection: str, missing: MissingData) -> str:
    """Return the permission to grant: if several are possible, the one whose path was refused."""
    grants = [
        each
        for each in (*OKTA_PERMISSIONS, *UNLEASH_PERMISSIONS)
        if collection in {one.name for one in each.collections}
    ]
    refused = [each for each in grants if f" {each.paths}" in missing.endpoint]
    return " ".join(each.grant for each in refused or grants)


def side_remediation(side: Side, gap: MissingData) -> str:
    """Return the remediation if nothing of a side can be read; empty: the reason states it."""
    if gap.why is MissingReason.FORBIDDEN:
        return "Give it the permissions that `auditor doctor` lists."
    if gap.why is MissingReason.UNAUTHORIZED:
        return credential_remediation(side.table, gap)
    if gap.why is MissingReason.NETWORK and gap.status is None:
        return ""
    return missing_data_remediation(side.name, gap)
