"""The certificate authorities for HTTPS: those that the environment names, else the public ones."""

import os
import ssl
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from auditor.errors import ConfigError

# In the order in which httpx reads them.
FILE, FOLDER = "SSL_CERT_FILE", "SSL_CERT_DIR"


def named_by() -> str:
    """Return the variable that names the authorities; empty when none does."""
    return next((name for name in (FILE, FOLDER) if os.environ.get(name)), "")


def trusted() -> ssl.SSLContext:
    """Return the authorities. They are read again when the file or the folder has changed.

    Raises :class:`~auditor.errors.ConfigError` when what the environment names cannot be used.
    """
    variable = named_by()
    place = os.environ.get(variable, "")
    return _read(variable, place, _state(Path(place)) if place else ())


def trusted_for(url: str) -> ssl.SSLContext:
    """Return the authorities for requests to ``url``. For plain http, none is trusted.

    Reading the public authorities takes longer than 20 requests. Those that the environment names
    are read for every URL, so that an error in it is always reported.
    """
    return trusted() if named_by() or urlsplit(url).scheme.lower() == "https" else _no_authority()


@lru_cache(maxsize=1)
def _no_authority() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _state(path: Path) -> tuple[int, ...]:
    """Return what differs after a file was written or replaced; empty: it cannot be read."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


# Reading the public authorities takes longer than 20 requests.
@lru_cache(maxsize=1)
def _read(variable: str, place: str, _: tuple[int, ...]) -> ssl.SSLContext:
    # OpenSSL would trust no authority, without an error.
    if variable == FOLDER and not Path(place).is_dir():
        raise _unusable(variable, place, "no such folder")
    # OpenSSL would wait for the writer of a pipe.
    if variable == FILE and Path(place).exists() and not Path(place).is_file():
        raise _unusable(variable, place, "not a regular file")
    try:
        return httpx.create_ssl_context()
    except ssl.SSLError as error:
        raise _unusable(variable, place, "it holds no certificate") from error
    except OSError as error:
        raise _unusable(variable, place, error.strerror or type(error).__name__) from error


def _unusable(variable: str, place: str, why: str) -> ConfigError:
    remedy = "set it to a file with certificates in PEM, or unset it"
    return ConfigError(f"{variable} cannot be used: {place}: {why} ({remedy})")
