"""An app that is set up as in the guide. Pure."""

from auditor.sandbox.model.org import Attribute, Mapped

PUSH_FLAGS = ("PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES", "PUSH_USER_DEACTIVATION", "GROUP_PUSH")
STOCK_EMAIL_TYPE = "(user.email != null && user.email != '') ? 'work' : ''"


def features() -> list[str]:
    """Return the provisioning flags: all on."""
    return ["SCIM_PROVISIONING", *PUSH_FLAGS]


def schema() -> dict[str, Attribute]:
    """Return the schema: only the six attributes to keep."""
    return {
        "userName": Attribute("Username", "userName", required=True),
        "givenName": Attribute("Given name", "name.givenName"),
        "familyName": Attribute("Family name", "name.familyName"),
        "email": Attribute("Email", "emails.^[primary==true].value"),
        "emailType": Attribute("Primary email type", "emails.^[primary==true].type"),
        "displayName": Attribute("Display name", "displayName"),
    }


def mapping() -> dict[str, Mapped]:
    """Return the mapping from a user type: email is the login; the username has its template."""
    return {
        "givenName": Mapped("user.firstName", "PUSH"),
        "familyName": Mapped("user.lastName", "PUSH"),
        "email": Mapped("user.login", "PUSH"),
        "emailType": Mapped(STOCK_EMAIL_TYPE, "PUSH"),
        "displayName": Mapped("user.displayName", "PUSH"),
    }


def sign_on() -> dict[str, object]:
    """Return the SAML settings: the subject is the application username."""
    return {
        "ssoAcsUrl": "https://unleash.example.com/auth/saml/callback",
        "audience": "https://unleash.example.com",
        "subjectNameIdTemplate": "${user.userName}",
        "subjectNameIdFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        "attributeStatements": [],
    }
