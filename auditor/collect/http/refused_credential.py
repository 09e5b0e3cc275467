"""A credential that a service does not accept. Pure."""

from auditor.collect.http.collect_error import CollectError
from auditor.errors import ConfigError

UNAUTHORIZED = 401


class CredentialRefusedError(ConfigError):
    """The service answered that the credential is not valid."""


def refused_or_unavailable(error: CollectError, service: str, url: str) -> ConfigError:
    """Return the error for a failed request: the credential is refused, or something else."""
    if error.missing.status == UNAUTHORIZED:
        return CredentialRefusedError(f"{service} refuses the credential: {error} ({url})")
    return ConfigError(f"{url}: {service} cannot be read: {error}")
