"""With ``privacy = "ids"``, only fields that are declared here leave the boundary as they are.

The fields come from the types of the collections. A new text field fails the test until it is
replaced, or declared as one that names no user.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from auditor.domain.collections import COLLECTIONS
from auditor.domain.privacy import pseudonymize
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target

CANARY = "Canary O'Hara"
AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
TARGET = Target(
    name="main", org_url="https://acme.okta.example", app_id="0oa1", unleash_url="https://u.example"
)

IDS = {
    *("App.id", "ProfileMapping.id", "ProfileMapping.source_id", "ProfileMapping.target_id"),
    *("UserType.id", "Assignment.user_id", "Assignment.name", "Assignment.external_id"),
    *("Assignment.user_type_id", "AppGroup.id", "GroupPush.id", "GroupPush.source_group_id"),
    *("GroupPush.target_group_id", "PushedGroup.id", "PushedGroup.member_ids", "Actor.id"),
    *("LogTarget.id", "LogEvent.id", "User.scim_id", "Group.scim_id", "Event.subject"),
    "Statistics.instance_id",
}
"""Ids of Okta and Unleash. The name of an assignment is replaced by the id of its user."""

CODES = {
    "ScimEndpoint.content_type",
    *("App.status", "App.sign_on_mode", "App.username_template_type", "App.features"),
    *("Capabilities.create", "Capabilities.update", "Capabilities.deactivate"),
    *("Connection.status", "Connection.auth_scheme", "MappedAttribute.push_status"),
    *("Assignment.status", "Assignment.sync_state", "Assignment.scope", "Assignment.user_status"),
    *("GroupPush.status", "Actor.type", "LogTarget.type", "LogEvent.type", "LogEvent.result"),
    *("RootRole.type", "Event.type"),
}
"""Constants of the two APIs."""

CONFIGURATION = {
    *("App.label", "App.name", "UserType.name", "UserType.display_name"),
    *("SchemaAttribute.name", "SchemaAttribute.title", "SchemaAttribute.external_name"),
    *("SchemaAttribute.external_namespace", "ProfileMapping.properties", "RootRole.name"),
    *("Connection.base_url", "Instance.version_oss", "Instance.version_enterprise"),
    *("Instance.environment", "Instance.unleash_url", "Instance.base_uri_path"),
    "ScimEndpoint.url",
}
"""Names that administrators give to parts of the configuration; documented as kept."""

OWN_TEXTS = {"PushedGroup.members_gap"}
"""Sentences of the auditor with numbers, and without text of the two services."""


def filled(kind: inspect.Type) -> Any:  # noqa: PLR0911  (a table of types)
    """Return plain values of a type, with the canary in each text."""
    match kind:
        case inspect.StructType():
            return {field.encode_name: filled(field.type) for field in kind.fields}
        case inspect.UnionType():
            return filled(
                next(each for each in kind.types if not isinstance(each, inspect.NoneType))
            )
        case inspect.CollectionType() | inspect.VarTupleType():
            return [filled(kind.item_type)]
        case inspect.DictType():
            return {filled(kind.key_type): filled(kind.value_type)}
        case inspect.StrType():
            return CANARY
        case inspect.BoolType():
            return True
        case inspect.IntType() | inspect.FloatType():
            return 1
        case inspect.DateTimeType():
            return AT
        case inspect.EnumType():
            return next(iter(kind.cls)).value
    raise NotImplementedError(kind)


def fields_with_canary(value: Any, field: str = "") -> Iterator[str]:
    """Yield ``Type.field`` for each text that contains the canary."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from fields_with_canary(getattr(value, name), f"{type(value).__name__}.{name}")
    elif isinstance(value, dict):
        yield from fields_with_canary((*value, *value.values()), field)
    elif isinstance(value, (tuple, list, frozenset)):
        for each in value:
            yield from fields_with_canary(each, field)
    elif isinstance(value, str) and "anary" in value:
        yield field


def snapshot_with(name: str) -> Snapshot:
    kind = COLLECTIONS[name].type
    value = msgspec.convert(filled(inspect.type_info(kind)), kind)
    return Snapshot(target=TARGET, taken_at=AT, read={name: value}, missing={})


@pytest.mark.parametrize("name", COLLECTIONS)
def test_only_declared_fields_leave_the_boundary(name: str) -> None:
    left = set(fields_with_canary(pseudonymize(snapshot_with(name)).read[name]))
    assert left <= IDS | CODES | CONFIGURATION | OWN_TEXTS


def test_each_declared_field_exists_and_leaves() -> None:
    left = {
        field
        for name in COLLECTIONS
        for field in fields_with_canary(pseudonymize(snapshot_with(name)).read[name])
    }
    assert left == IDS | CODES | CONFIGURATION | OWN_TEXTS


def test_without_privacy_each_text_has_the_canary() -> None:
    fields = {
        field
        for name in COLLECTIONS
        for field in fields_with_canary(snapshot_with(name).read[name])
    }
    assert {"Assignment.email", "LogEvent.reason", "Group.name", "Event.created_by"} <= fields
