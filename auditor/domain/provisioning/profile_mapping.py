"""The mappings from the org's people to the app, one per user type. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.domain.collections import APP, APP_SCHEMA, ASSIGNMENTS, LOG, MAPPINGS, USER_TYPES
from auditor.domain.context import RuleContext
from auditor.domain.okta import Assignment, MappedAttribute, ProfileMapping
from auditor.domain.provisioning.guide_attributes import GUIDE_EXPRESSIONS, SIX_ATTRIBUTES, aliases
from auditor.domain.remediation import console_links, terraform

_GUIDE = {
    name: MappedAttribute(expression=expression, push_status="PUSH")
    for name, expression in GUIDE_EXPRESSIONS.items()
}


@dataclass(frozen=True, slots=True)
class TypeMapping:
    """What the app is told of the people of one user type."""

    record: ProfileMapping
    title: str
    """How a reader knows the user type: ``user type "Contractor"``."""

    place: str
    """Where in the console, as a path of labels."""

    link: str | None
    aliases: Mapping[str, str] | None
    """The app's own names for some of the six; ``None``: its profile was not seen."""

    allowed: frozenset[str] | None
    """What may be mapped beyond the six; ``None``: anything."""

    @property
    def type_id(self) -> str:
        """Id of the user type."""
        return self.record.source_id

    def get(self, name: str) -> MappedAttribute | None:
        """Return what fills one of the six, by the guide's name for it."""
        return self.record.properties.get(self._own_name(name))

    def extras(self) -> Iterator[tuple[str, MappedAttribute]]:
        """Yield what is mapped beyond the six, sorted by name."""
        for name, each in sorted(self.record.properties.items()):
            if (self.aliases or {}).get(name, name) not in SIX_ATTRIBUTES:
                yield name, each

    @property
    def may_rename(self) -> bool:
        """Tell whether what looks like one of the six missing may be there by another name.

        Only the app's profile tells, so only while it was not seen.
        """
        absent = SIX_ATTRIBUTES.keys() - {"userName"} - self.record.properties.keys()
        return self.aliases is None and bool(absent) and any(self.extras())

    def call(self, changes: Mapping[str, str | None]) -> str:
        """Return the API call that sets expressions, or with ``None`` takes mappings away.

        What it sets applies on create and update.
        """
        properties = {
            self._own_name(name): {
                "expression": expression,
                "pushStatus": "PUSH" if expression else None,
            }
            for name, expression in changes.items()
        }
        body = json.dumps({"properties": properties})
        return f"POST /api/v1/mappings/{self.record.id} {body}"

    def terraform(self) -> str:
        """Return the whole mapping as it should be, own expressions kept where they may be.

        The two that must be the login are set to it, and follow it. Beyond the six it keeps what
        is allowed, and whatever may be one of the six by another name.
        """
        wanted = {
            name: own if (own := self.get(name)) and usual.expression != "user.login" else usual
            for name, usual in _GUIDE.items()
        }
        kept = {name: each for name, each in self.extras() if self._may_stay(name)}
        return terraform.profile_mapping(
            label=self.title,
            source_id=self.record.source_id,
            target_id=self.record.target_id,
            properties={self._own_name(name): each for name, each in wanted.items()} | kept,
            removed=[name for name, _ in self.extras() if name not in kept],
        )

    def _may_stay(self, name: str) -> bool:
        return self.allowed is None or self.may_rename or name in self.allowed

    def _own_name(self, name: str) -> str:
        own_names = (own for own, meant in (self.aliases or {}).items() if meant == name)
        return next(own_names, name)


def to_app(context: RuleContext) -> tuple[TypeMapping, ...]:
    """Return the mapping of each user type that has one, sorted by user type.

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
    """Name a user type for a reader; by its id only when the user types were not seen."""
    titles = (each.title for each in context.get(USER_TYPES) or () if each.id == type_id)
    title = next(titles, None)
    return f'user type "{title}"' if title else f"user type {type_id}"


def from_scratch(context: RuleContext, type_id: str) -> str:
    """Return Terraform for a user type that has no mapping yet."""
    return terraform.profile_mapping(
        label=title_of(context, type_id),
        source_id=type_id,
        target_id=context.target.app_id,
        properties=_GUIDE,
    )


def assigned(context: RuleContext, mapping: TypeMapping) -> Iterator[Assignment]:
    """Yield the people whom a mapping is about and who are not past; an untold type may be any.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the assignments are missing.
    """
    for person in context[ASSIGNMENTS]:
        if person.user_type_id in {None, mapping.type_id} and not person.is_past:
            yield person


def computed_under(context: RuleContext, mapping: TypeMapping) -> Iterator[Assignment]:
    """Yield the people whose values were computed after the mapping's last change.

    The log tells when that was; where it tells of none, it was before the log begins.
    Raises :class:`~auditor.domain.snapshot.DataMissing` when the assignments or the log are
    missing.
    """
    log = context[LOG]
    ids = {mapping.record.id, mapping.type_id, context.target.app_id}
    changed_at = max(
        (
            event.published_at
            for event in log.events
            if event.type == "directory.mapping.update"
            and any(target.id in ids for target in event.targets)
        ),
        default=log.since,
    )
    for person in assigned(context, mapping):
        if person.updated_at and person.updated_at > changed_at:
            yield person
