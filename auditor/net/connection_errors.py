"""Messages for connections that fail: DNS, firewall, proxy, certificate.

A message contains only the host and the port of an address: the rest can be a secret.
"""

import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

import httpx

from auditor.net.proxies import Proxy, host_and_port, proxy_to
from auditor.net.tls import FILE, named_by

_CHECK_PATH = "check the server and its proxies"

# X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH: Python has no names for them.
_WRONG_NAME = {62, 64}

# X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED.
_WRONG_TIME = {9, 10}
"""Codes of OpenSSL: a certificate for another host; one that is not yet valid, or has expired."""


def connection_error_message(error: Exception, url: str) -> str:
    """Return one line: why a request to ``url`` failed below HTTP, and the fix."""
    server, proxy = urlsplit(url), proxy_to(url)
    for cause in _causes(error):
        # From the outside to the inside: httpx's own errors state the operation that failed, and
        # only an error of the system below it states the reason.
        if reason := _unreached(cause, server, proxy) or _unsecured(cause, server):
            return reason
    return f"{type(error).__name__} (check the address)"


def _unreached(  # noqa: PLR0911  (a table of cases)
    cause: BaseException, server: SplitResult, proxy: Proxy | None
) -> str:
    peer = urlsplit(proxy.address) if proxy else server
    check = f"check {proxy.variable}" if proxy else "check the address"
    match cause:
        case httpx.UnsupportedProtocol():
            return f"the scheme {server.scheme}:// is not supported (use https:// or http://)"
        case httpx.ProxyError() if proxy:
            return _refusal(str(cause), server, proxy)
        # Before TimeoutException, its base class: only a connection that is not made points to a
        # firewall.
        case httpx.ConnectTimeout():
            so = (
                check
                if proxy
                else "allow it in the firewall, or set HTTPS_PROXY if it needs a proxy"
            )
            return f"no connection to {host_and_port(peer)} in time ({so})"
        case httpx.DecodingError():
            return f"the answer cannot be decompressed ({_CHECK_PATH})"
        case httpx.TimeoutException() | TimeoutError():
            return f"no answer in time ({_CHECK_PATH})"
        # The resolver did not answer. With every other code it answered that there is no such name.
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return f"DNS gives no answer for {peer.hostname} (check the resolver of this machine)"
        case socket.gaierror():
            return f"DNS does not know {peer.hostname} ({check})"
        case ConnectionRefusedError():
            return f"{host_and_port(peer)} refuses the connection ({check}, and whether it is up)"
        case httpx.RemoteProtocolError() | httpx.ReadError() | ConnectionResetError():
            return f"the connection ended before the answer was complete ({_CHECK_PATH})"
        case _:
            return ""


def _unsecured(cause: BaseException, server: SplitResult) -> str:
    match cause:
        case ssl.SSLCertVerificationError():
            return _distrust(cause, server)
        # A server on plain http answers the TLS greeting in text. The reason depends on OpenSSL's
        # version.
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "RECORD_LAYER_FAILURE"):
            hint = "check the port, and whether it is http"
            return f"{host_and_port(server)} does not use TLS ({hint})"
        case ssl.SSLError():
            reason = cause.reason or type(cause).__name__
            return f"no TLS with {host_and_port(server)}: {reason} (check the TLS of the server)"
        case _:
            return ""


def _distrust(error: ssl.SSLCertVerificationError, server: SplitResult) -> str:
    if error.verify_code in _WRONG_NAME:
        return f"the certificate of {server.hostname} is for another name (check the address)"
    if error.verify_code in _WRONG_TIME:
        so = "renew it, or set the clock"
        return f"the certificate of {server.hostname} is expired or not yet valid ({so})"
    place = named_by()
    so = f"add it to {place}" if place else f"if it is a private one, name its file in {FILE}"
    return f"the authority of the certificate of {server.hostname} is not trusted ({so})"


def _refusal(words: str, server: SplitResult, proxy: Proxy) -> str:
    """Return why a proxy refuses. Only the status at the start of its answer is quoted."""
    status = re.match(r"\d{3}\b", words)
    match status and status[0]:
        case "407":
            so = f"requires a user and a password (set {proxy.variable}=http://USER:PASSWORD@HOST:PORT)"
        case "403":
            so = f"denies connections to {server.hostname} (allow the host there, or set NO_PROXY)"
        case str(number):
            so = f"answers {number} (check the proxy)"
        case _:
            so = f"refuses (check {proxy.variable})"
    return f"the proxy {proxy.address} {so}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes. httpcore hides them with ``from None``."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
