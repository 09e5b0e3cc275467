"""The address of the history database: checked, and in SQLAlchemy's form. Pure, but for the file.

No message quotes any part of the text but an option's name: it can contain a password.
"""

import re
import stat
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from auditor.config.addresses import is_loopback
from auditor.config.rejected import RejectedError
from auditor.errors import closest

DATABASE_URL_REMEDY = "write sqlite:///auditor.db or postgresql://user@host/database"
POSTGRESQL_SCHEMES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""Values of ``sslmode``, from the least to the most strict (PostgreSQL, libpq, section 32.1.2)."""

ENCRYPTED_MODES = frozenset({"require", "verify-ca", "verify-full"})
"""With the other modes, libpq also accepts a connection without TLS."""

_OTHER_FILE = {
    stat.S_IFDIR: "a directory",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
}


def database_url(text: str, folder: Path) -> str:
    """Return a SQLAlchemy URL: ``sqlite:////absolute/file`` or ``postgresql+psycopg://…``.

    A relative SQLite file starts at ``folder``. Raises
    :class:`~auditor.config.rejected.RejectedError`.
    """
    scheme, separator, rest = text.partition("://")
    if separator and scheme in POSTGRESQL_SCHEMES:
        _check_postgresql(rest)
        return f"postgresql+psycopg://{rest}"
    if not separator or scheme != "sqlite":
        what = "is neither a SQLite nor a PostgreSQL URL"
        raise RejectedError(what, DATABASE_URL_REMEDY)
    name = rest.removeprefix("/")
    if "?" in name or "#" in name or name.startswith("file:"):
        what = "has options, and the auditor sets those of SQLite itself"
        raise RejectedError(what, "write sqlite:///FILE alone")
    if name.startswith(("~", "$")):
        what = f"names a file that begins with {name[0]}, which is not expanded"
        raise RejectedError(what, "write the whole path: sqlite:////var/lib/auditor/auditor.db")
    if not rest.startswith("/") or not name or name.startswith(":memory:") or "\0" in name:
        what = "names no file, and history must be kept between audits"
        raise RejectedError(what, DATABASE_URL_REMEDY)
    file = (folder / name).absolute()
    if kind := other_than_file(file):
        what = f"{file} is {kind}"
        raise RejectedError(what, "name a regular file, or one that does not exist yet")
    return f"sqlite:///{file}"


def other_than_file(path: Path) -> str:
    """Return what ``path`` is if it exists and is no regular file: ``a directory``. Else ``""``."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return ""
    return "" if stat.S_ISREG(mode) else _OTHER_FILE.get(stat.S_IFMT(mode), "a special file")


def has_password(text: str) -> bool:
    """Return whether a URL contains a password; text that is no URL contains none.

    Everything between the colon and the last ``@`` counts, as a password can contain ``@``, ``/``
    or ``#`` that its author forgot to escape.
    """
    _, separator, rest = text.partition("://")
    authority, at, _ = rest.rpartition("@")
    if separator and at and ":" in authority:
        return True
    return bool(re.search(r"[?&](password|sslpassword)=", text, re.IGNORECASE))


def unencrypted_host(url: str) -> str | None:
    """Return the remote host that a PostgreSQL URL may reach without TLS; ``None``: none.

    A Unix socket and a loopback address need no TLS. ``url`` is a result of
    :func:`database_url`.
    """
    parts = urlsplit(url)
    if not parts.scheme.startswith("postgresql"):
        return None
    options = parse_qs(parts.query)
    host = (parts.hostname or "").strip("[]") or options.get("host", [""])[0]
    host = unquote(host)
    if not host or host.startswith("/") or is_loopback(host):
        return None
    # "prefer" is the default of libpq.
    mode = options.get("sslmode", ["prefer"])[-1]
    return None if mode in ENCRYPTED_MODES else host


def _check_postgresql(rest: str) -> None:
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    # An @ that is not escaped would make a part of the password the host.
    if rest.count("@") > 1 or rest.count("@") > authority.count("@"):
        what = "the user name or the password contains a character that ends it"
        raise RejectedError(what, "write %40 for @, %2F for /, %3A for :, %23 for #, %3F for ?")
    try:
        parts = urlsplit(f"postgresql://{rest}")
        _ = parts.port
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        what = "is not a PostgreSQL URL"
        remedy = f"{DATABASE_URL_REMEDY}; in a password, write %40 for @, %2F for /, %23 for #"
        raise RejectedError(what, remedy) from None
    if parts.fragment:
        what = "contains a #, which ends the URL"
        raise RejectedError(what, "write %23 for # in a password")
    for name, value in options:
        _check_option(name, value)


def _check_option(name: str, value: str) -> None:
    known = _connection_options()
    if name not in known:
        suggestion = closest(name, known)
        remedy = f'did you mean "{suggestion}"?' if suggestion else "see the options of libpq"
        # A text that is no name can be a part of a password.
        shown = name if re.fullmatch(r"[A-Za-z_-]{1,30}", name) else "an option"
        what = f"{shown} is not an option of PostgreSQL connections"
        raise RejectedError(what, remedy)
    if name == "sslmode" and value not in SSL_MODES:
        suggestion = closest(value, SSL_MODES)
        remedy = f'did you mean "{suggestion}"?' if suggestion else "write one of them"
        what = f"sslmode: expected one of {', '.join(SSL_MODES)}"
        raise RejectedError(what, remedy)


def _connection_options() -> frozenset[str]:
    # From libpq itself, because its options differ between versions.
    from psycopg.pq import Conninfo

    return frozenset(option.keyword.decode() for option in Conninfo.get_defaults())
