"""Profile mappings, user types, and the schema of the app user profile."""

from collections.abc import Iterator

from auditor.collect.http import Endpoint
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import MAX_PAGE_BYTES
from auditor.collect.reader import Reader, Schema
from auditor.domain.collections import MissingReason
from auditor.domain.okta import MappedAttribute, ProfileMapping, SchemaAttribute, UserType

MAPPINGS_ENDPOINT = Endpoint(path="/api/v1/mappings", cap=MAX_PAGE_BYTES, family="/api/v1/mappings")
MAPPING_ENDPOINT = Endpoint(path="/api/v1/mappings/{}", family="/api/v1/mappings")
USER_TYPES_ENDPOINT = Endpoint(path="/api/v1/meta/types/user")
APP_SCHEMA_ENDPOINT = Endpoint(path="/api/v1/meta/schemas/apps/{}/default")


APP_SOURCE = "appuser"
"""Type of a mapping's source that is another app. A type that is not documented is kept."""


class _End(Schema):
    id: str
    type: str | None = None


class _Listed(Schema):
    id: str
    source: _End
    target: _End


class _Attribute(Schema):
    expression: str | None = None
    push_status: str | None = None


class _Mapping(_Listed):
    properties: dict[str, _Attribute | None]


def read_mappings(reader: Reader, app_id: str) -> tuple[ProfileMapping, ...]:
    """Read the mappings from user types to the app: first the list, then each one completely."""
    listed = reader.rows(
        # No sourceId: one list has the mappings of all user types.
        _Listed,
        MAPPINGS_ENDPOINT,
        key=lambda row: row.id,
        targetId=app_id,
        limit="200",
    )
    # Filtered again, because Okta can lose the filter of the list on later pages (recorded).
    wanted = [row.id for row in listed if row.target.id == app_id and row.source.type != APP_SOURCE]
    return tuple(reader.each(lambda id_: _read_mapping(reader, id_, app_id), wanted))


def _read_mapping(reader: Reader, mapping_id: str, app_id: str) -> ProfileMapping:
    mapping = reader.record(_Mapping, MAPPING_ENDPOINT, mapping_id)
    endpoint = f"GET {MAPPING_ENDPOINT.fill(mapping_id)}"
    if (mapping.id, mapping.target.id) != (mapping_id, app_id):
        raise CollectError(MissingReason.BAD_PAYLOAD, endpoint, "it is another mapping")
    return ProfileMapping(
        id=mapping.id,
        source_id=mapping.source.id,
        target_id=mapping.target.id,
        properties={
            name: _mapped(given, endpoint) for name, given in sorted(mapping.properties.items())
        },
    )


def _mapped(given: _Attribute | None, endpoint: str) -> MappedAttribute:
    attribute = given or _Attribute()
    # A part of a wrong type was left out. With no part left, the attribute would count as unmapped.
    if given and given.expression is None and given.push_status is None:
        words = "what it maps is no attribute with an expression"
        raise CollectError(MissingReason.BAD_PAYLOAD, endpoint, words)
    return MappedAttribute(expression=attribute.expression, push_status=attribute.push_status)


class _UserType(Schema):
    id: str
    name: str | None = None
    display_name: str | None = None
    default: bool = False


def read_user_types(reader: Reader) -> tuple[UserType, ...]:
    """Read ``/api/v1/meta/types/user``."""
    rows = list(reader.rows(_UserType, USER_TYPES_ENDPOINT, key=lambda row: row.id))
    if not rows:  # every org has a default user type
        name = f"GET {USER_TYPES_ENDPOINT.path}"
        raise CollectError(MissingReason.BAD_PAYLOAD, name, "the list is empty")
    return tuple(
        UserType(
            id=row.id,
            name=row.name or row.id,
            display_name=row.display_name,
            default=row.default,
        )
        for row in rows
    )


class _SchemaAttribute(Schema):
    title: str | None = None
    external_name: str | None = None
    external_namespace: str | None = None


class _Definition(Schema):
    properties: dict[str, _SchemaAttribute | None]


class _Definitions(Schema):
    base: _Definition
    custom: _Definition


class _Schema(Schema):
    definitions: _Definitions


def read_app_schema(reader: Reader, app_id: str) -> tuple[SchemaAttribute, ...]:
    """Read the app user profile: base and custom attributes together, by name."""
    parts = reader.record(_Schema, APP_SCHEMA_ENDPOINT, app_id).definitions
    base = _attributes(parts.base, is_custom=False)
    custom = _attributes(parts.custom, is_custom=True)
    # It varies from app to app which attributes are base and which are custom.
    found = {attribute.name: attribute for attribute in (*base, *custom)}
    if not found:  # every app profile has a user name, so an empty answer is not true
        name = f"GET {APP_SCHEMA_ENDPOINT.fill(app_id)}"
        raise CollectError(MissingReason.BAD_PAYLOAD, name, "the app profile has no attributes")
    return tuple(found[name] for name in sorted(found))


def _attributes(part: _Definition, *, is_custom: bool) -> Iterator[SchemaAttribute]:
    for name, given in part.properties.items():
        attribute = given or _SchemaAttribute()
        yield SchemaAttribute(
            name=name,
            title=attribute.title,
            external_name=attribute.external_name,
            external_namespace=attribute.external_namespace,
            custom=is_custom,
        )
