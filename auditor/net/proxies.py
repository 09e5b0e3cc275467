"""The proxy that the environment names for a server, without its password."""

from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass


class Proxy(NamedTuple):
    """What stands between us and a server."""

    variable: str
    """The one that names it: ``HTTPS_PROXY``."""

    address: str
    """Without a password."""


def proxy_to(url: str) -> Proxy | None:
    """Return the proxy that the environment names for a server."""
    parts = urlsplit(url)
    proxies = getproxies()
    kind = parts.scheme if proxies.get(parts.scheme) else "all"
    if not proxies.get(kind) or proxy_bypass(parts.hostname or ""):
        return None
    proxy = urlsplit(proxies[kind])
    return Proxy(f"{kind.upper()}_PROXY", f"{proxy.scheme}://{host_and_port(proxy)}")


def host_and_port(address: SplitResult) -> str:
    """Return host and port, without user and password."""
    return address.netloc.rpartition("@")[2]
