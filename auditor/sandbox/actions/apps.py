"""Other apps of the org: unrelated ones, one for sign-on, one that provisions the same Unleash."""

from auditor.sandbox.actions.base import Who, action
from auditor.sandbox.actions.groups import GroupActions
from auditor.sandbox.actions.logbook import OKTA_ADMIN
from auditor.sandbox.model.accounts import ScimUser
from auditor.sandbox.model.org import App, Assignment, LogTarget, Mapped


class OtherAppActions(GroupActions):
    """Apps that are not the audited one."""

    @action
    def add_app(self, label: str, mode: str = "SAML_2_0", by: Who = OKTA_ADMIN) -> App:
        """Add an app, such as one for sign-on only (`OPENID_CONNECT`)."""
        at = self.clock.tick()
        name = label.lower().replace(" ", "_")
        app = App(self.ids.okta("0oa"), name, label, created_at=at, changed_at=at)
        app.sign_on_mode = mode
        self.okta.apps[app.id] = app
        target = LogTarget(app.id, "AppInstance", label, label)
        self.write("application.lifecycle.create", "Create application", target, by=by)
        for user_type in self.okta.types.values():
            mapping = self._new_mapping(user_type, app)
            # Okta's default mapping of a new app.
            mapping.properties["email"] = Mapped("user.email", "PUSH")
        return app

    @action
    def provision_elsewhere(self, app_id: str, who: Who) -> Assignment:
        """Let another app create a person in the same Unleash instance, with the login as email."""
        person, at = self.person(who), self.clock.tick()
        user = ScimUser(person.login, person.login, person.name)
        account = self.unleash.scim_put(None, user, at=at, fresh=self._fresh_account())
        assignment = Assignment(
            person_id=person.id,
            scope="USER",
            status="PROVISIONED",
            username=person.login,
            profile={"email": person.login},
            created_at=at,
            changed_at=at,
            status_changed_at=at,
            external_id=account.scim_id,
            synced_at=at,
        )
        self.okta.apps[app_id].assignments[person.id] = assignment
        return assignment
