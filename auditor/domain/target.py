"""One Okta app and one Unleash instance, under a name: what is audited. Pure, without secrets."""

from fnmatch import fnmatchcase

from msgspec import Struct


class Exclusions(Struct, frozen=True, kw_only=True):
    """Accounts in Unleash that the audit ignores."""

    ids: frozenset[str] = frozenset()
    """Okta user ids and Unleash user ids."""

    patterns: tuple[str, ...] = ()
    """Shell patterns against email and username, without case: ``"*@bots.example.com"``."""

    okta_group: str | None = None
    """Id of an Okta group whose members the audit ignores."""

    def covers(self, *ids: str, names: tuple[str | None, ...] = ()) -> bool:
        """Whether one of ``ids`` is listed or one of ``names`` matches a pattern."""
        if not (self.ids or self.patterns):
            return False
        if self.ids.intersection(ids):
            return True
        return any(
            fnmatchcase(name.lower(), pattern.lower())
            for name in names
            if name
            for pattern in self.patterns
        )


class OtherSource(Struct, frozen=True, kw_only=True):
    """Another Okta app, perhaps of another org, that provisions the same Unleash."""

    app_id: str
    org_url: str | None = None
    """``None``: the org of the target itself, whose assignments can then be read."""


class Target(Struct, frozen=True, kw_only=True):
    """One Okta app and the Unleash instance that it provisions."""

    name: str
    org_url: str
    """Origin of the Okta org, without a trailing slash: ``https://acme.okta.com``."""

    app_id: str
    unleash_url: str
    """Base URL of Unleash, without a trailing slash; may have a path."""

    sso_app_id: str | None = None
    """The Okta app for single sign-on; ``None``: it is the provisioning app itself."""

    also_provisioned_by: tuple[OtherSource, ...] = ()
    exclude: Exclusions = Exclusions()
    scim_probe: bool = True
    """Whether audits send a request without a credential to Unleash's SCIM endpoint."""

    grace_minutes: int = 60
    """Minutes for which Okta and Unleash may differ, because SCIM needs time."""


# A name is also the name of a folder of reports, so it contains no separator and no leading dot.
# For pydantic and fullmatch: `search` and `match` of re accept a line break before the $.
TARGET_NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
RESERVED_TARGET_NAMES = ("index.html",)
"""Names, in lower case, that no target can have: reports have a folder for each target, beside the
overview of all targets."""
