"""The proxy that the environment names for a server, and the servers that need none.

The HTTP client's own reader of ``NO_PROXY`` ignores IPv4 networks and fails on IPv6 networks. So
all clients get their proxy from :func:`client_options`, and do not read the environment.
"""

import os
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple, TypedDict
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

DEFAULT_PORTS = {"http": 80, "https": 443}


class Proxy(NamedTuple):
    """A proxy between the auditor and a server."""

    variable: str
    """The variable that names it: ``HTTPS_PROXY``."""

    address: str
    """Its address without user and password."""


class ClientOptions(TypedDict):
    """Options of an HTTP client for one server."""

    proxy: str | None
    trust_env: bool


def proxy_to(url: str) -> Proxy | None:
    """Return the proxy that the environment names for a server; ``None``: there is none."""
    kind, address = _named_proxy(url)
    if not address:
        return None
    proxy = urlsplit(address)
    return Proxy(f"{kind.upper()}_PROXY", f"{proxy.scheme}://{host_and_port(proxy)}")


def client_options(url: str) -> ClientOptions:
    """Return the options of an HTTP client that sends requests to ``url``.

    The proxy contains its user and password, and must not be shown.
    """
    return {"proxy": _named_proxy(url)[1] or None, "trust_env": False}


def host_and_port(address: SplitResult) -> str:
    """Return host and port, without user and password."""
    return address.netloc.rpartition("@")[2]


def _named_proxy(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    proxies = getproxies()
    kind = parts.scheme if proxies.get(parts.scheme) else "all"
    address = proxies.get(kind, "")
    if not address or bypasses_proxy(parts, _no_proxy()):
        return kind, ""
    # `HOST:PORT` is a common notation, and httpx refuses an address without a scheme.
    return kind, address if "://" in address else f"http://{address}"


def _no_proxy() -> str:
    # The lower-case name precedes, as in curl and in the standard library.
    return os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""


def bypasses_proxy(server: SplitResult, no_proxy: str) -> bool:
    """Return whether ``NO_PROXY`` names the server.

    An entry is a host, a domain with or without a leading dot, an address, or a network such as
    ``10.0.0.0/8`` or ``fd00::/8``. A host or an address may have a port. ``*`` names all servers.
    An entry of another form names no server.
    """
    host = (server.hostname or "").rstrip(".").lower()
    try:
        port = server.port or DEFAULT_PORTS.get(server.scheme)
    # A port beyond 65535: urlsplit raises only when it is read.
    except ValueError:
        port = None
    entries = (entry.strip().lower() for entry in no_proxy.split(","))
    return any(_names(entry, host, port) for entry in entries if entry)


def _names(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if "/" in entry:
        return address is not None and _contains(entry, address)
    if (named := _address(entry.strip("[]"))) is not None:
        return named == address
    name, separator, named_port = entry.rpartition(":")
    if separator and named_port.isdecimal():
        # Six digits are enough to differ from every port, and int() refuses a text of thousands of
        # digits.
        if int(named_port[:6]) != port:
            return False
        entry = name
        if (named := _address(entry.strip("[]"))) is not None:
            return named == address
    # `*.example.com` is a common notation for `.example.com`.
    domain = entry.removeprefix("*").lstrip(".").rstrip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # An IPv4 address can be written as IPv6 (`::ffff:10.0.0.1`) and is still in an IPv4 network.
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _contains(entry: str, address: IPv4Address | IPv6Address) -> bool:
    network, _, length = entry.rpartition("/")
    try:
        # People also write a network by one of its hosts (`10.1.2.3/8`), which strict would refuse.
        return address in ip_network(f"{network.strip('[]')}/{length}", strict=False)
    except ValueError:
        return False
