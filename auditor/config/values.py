"""Addresses that a token is sent to: checked once, in one spelling. Pure."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from auditor.config.location import Location

_OKTA_HOSTS = (".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com")

_BELOW_UNLEASH = re.compile(
    r"(?<=[^/])/(api(/(admin|client|frontend|scim))?|scim|sign-in|login|projects(/[^/]+)?"
    r"|admin(/(users|groups|roles|service-accounts|api|auth|scim|network)(/[a-z-]+)?)?)$"
)
"""Its API, and those pages of its console whose address somebody may have copied."""


def org_url(text: str, place: Location) -> str:
    """Return the origin of an Okta org: ``https://acme.okta.com``."""
    parts = _split(text, place, example="https://acme.okta.com", allow_http=False)
    host = parts.hostname or ""
    for suffix in _OKTA_HOSTS:
        if host.endswith(f"-admin{suffix}"):
            home = host.removesuffix(f"-admin{suffix}") + suffix
            place.refuse("is the address of the admin console", f"write https://{home}")
    if parts.path.strip("/"):
        place.refuse("has a path", f"write {_origin(parts)}")
    return _origin(parts)


def base_url(text: str, place: Location, *, allow_http: bool = False) -> str:
    """Return a base address without a trailing slash; it may have a path."""
    parts = _split(text, place, example="https://unleash.acme.example", allow_http=allow_http)
    path = parts.path.rstrip("/")
    return f"{_origin(parts)}{path}"


def unleash_url(text: str, place: Location, *, allow_http: bool) -> str:
    """Return the address of an Unleash instance, without the paths below it that people copy."""
    url = base_url(text, place, allow_http=allow_http)
    if found := _BELOW_UNLEASH.search(url):
        home = url.removesuffix(found[0])
        place.refuse(f"ends in {found[0]}, which is a part of Unleash", f"write {home}")
    return url


def _split(text: str, place: Location, *, example: str, allow_http: bool) -> SplitResult:
    remediation = f"write it like {example}"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        place.refuse("not an address", remediation)
    if parts.scheme not in {"http", "https"} or not host or any(map(str.isspace, text)):
        place.refuse("not a web address", remediation)
    if parts.username is not None or parts.password is not None:
        place.refuse("holds a user name or a password", remediation)
    if parts.query or parts.fragment:
        place.refuse("has a query or a fragment", remediation)
    if parts.scheme == "http" and not (allow_http or _is_loopback(host)):
        place.refuse("is not https, so the token could be read on its way", remediation)
    return parts


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
