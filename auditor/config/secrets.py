"""Secrets: a masked value, the variable or file that it is read from, and credentials.

Without pydantic, as commands that read no configuration use them too.
"""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path
from typing import NoReturn, final

from msgspec import Struct

from auditor.errors import ConfigError
from auditor.files import read_regular_file

MASK = "********"
MAX_SECRET_BYTES = 64 * 1024
"""A larger file is not a secret. It also bounds the read of a device."""

OKTA_SCOPES = (
    "okta.apps.read",
    "okta.groups.read",
    "okta.logs.read",
    "okta.profileMappings.read",
    "okta.schemas.read",
    "okta.userTypes.read",
    "okta.users.read",
)
"""All OAuth scopes that a complete audit uses."""


@final
class Secret:
    """A token, a key or an address that contains one. Every text form of it is masked.

    It is neither a string nor a record, on purpose: formatting it gives the mask, and encoding it
    with msgspec or json, or pickling it, raises :class:`TypeError`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself. Only the code that sends it calls this."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # In constant time, so that the time shows nothing about the value.
        return compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __reduce__(self) -> str:
        message = "a secret cannot be serialized"
        raise TypeError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """The environment variable or the file that a secret is read from; contains no secret.

    It is read at each call, so that a mounted secret can be rotated while the process runs.
    """

    key: str
    """The place that names it: ``auditor.toml: target[0].okta.token_env``."""

    origin: str | Path
    """The name of a variable, or a file."""

    environ: Mapping[str, str] = field(repr=False, compare=False)

    def read(self) -> Secret:
        """Return the secret, without space around it.

        Raises :class:`~auditor.errors.ConfigError` when the variable is not set, the file cannot
        be read, or the text is empty.
        """
        text = self._text().strip()
        if not text:
            self.reject(f"{self.origin} is empty", "write the secret into it")
        return Secret(text)

    def read_line(self) -> Secret:
        """Return a secret that is sent in a header or an address: one word of ASCII.

        Raises :class:`~auditor.errors.ConfigError`, also for text that is not such a word.
        """
        secret = self.read()
        text = secret.reveal()
        if not (text.isascii() and text.isprintable()) or " " in text:
            what = f"{self.origin} contains more than one word, or characters beyond ASCII"
            self.reject(what, "write the secret alone, in one line, without a prefix")
        return secret

    @property
    def warning(self) -> str | None:
        """Return a line when every user of this machine can read the file."""
        if isinstance(self.origin, str):
            return None
        try:
            is_open = self.origin.stat().st_mode & stat.S_IROTH
        except OSError:
            return None
        if not is_open:
            return None
        return f"{self.key}: every user of this machine can read {self.origin} (run chmod o=)"

    def reject(self, what: str, remedy: str) -> NoReturn:
        """Raise a :class:`~auditor.errors.ConfigError` that names the key."""
        msg = f"{self.key}: {what} ({remedy})"
        raise ConfigError(msg)

    def _text(self) -> str:
        if isinstance(self.origin, str):
            try:
                return self.environ[self.origin]
            except KeyError:
                what = f"{self.origin} is not set in the environment"
                self.reject(what, "set it, or name a file that contains the secret")
        try:
            content = read_regular_file(self.origin, MAX_SECRET_BYTES + 1)
        except OSError as error:
            what = f"{self.origin} cannot be read: {error.strerror}"
            self.reject(what, "name a file that this user can read")
        if len(content) > MAX_SECRET_BYTES:
            self.reject(f"{self.origin} is too large for a secret", "name a file below 64 KiB")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            self.reject(f"{self.origin} is not text", "save the secret as UTF-8 text")


class OktaCredentials(Struct, frozen=True, kw_only=True):
    """An API token, or an OAuth client with its private key; exactly one of the two is set."""

    token: Secret | None = None
    """Sent as ``Authorization: SSWS …``."""

    client_id: str | None = None
    private_key: Secret | None = None
    """PEM or JWK, for ``private_key_jwt``."""

    key_id: str | None = None
    """The ``kid`` of the key, when the client has several and the JWK does not contain it."""

    scopes: tuple[str, ...] = OKTA_SCOPES
    dpop: bool = False
    """Whether the client demands a proof of possession with each request (RFC 9449)."""


class UnleashCredentials(Struct, frozen=True, kw_only=True):
    """A personal access token, or the token of a service account."""

    token: Secret


class Credentials(Struct, frozen=True, kw_only=True):
    """The credentials of a target: for Okta and for Unleash."""

    okta: OktaCredentials
    unleash: UnleashCredentials
