"""How Okta computes the profile of a person for an app."""

from auditor.sandbox.actions.logbook import Logbook
from auditor.sandbox.model.accounts import ScimUser
from auditor.sandbox.model.expression_language import ExpressionError, evaluate
from auditor.sandbox.model.org import Assignment, Mapped, Person


class Computing(Logbook):
    """Applies the mapping of a person's user type."""

    def _compute(self, person: Person, assignment: Assignment, *, new: bool) -> None:
        """Compute the values of an assignment. A create-only attribute keeps its first value.

        A mapped `userName` is used instead of the username template.
        """
        mapping = self.mapping(person.type_id)
        properties = dict(mapping.properties) if mapping else {}
        template = self.app.username
        by_template = Mapped(template.template, template.push_status or "PUSH")
        username = properties.pop("userName", by_template)
        # An attribute that is no longer mapped keeps its value, and Okta still sends it (KB).
        for name, mapped in properties.items():
            if new or mapped.push_status == "PUSH":
                assignment.profile[name] = self._value(name, mapped, person)
        if new or username.push_status == "PUSH":
            assignment.username = str(self._value("userName", username, person) or "")

    def _value(self, name: str, mapped: Mapped, person: Person) -> object:
        """Return the value of an attribute; ``None``, with a log event, if it is not computable."""
        try:
            return evaluate(mapped.expression, person.profile)
        except ExpressionError:
            self.write(
                "application.appuser.mapping.invalid.expression",
                "App user property mapping has invalid expressions",
                self.app_target(),
                failed=f"Invalid expression for {name}",
            )
            return None


def scim_user(assignment: Assignment) -> ScimUser:
    """Return the SCIM fields of an assignment that Unleash reads."""
    profile = assignment.profile
    full = " ".join(str(profile.get(key) or "") for key in ("givenName", "familyName")).strip()
    return ScimUser(
        user_name=assignment.username,
        email=str(profile["email"]) if profile.get("email") else None,
        name=str(profile.get("displayName") or full) or None,
    )
