"""A remediation as data, so that its effects can be simulated. Pure.

The auditor only reads: it never applies a fix.
"""

from msgspec import Struct


class AttributeFix(Struct, frozen=True, kw_only=True):
    """The new mapping of one attribute; it applies on create and update."""

    name: str
    """Name of the attribute in the app."""

    expression: str | None
    """``None``: the attribute is no longer mapped."""


class MappingFix(Struct, frozen=True, kw_only=True, tag="mapping"):
    """Changes the mapping of one user type and pushes every assigned user of this type."""

    type_id: str | None
    """Id of the user type; ``None``: every user type that is mapped to the app."""

    attributes: tuple[AttributeFix, ...]


class PushFlagFix(Struct, frozen=True, kw_only=True, tag="push_flag"):
    """Turns a provisioning action on, and pushes the users who were missed."""

    flag: str
    """Name of the :class:`~auditor.domain.provisioning.push_features.PushFlag`."""


class GroupPushFix(Struct, frozen=True, kw_only=True, tag="group_push"):
    """Activates the push of a group and pushes its members."""

    push_id: str


Fix = MappingFix | PushFlagFix | GroupPushFix
