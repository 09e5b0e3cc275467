"""How one signs in to an Okta org: what the file names, else the SDK's own environment names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from auditor.config.credentials import OKTA_SCOPES, OktaCredentials
from auditor.config.location import Location
from auditor.config.source import SecretSource

_WAYS = "name token_env or token_file, or client_id with private_key_env or private_key_file"


@dataclass(frozen=True, slots=True, kw_only=True)
class OktaSignIn:
    """One way to sign in; with neither ``token`` nor ``client_id``, the environment's."""

    place: Location
    org_url: str
    token: SecretSource | None
    client_id: str | None
    private_key: SecretSource | None
    key_id: str | None
    scopes: tuple[str, ...]
    dpop: bool
    only_org: bool
    """The configuration names no other org, so a token in the environment can be meant for it."""

    environ: Mapping[str, str] = field(repr=False, compare=False)

    @property
    def sources(self) -> tuple[SecretSource, ...]:
        """The secrets that the file names."""
        return tuple(filter(None, (self.token, self.private_key)))

    def credentials(self) -> OktaCredentials:
        """Read the secret; raise :class:`~auditor.errors.ConfigError` when there is none."""
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
        return self._from_sdk_names()

    def _from_sdk_names(self) -> OktaCredentials:
        """Take ``OKTA_CLIENT_…`` only if it is clear which org it is meant for.

        Several orgs must never share a token by accident, and ``okta.yaml`` is not read at all:
        a file in the working directory must not redirect one.
        """
        env = {
            name: value
            for name, value in self.environ.items()
            if name.startswith("OKTA_CLIENT_") and value.strip()
        }
        if not env.keys() & {"OKTA_CLIENT_TOKEN", "OKTA_CLIENT_PRIVATEKEY"}:
            self.place.refuse("no way to sign in", _WAYS)
        if not self.only_org:
            self._ignore("this file names several orgs")
        if env.get("OKTA_CLIENT_ORGURL", "").strip().rstrip("/").lower() != self.org_url:
            self._ignore(f"OKTA_CLIENT_ORGURL is not {self.org_url}")
        if "OKTA_CLIENT_PRIVATEKEY" in env and env.get("OKTA_CLIENT_AUTHORIZATIONMODE") != "SSWS":
            if "OKTA_CLIENT_CLIENTID" not in env:
                self._ignore("OKTA_CLIENT_PRIVATEKEY needs OKTA_CLIENT_CLIENTID")
            scopes = re.split(r"[\s,]+", env.get("OKTA_CLIENT_SCOPES", "").strip("[] "))
            return OktaCredentials(
                client_id=env["OKTA_CLIENT_CLIENTID"].strip(),
                private_key=self._named("OKTA_CLIENT_PRIVATEKEY").read(),
                scopes=tuple(filter(None, scopes)) or OKTA_SCOPES,
                dpop=env.get("OKTA_CLIENT_DPOPENABLED", "").strip().lower() == "true",
            )
        return OktaCredentials(token=self._named("OKTA_CLIENT_TOKEN").read_line())

    def _named(self, variable: str) -> SecretSource:
        return SecretSource(place=self.place, origin=variable, environ=self.environ)

    def _ignore(self, because: str) -> NoReturn:
        self.place.refuse(f"OKTA_CLIENT_… in the environment is not used: {because}", _WAYS)
