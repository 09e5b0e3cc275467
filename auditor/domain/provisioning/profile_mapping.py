"""The profile mappings to the app, one per user type. Pure."""

import json
from collections.abc import Iterator, Mapping

from msgspec import Struct

from auditor.domain.collections import APP, APP_SCHEMA, ASSIGNMENTS, LOG, MAPPINGS, USER_TYPES
from auditor.domain.context import RuleContext
from auditor.domain.okta import Assignment, MappedAttribute, ProfileMapping
from auditor.domain.provisioning.guide_attributes import GUIDE_EXPRESSIONS, SIX_ATTRIBUTES, aliases
from auditor.domain.provisioning.log_events.event_meanings import EventProof, proof_of
from auditor.domain.remediation import console_links, terraform
from auditor.domain.remediation.fix import AttributeFix, MappingFix

_EMPTY = frozenset({"", "''", '""', "null"})
"""Expressions that have no value."""

_GUIDE = {
    name: MappedAttribute(expression=expression, push_status="PUSH")
    for name, expression in GUIDE_EXPRESSIONS.items()
}


class TypeMapping(Struct, frozen=True):
    """The mapping of one user type to the app."""

    record: ProfileMapping
    title: str
    """The user type for readers: ``user type "Contractor"``."""

    place: str
    """Path in the console, as labels."""

    link: str | None
    aliases: Mapping[str, str] | None
    """The app's own names for some of the six; ``None``: the app schema was not read."""

    allowed: frozenset[str] | None
    """Attributes that may be mapped beyond the six; ``None``: any."""

    @property
    def type_id(self) -> str:
        """Id of the user type."""
        return self.record.source_id

    def get(self, name: str) -> MappedAttribute | None:
        """Return the mapping of one of the six, by the guide's name.

        ``None``: not mapped. A mapping with an empty expression carries no information.
        """
        found = self.record.properties.get(self.own_name(name))
        return found if found and _is_mapped(found) else None

    def extras(self) -> Iterator[tuple[str, MappedAttribute]]:
        """Yield the mappings beyond the six, sorted by name."""
        for name, each in sorted(self.record.properties.items()):
            if (self.aliases or {}).get(name, name) not in SIX_ATTRIBUTES and _is_mapped(each):
                yield name, each

    @property
    def may_rename(self) -> bool:
        """Whether one of the six that seems missing can be mapped under another name.

        Only the app schema shows the names, so this is possible only while it was not read.
        """
        absent = {name for name in SIX_ATTRIBUTES if name != "userName" and not self.get(name)}
        return self.aliases is None and bool(absent) and any(self.extras())

    def call(self, changes: Mapping[str, str | None]) -> str:
        """Return the API call that sets expressions, or removes mappings (``None``).

        The mappings apply on create and update.
        """
        properties = {
            self.own_name(name): {
                "expression": expression,
                # Okta removes a mapping whose expression and push status are null (its API
                # reference).
                "pushStatus": "PUSH" if expression else None,
            }
            for name, expression in changes.items()
        }
        body = json.dumps({"properties": properties})
        return f"POST /api/v1/mappings/{self.record.id} {body}"

    def terraform(self) -> str:
        """Return the whole mapping in its expected state, with own expressions where possible.

        ``email`` is set to the login. ``userName`` is included only if it is mapped today: normally
        the username template governs it. Beyond the six, allowed attributes are kept, and
        attributes that can be one of the six under another name.
        """
        wanted = {
            name: own if (own := self.get(name)) and usual.expression != "user.login" else usual
            for name, usual in _GUIDE.items()
            if name != "userName" or self.get(name)
        }
        kept = {name: each for name, each in self.extras() if self._may_stay(name)}
        return terraform.profile_mapping(
            label=self.title,
            source_id=self.record.source_id,
            target_id=self.record.target_id,
            properties={self.own_name(name): each for name, each in wanted.items()} | kept,
            removed=[name for name, _ in self.extras() if name not in kept],
        )

    def _may_stay(self, name: str) -> bool:
        return self.allowed is None or self.may_rename or name in self.allowed

    def own_name(self, name: str) -> str:
        """Return the app's own name of one of the six."""
        own_names = (own for own, meant in (self.aliases or {}).items() if meant == name)
        return next(own_names, name)


def to_app(context: RuleContext) -> tuple[TypeMapping, ...]:
    """Return the mapping of each user type that has one, sorted by user type id.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the mappings are missing.
    """
    app, schema, records = context.get(APP), context.get(APP_SCHEMA), context[MAPPINGS]
    own_names = None if schema is None else aliases(schema)
    return tuple(
        TypeMapping(
            record=record,
            title=title_of(context, record.source_id),
            place=f"{console_links.app_path(app, console_links.Tab.TO_APP)} > Attribute Mappings",
            link=console_links.app_page(context.target, app, console_links.Tab.TO_APP),
            aliases=own_names,
            allowed=context.allowed_attributes,
        )
        for record in sorted(records, key=lambda each: each.source_id)
        if record.target_id == context.target.app_id
    )


def title_of(context: RuleContext, type_id: str) -> str:
    """Return a user type for readers; by its id if the user types were not read."""
    titles = (each.title for each in context.get(USER_TYPES) or () if each.id == type_id)
    title = next(titles, None)
    return f'user type "{title}"' if title else f"user type {type_id}"


def from_scratch(context: RuleContext, type_id: str) -> str:
    """Return the Terraform of a user type that has no mapping yet."""
    return terraform.profile_mapping(
        label=title_of(context, type_id),
        source_id=type_id,
        target_id=context.target.app_id,
        # The username template of the app governs `userName`.
        properties={name: each for name, each in _GUIDE.items() if name != "userName"},
    )


def fix_from_scratch(type_id: str) -> MappingFix:
    """Return the fix of a user type that has no mapping yet."""
    return MappingFix(
        type_id=type_id,
        attributes=tuple(
            AttributeFix(name=name, expression=each.expression)
            for name, each in _GUIDE.items()
            if name != "userName"
        ),
    )


def _is_mapped(attribute: MappedAttribute) -> bool:
    return (attribute.expression or "").strip() not in _EMPTY


def assigned(context: RuleContext, mapping: TypeMapping) -> Iterator[Assignment]:
    """Yield the users of a mapping who are not suspended, deactivated or unassigned.

    A user whose user type is missing can belong to any mapping.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the assignments are missing.
    """
    for person in context[ASSIGNMENTS]:
        if person.user_type_id in {None, mapping.type_id} and not person.is_past:
            yield person


def computed_under(context: RuleContext, mapping: TypeMapping) -> Iterator[Assignment]:
    """Yield the users whose values were computed after the mapping last changed.

    Without a known change, the last change was before the time from which the log is complete.
    Raises :class:`~auditor.domain.snapshot.DataMissing` when the assignments or the log are
    missing.
    """
    log = context[LOG]
    # No recording shows the targets of this event: any of these ids can be among them.
    ids = {mapping.record.id, mapping.type_id, context.target.app_id}
    changed_at = max(
        (
            event.published_at
            for event in log.known
            if proof_of(event) is EventProof.MAPPING_CHANGED
            and any(target.id in ids for target in event.targets)
        ),
        default=log.complete_since or log.since,
    )
    for person in assigned(context, mapping):
        if person.updated_at and person.updated_at > changed_at:
            yield person
