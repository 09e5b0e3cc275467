"""Credentials for an Okta org: from the file, else from the environment variables of Okta's SDK."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from auditor.config.secrets import OKTA_SCOPES, OktaCredentials, SecretSource
from auditor.errors import ConfigError

SIGN_IN_REMEDY = (
    "set token_env or token_file, or client_id with private_key_env or private_key_file"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OktaSignIn:
    """One way to sign in. With neither ``token`` nor ``client_id``, the environment decides."""

    key: str
    """The table in the configuration: ``auditor.toml: target[0].okta``."""

    org_url: str
    token: SecretSource | None
    client_id: str | None
    private_key: SecretSource | None
    key_id: str | None
    scopes: tuple[str, ...]
    dpop: bool
    only_org: bool
    """Whether the configuration names no other org, so that a token in the environment is its."""

    environ: Mapping[str, str] = field(repr=False, compare=False)

    def credentials(self) -> OktaCredentials:
        """Read the secret. Raises :class:`~auditor.errors.ConfigError` when there is none."""
        if self.token:
            return OktaCredentials(token=self.token.read_line())
        if self.client_id and self.private_key:
            return OktaCredentials(
                client_id=self.client_id,
                private_key=self.private_key.read(),
                key_id=self.key_id,
                scopes=self.scopes,
                dpop=self.dpop,
            )
        return self._from_environment()

    def _from_environment(self) -> OktaCredentials:
        """Use ``OKTA_CLIENT_…`` only if they are certainly for this org.

        One org must never receive the token of another. The SDK's file ``okta.yaml`` is not read:
        a file in the working directory must not redirect a token.
        """
        env = {
            name: value
            for name, value in self.environ.items()
            if name.startswith("OKTA_CLIENT_") and value.strip()
        }
        if not env.keys() & {"OKTA_CLIENT_TOKEN", "OKTA_CLIENT_PRIVATEKEY"}:
            msg = f"{self.key}: has no way to sign in ({SIGN_IN_REMEDY})"
            raise ConfigError(msg)
        if not self.only_org:
            self._ignore("this file names several orgs")
        if env.get("OKTA_CLIENT_ORGURL", "").strip().rstrip("/").lower() != self.org_url:
            self._ignore(f"OKTA_CLIENT_ORGURL is not {self.org_url}")
        # The SDK's mode SSWS selects the token, although a key is set too.
        if "OKTA_CLIENT_PRIVATEKEY" in env and env.get("OKTA_CLIENT_AUTHORIZATIONMODE") != "SSWS":
            if "OKTA_CLIENT_CLIENTID" not in env:
                self._ignore("OKTA_CLIENT_PRIVATEKEY needs OKTA_CLIENT_CLIENTID")
            scopes = re.split(r"[\s,]+", env.get("OKTA_CLIENT_SCOPES", "").strip("[] "))
            return OktaCredentials(
                client_id=env["OKTA_CLIENT_CLIENTID"].strip(),
                private_key=self._variable("OKTA_CLIENT_PRIVATEKEY").read(),
                scopes=tuple(filter(None, scopes)) or OKTA_SCOPES,
                dpop=env.get("OKTA_CLIENT_DPOPENABLED", "").strip().lower() == "true",
            )
        return OktaCredentials(token=self._variable("OKTA_CLIENT_TOKEN").read_line())

    def _variable(self, name: str) -> SecretSource:
        return SecretSource(key=self.key, origin=name, environ=self.environ)

    def _ignore(self, reason: str) -> NoReturn:
        msg = (
            f"{self.key}: OKTA_CLIENT_… in the environment is not used: {reason} ({SIGN_IN_REMEDY})"
        )
        raise ConfigError(msg)
