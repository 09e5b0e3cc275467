"""A credential that a service does not accept. Pure."""

from auditor.collect.http.collect_error import CollectError
from auditor.errors import ConfigError

UNAUTHORIZED = 401


class CredentialRefusedError(ConfigError):
    """The service answered that the credential is not valid."""


def refused_or_unavailable(error: CollectError, service: str, url: str) -> ConfigError:
    """Return the error for a failed request: the credential is refused, or something else."""
    if error.missing.status == UNAUTHORIZED:
        msg = f"{service} refuses the credential at {url}: {error} (check the token or the key)"
        return CredentialRefusedError(msg)
    # An error of the connection, without a status, ends with its own fix.
    fix = " (check the address, and the permissions of the credential)"
    msg = f"{url}: {service} cannot be read: {error}{fix if error.missing.status else ''}"
    return ConfigError(msg)
