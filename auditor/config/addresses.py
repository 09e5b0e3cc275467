"""Checks of web addresses in auditor.toml and on the command line. Pure, without pydantic."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from auditor.config.rejected import RejectedError

_LABEL = r"(?!-)[\w-]{1,63}(?<!-)"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
MAX_HOST_LENGTH = 253
_NO_ORGS = frozenset({"", "www", "login", "developer", "help", "support"})
"""Hosts below ``okta.com`` that are no org."""

OKTA_DOMAINS = (".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com")
UNLEASH_EXAMPLE = "https://unleash.acme.example"

UNLEASH_PATH = re.compile(
    r"(?<=[^/])/(api(/(admin|client|frontend|scim))?|scim|sign-in|login|personal|history"
    r"|projects(/[^/]+)?"
    r"|admin(/(users|groups|roles|instance|service-accounts|api|auth|scim|network)(/[a-z-]+)?)?)\Z"
)
"""The end of an address that is an API of Unleash, or a page of its admin console."""


def org_url(text: str) -> str:
    """Return the origin of an Okta org: ``https://acme.okta.com``.

    A host in one of Okta's own domains may be written without ``https://``.
    Raises :class:`~auditor.config.rejected.RejectedError`.
    """
    bare = text.strip().rstrip("/").lower()
    if "://" not in bare and "/" not in bare and bare.endswith(OKTA_DOMAINS):
        text = f"https://{bare}"
    parts = _split(text, example="https://acme.okta.com", allow_http=False)
    host = parts.hostname or ""
    for domain in OKTA_DOMAINS:
        if host.endswith(f"-admin{domain}"):
            org = host.removesuffix(f"-admin{domain}") + domain
            what = "is the address of the admin console"
            raise RejectedError(what, f"write https://{org}")
    if any(host.removesuffix(each).removesuffix(each[1:]) in _NO_ORGS for each in OKTA_DOMAINS):
        what = "is not the address of an org"
        raise RejectedError(what, "write it like https://acme.okta.com")
    if parts.path.strip("/"):
        what = "has a path"
        raise RejectedError(what, f"write {_origin(parts)}")
    return _origin(parts)


def web_address(text: str, *, allow_http: bool = False, example: str = UNLEASH_EXAMPLE) -> str:
    """Return a base address without a trailing slash; it may have a path, but no query.

    ``http`` is accepted for loopback addresses, and for others with ``allow_http``.
    Raises :class:`~auditor.config.rejected.RejectedError`.
    """
    parts = _split(text, example=example, allow_http=allow_http)
    return f"{_origin(parts)}{parts.path.rstrip('/')}"


def web_address_with_query(text: str) -> str:
    """Return an ``http`` or ``https`` address that may have a query, with its path unchanged.

    Raises :class:`~auditor.config.rejected.RejectedError`.
    """
    parts = _split(text, example="https://ping.acme.example/ID", allow_http=True, allow_query=True)
    query = f"?{parts.query}" if parts.query else ""
    return f"{_origin(parts)}{parts.path.rstrip('/')}{query}"


def unleash_url(text: str, *, allow_http: bool) -> str:
    """Return the base address of an Unleash instance; it may have a base path.

    Raises :class:`~auditor.config.rejected.RejectedError` when the address is a page of the admin
    console or an API below the base address. The remedy contains the base address.
    """
    url = web_address(text, allow_http=allow_http)
    if (urlsplit(url).hostname or "").endswith(OKTA_DOMAINS):
        what = "is the address of an Okta org"
        raise RejectedError(what, f"write the address of Unleash, like {UNLEASH_EXAMPLE}")
    if page := UNLEASH_PATH.search(url):
        base = url.removesuffix(page[0])
        what = f"ends in {page[0]}, which is a page or an API of Unleash"
        raise RejectedError(what, f"write {base}")
    return url


def _split(text: str, *, example: str, allow_http: bool, allow_query: bool = False) -> SplitResult:
    remedy = f"write it like {example}"
    try:
        parts = urlsplit(text)
        # Both raise ValueError for some texts that urlsplit accepts.
        host, port = parts.hostname, parts.port
    except ValueError:
        what = "is not a web address"
        raise RejectedError(what, remedy) from None
    is_host = bool(host) and is_host_or_ip(host or "") and port != 0
    if parts.scheme not in {"http", "https"} or not host or not is_host or not _is_plain(text):
        what = "is not a web address"
        raise RejectedError(what, remedy)
    if parts.username is not None or parts.password is not None:
        what = "contains a user name or a password"
        raise RejectedError(what, remedy)
    if parts.fragment or (parts.query and not allow_query):
        what = "contains a fragment" if allow_query else "contains a query or a fragment"
        raise RejectedError(what, remedy)
    if parts.scheme == "http" and not (allow_http or is_loopback(host)):
        what = "is not https, so a token that is sent there is not encrypted"
        raise RejectedError(what, remedy)
    return parts


def is_host_or_ip(text: str) -> bool:
    """Return whether ``text`` is an IP address, or can be the name of a host."""
    try:
        ip_address(text)
    except ValueError:
        is_name = len(text) <= MAX_HOST_LENGTH and _HOST_NAME.fullmatch(text)
        # Digits alone are no name, but an address that is wrong, such as 10.0.0.300.
        return bool(is_name) and not text.replace(".", "").isdecimal()
    return True


def _is_plain(text: str) -> bool:
    # urlsplit silently removes tabs and line breaks.
    return text.isprintable() and not any(map(str.isspace, text))


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.lower()}"


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is ``localhost`` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
