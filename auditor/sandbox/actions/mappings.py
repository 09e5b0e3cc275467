"""Actions of an Okta admin in the Profile Editor."""

from auditor.sandbox.actions.base import Who, action
from auditor.sandbox.actions.logbook import OKTA_ADMIN
from auditor.sandbox.actions.provisioning import Provisioning
from auditor.sandbox.model import guide
from auditor.sandbox.model.org import (
    App,
    Attribute,
    End,
    LogTarget,
    Mapped,
    ProfileMapping,
    PushStatus,
    UserType,
)


class MappingActions(Provisioning):
    """Profile mappings, the app's schema, user types.

    A changed mapping has no effect on existing people until `push_again`.
    """

    @action
    def map_attribute(
        self,
        user_type: UserType | str,
        attribute: str,
        expression: str,
        push_status: PushStatus = "PUSH",
        by: Who = OKTA_ADMIN,
    ) -> None:
        """Set the expression of an app attribute in the mapping of a user type."""
        mapping = self._mapping_of(user_type)
        mapping.properties[attribute] = Mapped(expression, push_status)
        self._log_mapping(mapping, by)

    @action
    def unmap_attribute(
        self, user_type: UserType | str, attribute: str, by: Who = OKTA_ADMIN
    ) -> None:
        """Set an app attribute to "do not map"."""
        mapping = self._mapping_of(user_type)
        del mapping.properties[attribute]
        self._log_mapping(mapping, by)

    @action
    def add_schema_attribute(
        self,
        name: str,
        *,
        title: str | None = None,
        external_name: str | None = None,
        custom: bool = True,
        by: Who = OKTA_ADMIN,
    ) -> None:
        """Add an attribute to the app's schema."""
        self.app.schema[name] = Attribute(title or name, external_name or name, custom=custom)
        self._log_schema(by)

    @action
    def remove_schema_attribute(self, name: str, by: Who = OKTA_ADMIN) -> None:
        """Remove an attribute from the app's schema and from all mappings."""
        del self.app.schema[name]
        for mapping in self.okta.mappings.values():
            if mapping.target.id == self.app_id:
                mapping.properties.pop(name, None)
        self._log_schema(by)

    @action
    def add_user_type(
        self,
        name: str,
        display_name: str | None = None,
        *,
        mapped: bool = True,
        by: Who = OKTA_ADMIN,
    ) -> UserType:
        """Add a user type. It gets the mapping of the default type, or none."""
        created = self.clock.tick()
        user_type = UserType(
            id=self.ids.okta("oty"),
            schema_id=self.ids.okta("osc"),
            name=name,
            display_name=display_name or name.title(),
            default=not self.okta.types,
            created_at=created,
        )
        self.okta.types[user_type.id] = user_type
        self.write(
            "directory.non_default_user_profile.create",
            "Create non-default universal directory user profile",
            LogTarget(user_type.id, "UserType", user_type.display_name, name),
            by=by,
        )
        if mapped:
            self.add_mapping(user_type, by=by)
        return user_type

    @action
    def add_mapping(self, user_type: UserType | str, by: Who = OKTA_ADMIN) -> ProfileMapping:
        """Map a user type to the app as the guide demands."""
        source = self.user_type(user_type)
        mapping = self._new_mapping(source, self.app)
        mapping.properties = guide.mapping()
        self._log_mapping(mapping, by)
        return mapping

    @action
    def remove_mapping(self, user_type: UserType | str, by: Who = OKTA_ADMIN) -> None:
        """Remove the mappings between a user type and the app."""
        mapping = self._mapping_of(user_type)
        ends = {mapping.source.id, mapping.target.id}
        self.okta.mappings = {
            one.id: one
            for one in self.okta.mappings.values()
            if {one.source.id, one.target.id} != ends
        }
        self._log_mapping(mapping, by)

    def _new_mapping(self, source: UserType, target: App) -> ProfileMapping:
        """Add the two mappings between a user type and an app; return the one to the app."""
        app = End(target.id, target.name, "appuser")
        person = End(source.id, source.name, "user", source.schema_id)
        back = ProfileMapping(
            self.ids.okta("prm"),
            source=app,
            target=person,
            # Okta lists a mapping for each direction (recorded). Only the other one is to the app.
            properties={"email": Mapped("appuser.email", "DONT_PUSH")},
        )
        to_app = ProfileMapping(self.ids.okta("prm"), source=person, target=app)
        self.okta.mappings |= {back.id: back, to_app.id: to_app}
        return to_app

    def _mapping_of(self, user_type: UserType | str) -> ProfileMapping:
        mapping = self.mapping(user_type)
        if mapping is None:
            message = f"{self.user_type(user_type).name} is not mapped to the app"
            raise KeyError(message)
        return mapping

    def _log_mapping(self, mapping: ProfileMapping, by: Who) -> None:
        """Write actor and time: the real event does not state what changed."""
        name = f"{mapping.source.name} to {mapping.target.name}"
        self.write(
            "directory.mapping.update",
            "Update universal directory mappings",
            LogTarget(mapping.id, "ProfileMapping", name, name),
            self.app_target(),
            by=by,
        )

    def _log_schema(self, by: Who) -> None:
        self.app.schema_changed_at = self.clock.tick()
        self.write(
            "directory.app_user_profile.update",
            "Update application user profile",
            self.app_target(),
            by=by,
        )
