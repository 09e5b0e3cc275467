"""The shapes of profile mappings and user types. Pure."""

from auditor.sandbox.answer import Json, iso_time
from auditor.sandbox.model.org import End, Org, ProfileMapping, UserType


def mapping(it: ProfileMapping, org: Org, *, whole: bool) -> Json:
    """`/mappings/{id}`; without `properties` as the list has it."""
    body: Json = {"id": it.id, "source": _end(it.source, org), "target": _end(it.target, org)}
    if whole:
        body["properties"] = {
            name: {"expression": mapped.expression, "pushStatus": mapped.push_status}
            for name, mapped in it.properties.items()
        }
    body["_links"] = {"self": {"href": f"{org.url}/api/v1/mappings/{it.id}"}}
    return body


def user_type(it: UserType, org: Org) -> Json:
    """One of `/meta/types/user`."""
    return {
        "id": it.id,
        "displayName": it.display_name,
        "name": it.name,
        "description": f"{it.display_name} profile template with default permission settings",
        "createdBy": "sprc00000000000SYSTEM",
        "lastUpdatedBy": "sprc00000000000SYSTEM",
        "created": iso_time(it.created_at),
        "lastUpdated": iso_time(it.created_at),
        "default": it.default,
        "_links": {
            "schema": {
                "rel": "schema",
                "href": f"{org.url}/api/v1/meta/schemas/user/{it.schema_id}",
                "method": "GET",
            },
            "self": {
                "rel": "self",
                "href": f"{org.url}/api/v1/meta/types/user/{it.id}",
                "method": "GET",
            },
        },
    }


def _end(it: End, org: Org) -> Json:
    if it.type == "user":
        here = f"{org.url}/api/v1/meta/types/user/{it.id}"
        its_schema = f"{org.url}/api/v1/meta/schemas/user/{it.schema_id}"
    else:
        here = f"{org.url}/api/v1/apps/{it.id}"
        its_schema = f"{org.url}/api/v1/meta/schemas/apps/{it.id}/default"
    return {
        "id": it.id,
        "name": it.name,
        "type": it.type,
        "_links": {"self": {"href": here}, "schema": {"href": its_schema}},
    }
