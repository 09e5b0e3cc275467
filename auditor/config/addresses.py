"""Checks of web addresses in auditor.toml and on the command line. Pure, without pydantic."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from auditor.config.rejected import RejectedError

OKTA_DOMAINS = (".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com")
UNLEASH_EXAMPLE = "https://unleash.acme.example"

UNLEASH_PATH = re.compile(
    r"(?<=[^/])/(api(/(admin|client|frontend|scim))?|scim|sign-in|login|personal|history"
    r"|projects(/[^/]+)?"
    r"|admin(/(users|groups|roles|instance|service-accounts|api|auth|scim|network)(/[a-z-]+)?)?)$"
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
    if page := UNLEASH_PATH.search(url):
        base = url.removesuffix(page[0])
        what = f"ends in {page[0]}, which is a page or an API of Unleash"
        raise RejectedError(what, f"write {base}")
    return url


def _split(text: str, *, example: str, allow_http: bool, allow_query: bool = False) -> SplitResult:
    remedy = f"write it like {example}"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        what = "is not a web address"
        raise RejectedError(what, remedy) from None
    if parts.scheme not in {"http", "https"} or not host or not _is_plain(text):
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


def _is_plain(text: str) -> bool:
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
