"""The tables [[target]] and [defaults] of auditor.toml: what is audited."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, PrivateAttr, Strict
from pydantic_core import InitErrorDetails

from auditor.config.addresses import org_url, unleash_url
from auditor.config.rejected import RejectedError
from auditor.config.schedule import Schedule, ScheduleSettings
from auditor.config.secrets import OKTA_SCOPES, Credentials, SecretSource, UnleashCredentials
from auditor.config.tables.okta_sign_in import OktaSignIn
from auditor.config.values import (
    FROM_ENV,
    FROM_FILE,
    Flag,
    RootedPath,
    RuleTables,
    Table,
    TargetName,
    Text,
    VariableName,
    key,
    problem,
    quoted,
)
from auditor.domain.target import Exclusions, OtherSource, Target

APP_ID_PATTERN = re.compile(r"[0-9A-Za-z_-]{1,100}")


def _checked_app_id(app_id: str) -> str:
    if not APP_ID_PATTERN.fullmatch(app_id):
        what = f"{quoted(app_id)} is not the id of an app"
        remedy = "copy it from the app's address in the Okta console; it begins with 0oa"
        raise RejectedError(what, remedy)
    return app_id


AppId = Annotated[str, AfterValidator(_checked_app_id)]
OrgUrl = Annotated[str, AfterValidator(org_url)]


class OktaDefaults(Table):
    """Keys of [target.okta] that the targets inherit."""

    secrets: ClassVar[Mapping[str, bool]] = {"token": False, "private_key": False}

    org_url: OrgUrl | None = key(None, "Address of the org.", examples=["https://acme.okta.com"])
    token_env: VariableName | None = key(None, f"API token. {FROM_ENV}")
    token_file: RootedPath | None = key(None, f"API token. {FROM_FILE}")
    client_id: Text | None = key(None, "OAuth service app, in place of an API token.")
    private_key_env: VariableName | None = key(None, f"Its private key, PEM or JWK. {FROM_ENV}")
    private_key_file: RootedPath | None = key(None, f"Its private key, PEM or JWK. {FROM_FILE}")
    key_id: Text | None = key(None, "The `kid` of the key, when the JWK does not contain it.")
    scopes: tuple[Text, ...] = key(
        list(OKTA_SCOPES), "OAuth scopes to request. All of them are read scopes."
    )
    dpop: Flag = key(False, "Whether the service app requires DPoP, as new ones do.")  # noqa: FBT003

    @classmethod
    def conflicts(cls, keys: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """Refuse two ways to sign in, and half of one."""
        yield from super().conflicts(keys)
        # The bare name counts too: a secret in the file is one error, not two.
        has_token = bool(keys.keys() & {"token_env", "token_file", "token"})
        has_key = bool(keys.keys() & {"private_key_env", "private_key_file", "private_key"})
        if has_token and (has_key or "client_id" in keys):
            yield problem("has two ways to sign in", "keep either the token or the client_id")
        elif has_key != ("client_id" in keys):
            yield problem("has only one of client_id and its private key", "set both")


class OktaSettings(OktaDefaults):
    """The Okta org, the app, and one way to sign in."""

    org_url: OrgUrl = key(..., "Address of the org.", examples=["https://acme.okta.com"])
    app_id: AppId = key(..., "Id of the provisioning app.", examples=["0oa1b2c3d4e5f6g7h8i9"])
    sso_app_id: AppId | None = key(None, "Id of the app for sign-in, if it is another one.")


class UnleashDefaults(Table):
    """Keys of [target.unleash] that the targets inherit."""

    secrets: ClassVar[Mapping[str, bool]] = {"token": False}

    url: Text | None = key(None, "Address of Unleash.", examples=["https://unleash.acme.example"])
    token_env: VariableName | None = key(None, f"Access token. {FROM_ENV}")
    token_file: RootedPath | None = key(None, f"Access token. {FROM_FILE}")
    allow_http: Flag = key(
        False,  # noqa: FBT003  (pydantic's first argument)
        "Send the token over plain http. Only inside a trusted network.",
    )

    @classmethod
    def conflicts(cls, keys: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """Refuse an address that is not https, without allow_http."""
        yield from super().conflicts(keys)
        # Checked here and not at the field, because allow_http is another key.
        url = keys.get("url")
        if isinstance(url, str) and url:
            try:
                unleash_url(url, allow_http=keys.get("allow_http") is True)
            except RejectedError as error:
                yield problem(error.what, error.remedy, at=("url",))


class UnleashSettings(UnleashDefaults):
    """The Unleash instance and its token."""

    secrets: ClassVar[Mapping[str, bool]] = {"token": True}

    url: Text = key(..., "Address of Unleash.", examples=["https://unleash.acme.example"])

    @property
    def base_url(self) -> str:
        """Return the base address, without a trailing slash."""
        return unleash_url(self.url, allow_http=self.allow_http)


class OtherSourceSettings(Table):
    """Another Okta app that provisions the same Unleash."""

    app_id: AppId = key(..., "Id of the other app.")
    org_url: OrgUrl | None = key(None, "Its org. Default: the org of the target.")


class ExclusionSettings(Table):
    """Accounts in Unleash that the audit ignores."""

    ids: tuple[Text, ...] = key(
        [],
        "Unleash user ids, and Okta user ids. An Okta user id matches while the user is assigned.",
    )
    patterns: tuple[Text, ...] = key(
        [],
        "Shell patterns for emails and usernames, ignoring case.",
        examples=["*@bots.acme.example"],
    )
    okta_group: Text | None = key(None, "Id of an Okta group whose members are ignored.")


class TargetSettings(Table):
    """One Okta app and the Unleash instance that it provisions."""

    name: TargetName = key(..., "Name in reports and messages. It may change later.")
    okta: OktaSettings = key(..., "The Okta org, the app, and one way to sign in.")
    unleash: UnleashSettings = key(..., "The Unleash instance and its token.")
    grace_minutes: Annotated[int, Strict(), Field(ge=0, le=10080)] = key(
        60, "Minutes that a difference between Okta and Unleash may last."
    )
    scim_probe: Flag = key(
        True,  # noqa: FBT003  (pydantic's first argument)
        "Whether audits test the SCIM endpoint by a request without a token.",
    )
    also_provisioned_by: tuple[OtherSourceSettings, ...] = key(
        [], "Other Okta apps that provision the same Unleash."
    )
    exclude: ExclusionSettings = key({}, "Accounts in Unleash that the audit ignores.")
    rules: RuleTables = key({}, "Settings of rules for this target alone.")
    schedule_keys: ScheduleSettings = key(
        {}, "The jobs of `auditor serve` for this target.", alias="schedule"
    )

    _only_org: bool = PrivateAttr(default=False)

    def allow_environment(self, *, only_org: bool) -> None:
        """Set whether the configuration names the org of this target alone."""
        self._only_org = only_org

    @cached_property
    def target(self) -> Target:
        """Return the record that the core works with."""
        return Target(
            name=self.name,
            org_url=self.okta.org_url,
            app_id=self.okta.app_id,
            sso_app_id=self.okta.sso_app_id,
            unleash_url=self.unleash.base_url,
            grace_minutes=self.grace_minutes,
            scim_probe=self.scim_probe,
            also_provisioned_by=tuple(
                OtherSource(app_id=other.app_id, org_url=other.org_url)
                for other in self.also_provisioned_by
            ),
            exclude=Exclusions(
                ids=frozenset(self.exclude.ids),
                patterns=self.exclude.patterns,
                okta_group=self.exclude.okta_group,
            ),
        )

    @cached_property
    def schedule(self) -> Schedule:
        """Return the jobs of this target."""
        return self.schedule_keys.of(self.name)

    @property
    def sign_in(self) -> OktaSignIn:
        """Return how to sign in to the Okta org."""
        return OktaSignIn(
            key=self.okta.place(),
            org_url=self.okta.org_url,
            token=self.okta.source("token"),
            client_id=self.okta.client_id,
            private_key=self.okta.source("private_key"),
            key_id=self.okta.key_id,
            scopes=self.okta.scopes,
            dpop=self.okta.dpop,
            only_org=self._only_org,
            environ=self._sources.environ,
        )

    @property
    def unleash_token(self) -> SecretSource:
        """Return where the token of Unleash is read from."""
        return self.unleash.required_source("token")

    def credentials(self) -> Credentials:
        """Read the secrets of this target alone. Raises :class:`~auditor.errors.ConfigError`."""
        return Credentials(
            okta=self.sign_in.credentials(),
            unleash=UnleashCredentials(token=self.unleash_token.read_line()),
        )


class Defaults(Table):
    """Keys that every target inherits, unless it sets them itself."""

    okta: OktaDefaults = key({}, "Keys of [target.okta].")
    unleash: UnleashDefaults = key({}, "Keys of [target.unleash].")
    rules: RuleTables = key({}, "The same as [rules].")
