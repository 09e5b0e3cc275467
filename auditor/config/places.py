"""Checks of paths, and of places for reports, in auditor.toml and on the command line.

Pure, without pydantic. No message quotes a text that can be a secret.
"""

import re
from pathlib import Path

from auditor.config.rejected import RejectedError

EXTRAS_BY_SCHEME = {
    "s3": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "az": "azure",
    "abfs": "azure",
    "abfss": "azure",
}
"""URL scheme to the extra that installs its library."""

OBJECT_STORE_EXAMPLES = (
    "s3://BUCKET/PREFIX with the extra [s3], gs://BUCKET/PREFIX with [gcs], "
    "or az://CONTAINER/PREFIX with [azure]"
)
_PATH_EXAMPLE = "write a path such as secrets/okta-token"

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,29}):(?P<slashes>/*)")
_BUCKET = re.compile(r"[\w.@-]+")
_SECRET = re.compile(
    r"00[\w-]{38,}"  # API token of Okta
    r"|xox[a-z]([.-]xox[a-z])?-\S+|xapp-\S+"  # tokens of Slack
    r"|[^\s/:]+:[^\s/:]{20,}(?<=[0-9a-f]{20})"  # tokens of Unleash
)


def local_path(text: str) -> str:
    """Return the text of a path. Raises :class:`~auditor.config.rejected.RejectedError`.

    Neither ``~`` nor a variable is expanded: a service has another home folder than its author.
    """
    if not text or "\0" in text:
        what = "is not a path"
        raise RejectedError(what, _PATH_EXAMPLE)
    if _SECRET.fullmatch(text):
        what = "has the form of a secret"
        raise RejectedError(what, "write the path of a file that contains it")
    if text != text.strip() or not text.isprintable():
        what = "begins or ends with a space, or contains a control character"
        raise RejectedError(what, _PATH_EXAMPLE)
    if text.startswith(("~", "$")):
        what = f"begins with {text[0]}, which is not expanded"
        raise RejectedError(what, "write the whole path")
    if "://" in text:
        what = "is a URL, not a path"
        raise RejectedError(what, "write the path of a file or folder of this machine")
    return text


def is_local_path(text: str) -> bool:
    """Return whether :func:`local_path` accepts the text."""
    try:
        local_path(text)
    except RejectedError:
        return False
    return True


def report_place(text: str, folder: Path) -> str:
    """Return a directory as an absolute path, or a URL of an object store unchanged.

    A relative path starts at ``folder``. Raises
    :class:`~auditor.config.rejected.RejectedError`.
    """
    scheme = _SCHEME.match(text.strip())
    if "://" in text or (scheme and scheme["scheme"].lower() in EXTRAS_BY_SCHEME):
        _check_object_store(text, scheme)
        return text
    # What is there now is not checked: a place that breaks later must not prevent an audit.
    return str(folder / local_path(text))


def _check_object_store(text: str, scheme: re.Match[str] | None) -> None:
    name = scheme["scheme"].lower() if scheme else ""
    if name == "file":
        what = "is a URL of this machine"
        raise RejectedError(what, "write the path alone, such as /var/lib/auditor/reports")
    if name not in EXTRAS_BY_SCHEME or not scheme:
        what = f"{name}:// is not an object store" if name else "is not a URL of an object store"
        raise RejectedError(what, f"write a directory, {OBJECT_STORE_EXAMPLES}")
    container = "CONTAINER" if EXTRAS_BY_SCHEME[name] == "azure" else "BUCKET"
    remedy = f"write it like {name}://{container}/PREFIX"
    bucket, _, prefix = text.partition("://")[2].partition("/")
    # A URL of Azure can name the account after the container: abfs://container@account….
    account_is_named = container == "CONTAINER" and bucket.count("@") == 1 and ":" not in bucket
    if "@" in bucket and not account_is_named:
        what = "contains a user name or a password"
        raise RejectedError(what, f"{remedy}; the library reads credentials from the environment")
    if not text.startswith(f"{name}://") or not _BUCKET.fullmatch(bucket):
        what = "is not a URL of an object store"
        raise RejectedError(what, remedy)
    if "?" in prefix or "#" in prefix:
        what = "contains a query or a fragment"
        raise RejectedError(what, remedy)
    is_plain = prefix == prefix.strip() and prefix.isprintable()
    if not is_plain or not {".", ".."}.isdisjoint(prefix.split("/")):
        what = "contains .., a space at its end, or a control character"
        raise RejectedError(what, remedy)
