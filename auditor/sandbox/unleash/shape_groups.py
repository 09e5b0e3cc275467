"""The shapes of groups. Pure."""

from auditor.sandbox.answer import Json, iso_time
from auditor.sandbox.model.accounts import Team
from auditor.sandbox.model.instance import Instance
from auditor.sandbox.unleash.shape_users import named


def groups(it: Instance) -> Json:
    """Return `/groups`, whose nested users carry neither scimId nor rootRole."""
    return {"groups": [_group(team, it) for team in it.teams.values()]}


def access(it: Instance) -> Json:
    """`/user-admin/access`: names for any token."""
    return {
        "users": [
            named(account, {"id": account.id, "accountType": "User"}) for account in it.people
        ],
        "groups": [
            {
                "id": team.id,
                "name": team.name,
                "userCount": len(team.member_ids),
                "rootRole": team.root_role,
            }
            for team in it.teams.values()
        ],
    }


def _group(team: Team, it: Instance) -> Json:
    return {
        "id": team.id,
        "name": team.name,
        "description": "",
        "mappingsSSO": [],
        "rootRole": team.root_role,
        "createdBy": "admin",
        "createdAt": iso_time(team.created_at),
        "users": [
            {
                "joinedAt": iso_time(team.created_at),
                "createdBy": "admin",
                "user": named(
                    it.accounts[member],
                    {"id": member, "seenAt": iso_time(it.accounts[member].seen_at)},
                ),
            }
            for member in team.member_ids
        ],
        "projects": [],
        "userCount": len(team.member_ids),
        "scimId": team.scim_id,
    }
