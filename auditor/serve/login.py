"""Who may read the reports: HTTP Basic, a trusted proxy, or loopback.

The password is the only secret, and nothing that the server sends is derived from it. So an
attacker can test a guess only by a request to the server.
"""

import binascii
import hashlib
import hmac
import secrets
from base64 import b64decode
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic

from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    SimpleUser,
)
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response

from auditor.config.tables.service_settings import ServeSettings
from auditor.errors import ConfigError

MIN_PASSWORD_LENGTH = 12
"""Fewest characters of a password. At ten guesses a minute, 12 random letters cannot be found."""

MAX_FAILURES = 10
FAILURE_WINDOW_SECONDS = 60
"""A client with more than ``MAX_FAILURES`` wrong passwords in this time is refused."""

MAX_CLIENTS = 10_000
"""Number of clients whose failures are counted. The oldest client is removed first."""

IPV6_SITE_BITS = 64
"""One IPv6 client can use every address of its /64 network."""

NOT_A_USER = frozenset(
    {"", "-", "(null)", "null", "nil", "none", "undefined", "unknown", "anonymous"}
)
"""Values that proxies and their scripts write if there is no user."""

NOT_SIGNED_IN = "Not signed in."
LOGIN_FAILED = "The password is wrong."
TOO_MANY_FAILURES = "Too many wrong passwords. Try again later."

_CHALLENGE = {"www-authenticate": 'Basic realm="Reports", charset="UTF-8"'}


class LoginRejected(AuthenticationError):  # noqa: N818  (the backend reports it as a normal result)
    """The client is not signed in. ``retry_after``: seconds that it must wait; 0: none."""

    def __init__(self, message: str, *, retry_after: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ReportAuthentication(AuthenticationBackend):
    """Starlette's authentication backend of the report site. It never blocks a thread."""

    def __init__(self, serve: ServeSettings, seconds: Callable[[], float] = monotonic) -> None:
        self._serve = serve
        self._throttle = LoginThrottle(seconds)
        # Digests under a random key have equal lengths and make the comparison constant in time.
        self._key = secrets.token_bytes(32)

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser]:
        """Return the user, or raise :class:`LoginRejected`."""
        serve, client = self._serve, _client_address(conn)
        if not (serve.password or serve.user_header):
            return _signed_in("loopback")  # the configuration permits this only on loopback
        if user := self._user_of_proxy(conn, client):
            return _signed_in(user)
        credentials = conn.headers.get("authorization")
        if not serve.password or credentials is None:
            raise LoginRejected(NOT_SIGNED_IN)
        # This comes before the comparison: guesses beyond the limit would otherwise still be
        # answered.
        if wait := self._throttle.wait(client):
            raise LoginRejected(TOO_MANY_FAILURES, retry_after=wait)
        if not self._is_right(_basic_password(credentials)):
            self._throttle.count_failure(client)
            raise LoginRejected(LOGIN_FAILED)
        return _signed_in("reader")

    def _user_of_proxy(
        self, conn: HTTPConnection, client: IPv4Address | IPv6Address | None
    ) -> str | None:
        """Return the user that a trusted proxy names, exactly once; ``None``: there is none."""
        serve = self._serve
        if not serve.user_header or client is None:
            return None
        # A client can send the header itself. A proxy that adds its own then makes two.
        named = [each.strip() for each in conn.headers.getlist(serve.user_header)]
        if len(named) != 1 or named[0].casefold() in NOT_A_USER:
            return None
        return named[0] if any(client in network for network in serve.proxies) else None

    def _is_right(self, given: bytes | None) -> bool:
        # Read for each login, so that a new password needs no restart.
        password = self._serve.password.read().reveal().encode() if self._serve.password else b""
        # The start of the service checks the length, but the file can be replaced afterwards.
        if given is None or len(password) < MIN_PASSWORD_LENGTH:
            return False
        return hmac.compare_digest(self._digest(given), self._digest(password))

    def _digest(self, value: bytes) -> bytes:
        return hmac.digest(self._key, value, hashlib.sha256)


class LoginThrottle:
    """Counts wrong passwords by client. ``seconds`` is a monotonic clock."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, client: IPv4Address | IPv6Address | None) -> int:
        """Return how many seconds the client must wait; 0: it may try."""
        failures = self._failures.get(_site(client), deque())
        while failures and self._seconds() - failures[0] >= FAILURE_WINDOW_SECONDS:
            failures.popleft()
        if len(failures) < MAX_FAILURES:
            return 0
        # Less than a second must not become 0, which means that the client may try.
        return max(1, int(FAILURE_WINDOW_SECONDS - (self._seconds() - failures[0])))

    def count_failure(self, client: IPv4Address | IPv6Address | None) -> None:
        """Count one wrong password."""
        self._failures.setdefault(_site(client), deque()).append(self._seconds())
        self._failures.move_to_end(_site(client))
        if len(self._failures) > MAX_CLIENTS:
            self._failures.popitem(last=False)


def refusal(_: HTTPConnection, error: Exception) -> Response:
    """Return the response to a client that is not signed in: 401, or 429 with Retry-After."""
    if isinstance(error, LoginRejected) and error.retry_after:
        headers = {"retry-after": str(error.retry_after)}
        return PlainTextResponse(f"{error}\n", 429, headers)
    return PlainTextResponse(f"{error}\n", 401, _CHALLENGE)


def check_password(serve: ServeSettings) -> None:
    """Raise :class:`~auditor.errors.ConfigError` when the password is too short."""
    if serve.password and len(serve.password.read().reveal()) < MIN_PASSWORD_LENGTH:
        msg = f"serve.password: shorter than {MIN_PASSWORD_LENGTH} characters (use a longer one)"
        raise ConfigError(msg)


def _signed_in(user: str) -> tuple[AuthCredentials, SimpleUser]:
    return AuthCredentials(["authenticated"]), SimpleUser(user)


def _basic_password(header: str) -> bytes | None:
    """Return the password of an Authorization header; ``None``: the header has another form."""
    scheme, _, encoded = header.partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        decoded = b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    # There is one password, so any user name is accepted.
    _, colon, password = decoded.partition(b":")
    return password if colon else None


def _client_address(conn: HTTPConnection) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(conn.client.host if conn.client else "")
    except ValueError:
        return None
    # A listener of both families reports IPv4 clients as ::ffff:a.b.c.d.
    return getattr(address, "ipv4_mapped", None) or address


def _site(client: IPv4Address | IPv6Address | None) -> str:
    if isinstance(client, IPv6Address):
        return str(ip_network((client, IPV6_SITE_BITS), strict=False))
    return str(client)
