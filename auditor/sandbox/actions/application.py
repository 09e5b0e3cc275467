"""Actions of an Okta admin on the pages of the app: sign-on, provisioning, connector."""

from auditor.sandbox.actions.base import Who, action
from auditor.sandbox.actions.logbook import OKTA_ADMIN
from auditor.sandbox.actions.mappings import MappingActions
from auditor.sandbox.model.org import Connection, PushStatus, UserNameTemplate

ACTIVE_ASSIGNMENTS = ("ACTIVE", "PROVISIONED")


class ApplicationActions(MappingActions):
    """The app's features, mode, status and its connection to Unleash."""

    @action
    def set_features(self, features: list[str], by: Who = OKTA_ADMIN) -> None:
        """Set all provisioning flags of the app at once."""
        before, self.app.features = self.app.features, list(features)
        self._log_app(
            by,
            {"AppOutboundProvisioningSettings": {"features": before}},
            {"AppOutboundProvisioningSettings": {"features": list(features)}},
        )

    @action
    def switch_push(self, flag: str, on: bool, by: Who = OKTA_ADMIN) -> None:  # noqa: FBT001 -- reads like switch_push(flag, True)
        """Turn one provisioning flag on or off, such as `PUSH_NEW_USERS`."""
        others = [feature for feature in self.app.features if feature != flag]
        self.set_features([*others, flag] if on else others, by=by)

    @action
    def set_sign_on_mode(self, mode: str, by: Who = OKTA_ADMIN) -> None:
        """Set the sign-on mode of the app, such as `SAML_2_0` or `AUTO_LOGIN`."""
        before, self.app.sign_on_mode = self.app.sign_on_mode, mode
        self._log_app(by, {"signOnMode": before}, {"signOnMode": mode})

    @action
    def set_sign_on(self, by: Who = OKTA_ADMIN, **settings: object) -> None:
        """Set sign-on settings, such as `subjectNameIdTemplate="${user.email}"`."""
        before = {key: self.app.sign_on.get(key) for key in settings}
        self.app.sign_on |= settings
        self._log_app(by, {"AppInstanceSignOn": before}, {"AppInstanceSignOn": settings})

    @action
    def set_username_template(
        self,
        template: str = "${source.login}",
        push_status: PushStatus | None = None,
        by: Who = OKTA_ADMIN,
    ) -> None:
        """Set the username template of the app."""
        before = self.app.username.template
        stock = template.startswith("${source.")
        self.app.username = UserNameTemplate(
            template, "BUILT_IN" if stock else "CUSTOM", push_status
        )
        self._log_app(by, {"userNameTemplate": before}, {"userNameTemplate": template})

    @action
    def deactivate_app(self, by: Who = OKTA_ADMIN) -> None:
        """Set the app to INACTIVE. Okta provisions nothing."""
        self._set_status("INACTIVE", "deactivate", by)

    @action
    def activate_app(self, by: Who = OKTA_ADMIN) -> None:
        """Set the app to ACTIVE."""
        self._set_status("ACTIVE", "activate", by)

    @action
    def rename_app(self, label: str, by: Who = OKTA_ADMIN) -> None:
        """Change the app's label."""
        before, self.app.label = self.app.label, label
        self._log_app(by, {"label": before}, {"label": label})

    @action
    def show_connection(
        self, base_url: str = "{unleashUrl}/scim", auth_scheme: str = "TOKEN"
    ) -> None:
        """Let `/connections/default` describe the connection, as for some apps.

        `{unleashUrl}` is replaced by the address of the instance.
        """
        before = self.app.connection or Connection("{unleashUrl}/scim", "TOKEN")
        self.app.connection = Connection(base_url, auth_scheme)
        if self.app.connection != before:
            # Inferred: a change of the connector's settings changes the app's lastUpdated.
            self.app.changed_at = self.clock.tick()

    @action
    def hide_connection(self) -> None:
        """Let `/connections/default` answer UNKNOWN, as for a custom app."""
        self.app.connection = None

    @action
    def show_capabilities(self, shown: bool = True) -> None:  # noqa: FBT001, FBT002 -- one switch
        """Set whether `/features` lists the flags of the app. For a custom app, Okta refuses it."""
        self.app.shows_capabilities = shown

    @action
    def reject_credentials(self, in_pushes_only: bool = False) -> None:  # noqa: FBT001, FBT002 -- one switch
        """Let Unleash refuse the credentials of the connector. One push fails at once.

        Okta also logs an authentication failure, or, in some orgs, only the failed pushes.
        """
        self.connector_refused = True
        self.refused_in_pushes_only = in_pushes_only
        if not in_pushes_only:
            self._log_refusal()
        for assignment in self.app.assignments.values():
            if assignment.external_id and assignment.status in ACTIVE_ASSIGNMENTS:
                self._push_profile(assignment)
                break

    @action
    def accept_credentials(self, by: Who = OKTA_ADMIN) -> None:
        """Let Unleash accept the credentials of the connector. Okta retries the failed pushes."""
        self.connector_refused = False
        self._log_app(
            by,
            {"AppInstanceProvisioningSettings": {"credentials": "old"}},
            {"AppInstanceProvisioningSettings": {"credentials": "new"}},
        )
        for assignment in self.app.assignments.values():
            # The answer shows that Unleash accepts requests again, without a change of any user.
            if assignment.external_id and self._refusal() is None:
                person = self.okta.people[assignment.person_id]
                self.write(
                    "application.provision.user.verify_exists",
                    "Verify user exists in external application",
                    self.person_target(person, "AppUser"),
                    self.app_target(),
                )
                break
        for assignment in list(self.app.assignments.values()):
            if assignment.sync_state == "ERROR":
                self._push_profile(assignment)

    def _set_status(self, status: str, verb: str, by: Who) -> None:
        self.app.status = status
        self.app.changed_at = self.clock.tick()
        self.write(
            f"application.lifecycle.{verb}",
            f"{verb.capitalize()} application",
            self.app_target(),
            by=by,
        )

    def _log_app(self, by: Who, before: dict[str, object], after: dict[str, object]) -> None:
        """Write the event of a change of the app's settings, with its changeDetails."""
        self.app.changed_at = self.clock.tick()
        self.write(
            "application.lifecycle.update",
            "Update application",
            self.app_target((before, after)),
            by=by,
        )
