"""Why no answer came at all, and what to do: DNS, a firewall, a proxy, a certificate.

Of an address it tells the host alone: the rest of it may be a secret.
"""

import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

import httpx

from auditor.net.proxies import Proxy, host_and_port, proxy_to
from auditor.net.tls import FILE, named_by

_WRONG_NAME = {62, 64}


_WRONG_TIME = {9, 10}
"""OpenSSL's codes: a certificate for another host, and one that is not valid yet or any more."""


def connection_error_message(error: Exception, url: str) -> str:
    """Say in one line why a request to ``url`` failed below HTTP, and what to do."""
    server, proxy = urlsplit(url), proxy_to(url)
    for cause in _causes(error):
        if reason := _unreached(cause, server, proxy) or _unsecured(cause, server):
            return reason
    return type(error).__name__


def _unreached(  # noqa: PLR0911  (a table of cases)
    cause: BaseException, server: SplitResult, proxy: Proxy | None
) -> str:
    peer = urlsplit(proxy.address) if proxy else server
    check = f"check {proxy.variable}" if proxy else "check the address"
    match cause:
        case httpx.ProxyError() if proxy:
            return _refusal(str(cause), server, proxy)
        case httpx.ConnectTimeout():
            so = (
                check
                if proxy
                else "a firewall may drop it; where a proxy leads out set HTTPS_PROXY"
            )
            return f"no connection to {host_and_port(peer)} in time ({so})"
        case httpx.TimeoutException() | TimeoutError():
            return "no answer in time"
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return f"DNS gives no answer about {peer.hostname} (see to this machine's resolver)"
        case socket.gaierror():
            return f"DNS does not know {peer.hostname} ({check})"
        case ConnectionRefusedError():
            return f"{host_and_port(peer)} refuses the connection ({check}, and whether it is up)"
        case httpx.RemoteProtocolError() | httpx.ReadError() | ConnectionResetError():
            return "the connection broke off before the answer was whole"
        case _:
            return ""


def _unsecured(cause: BaseException, server: SplitResult) -> str:
    match cause:
        case ssl.SSLCertVerificationError():
            return _distrust(cause, server)
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "RECORD_LAYER_FAILURE"):
            hint = "check the port, and whether it is http"
            return f"{host_and_port(server)} does not speak TLS ({hint})"
        case ssl.SSLError():
            return f"no TLS with {host_and_port(server)}: {cause.reason or type(cause).__name__}"
        case _:
            return ""


def _distrust(error: ssl.SSLCertVerificationError, server: SplitResult) -> str:
    if error.verify_code in _WRONG_NAME:
        return f"the certificate of {server.hostname} is for another name (check the address)"
    if error.verify_code in _WRONG_TIME:
        return f"the certificate of {server.hostname} is out of date (renew it, or set the clock)"
    place = named_by()
    so = f"{place} must hold it" if place else f"if it is a private one, let {FILE} name it"
    return f"the authority behind the certificate of {server.hostname} is not trusted ({so})"


def _refusal(words: str, server: SplitResult, proxy: Proxy) -> str:
    """Say what a proxy makes of us; its answer begins with a status, and nothing else is quoted."""
    status = re.match(r"\d{3}\b", words)
    match status and status[0]:
        case "407":
            so = f"wants a user and a password ({proxy.variable}=http://USER:PASSWORD@HOST:PORT)"
        case "403":
            so = f"lets nobody through to {server.hostname} (have it allowed, or set NO_PROXY)"
        case str(number):
            so = f"answers {number} (see whether it is well)"
        case _:
            so = f"refuses (check {proxy.variable})"
    return f"the proxy {proxy.address} {so}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came of; httpcore hides that behind ``from None``."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
