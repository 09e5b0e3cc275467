"""Whether the two sides of a target can be reached, and what their credentials are."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from auditor.collect.address_space import require_address_space
from auditor.collect.http import Deadline, Transport
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import MAX_SMALL_ANSWER_BYTES, Limits
from auditor.config.secrets import OKTA_SCOPES, OktaCredentials
from auditor.domain.collections import OWN_TOKENS, SELF, USERS
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.domain.unleash import Self
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.errors import ConfigError
from auditor.net.proxies import proxy_to
from auditor.net.retry_after import server_time
from auditor.net.tls import named_by

CONNECTION_CHECK_TIMEOUT_SECONDS = 20
"""Seconds that a server has to answer."""


class ConnectionAttempt(Struct, frozen=True, kw_only=True):
    """The result of one request without a credential."""

    failure: str = ""
    """Why there was no answer; empty: there was one, with any status."""

    tls: str = ""
    proxy: str = ""
    """The proxy's address, without a password."""

    trust: str = ""
    """The environment variable that names the trusted certificate authorities; empty: none does."""

    ahead: timedelta | None = None
    """The difference of the server's clock to ours, positive if it is ahead; ``None``: it sends no
    date."""


def attempt_connection(url: str, path: str, now: Callable[[], datetime]) -> ConnectionAttempt:
    """Request ``path`` of a server. Any answer is a success."""
    proxy = via.address if (via := proxy_to(url)) else ""
    trust = named_by()
    limits = Limits(
        request=CONNECTION_CHECK_TIMEOUT_SECONDS, silence=CONNECTION_CHECK_TIMEOUT_SECONDS
    )
    try:
        with Transport(url, limits, Deadline(CONNECTION_CHECK_TIMEOUT_SECONDS)) as wire:
            answer = wire.get(path, {}, auth=None, cap=MAX_SMALL_ANSWER_BYTES)
    except (CollectError, ConfigError) as error:
        return ConnectionAttempt(failure=str(error), proxy=proxy, trust=trust)
    # Our clock is read after the answer: the date in it is only as old as the way back.
    received_at, sent_at = now(), server_time(answer.headers)
    ahead = sent_at - received_at if sent_at else None
    return ConnectionAttempt(tls=answer.tls, proxy=proxy, trust=trust, ahead=ahead)


MAX_HEALTHY_CLOCK_SKEW = timedelta(seconds=30)
"""The largest difference of two clocks without a warning. Signatures and times in logs depend on
it."""

_OPEN_TO_ALL = {"Okta": "/.well-known/okta-organization", "Unleash": "/health"}
"""A path of each side that needs no credential."""


def check_connections(target: Target, now: Callable[[], datetime]) -> Iterator[HealthCheck]:
    """Request a path of each side that needs no credential.

    Raises :class:`~auditor.errors.AuditorError` when this process may use too little memory.
    """
    require_address_space()
    for side, url in (("Okta", target.org_url), ("Unleash", target.unleash_url)):
        yield assess_connection(side, url, attempt_connection(url, _OPEN_TO_ALL[side], now))


def assess_connection(side: str, url: str, found: ConnectionAttempt) -> HealthCheck:
    """Return the health check of one connection attempt."""
    is_secured = url.startswith("https:")
    details = tuple(
        filter(
            None,
            (
                f"through the proxy {found.proxy}" if found.proxy else "",
                f"trusting what {found.trust} names" if found.trust and is_secured else "",
            ),
        )
    )
    if found.failure:
        return HealthCheck(
            area=side,
            about="connection",
            status=HealthStatus.ERROR,
            message=f"{url} does not answer: {found.failure}.",
            details=details,
            remediation=(
                "Check the address, DNS and the firewall; behind a proxy set HTTPS_PROXY, and "
                "behind a private certificate authority SSL_CERT_FILE."
            ),
        )
    over = f"over {found.tls}" if is_secured else "over plain http"
    is_off = found.ahead is not None and abs(found.ahead) > MAX_HEALTHY_CLOCK_SKEW
    return HealthCheck(
        area=side,
        about="connection",
        status=HealthStatus.WARNING if is_off else HealthStatus.OK,
        message=f"{url} answers {over}; {_clocks(found.ahead)}.",
        details=details,
        remediation="Set this machine's clock by NTP." if is_off else "",
    )


def _clocks(ahead: timedelta | None) -> str:
    if ahead is None:
        return "it sends no date"
    if abs(ahead) <= MAX_HEALTHY_CLOCK_SKEW:
        return "the clocks agree"
    way = "ahead of" if ahead > timedelta() else "behind"
    return f"its clock is {abs(ahead).total_seconds():,.0f} seconds {way} ours"


def check_okta_privileges(credentials: OktaCredentials) -> HealthCheck:
    """State which rights the credential has beyond reading, as far as they are known."""
    if credentials.token is not None:
        return _rights(
            "Okta",
            HealthStatus.NOTICE,
            "An API token has all rights of the admin who created it. The auditor sends only GET "
            "requests, but Okta does not enforce this.",
            "Use a service app with a private key and read scopes only, which cannot write: set "
            "client_id (docs/configuration.md).",
        )
    beyond = sorted(set(credentials.scopes) - set(OKTA_SCOPES))
    if beyond:
        return _rights(
            "Okta",
            HealthStatus.WARNING,
            f"It requests more scopes than an audit needs: {', '.join(beyond)}.",
            "Remove these from target.okta.scopes, and revoke them on the service app.",
        )
    return _rights("Okta", HealthStatus.OK, "The scopes that it requests only read.")


def check_unleash_privileges(snapshot: Snapshot) -> Iterator[HealthCheck]:
    """State the owner of the token and its rights beyond reading."""
    own = snapshot.get(SELF)
    # Nothing was read, so nothing is known about the token. Other health checks report this.
    if own is None and snapshot.get(USERS) is None:
        return
    who = _owner(own)
    # Only an admin can read the list of users, so a list without an account is proof as well.
    if own is None or own.is_admin:
        is_nobodys = own is not None and own.user_id is None
        yield _rights(
            "Unleash",
            HealthStatus.NOTICE,
            f"This is an admin credential of {who}. No smaller role can read the users. The "
            "auditor sends only GET requests, but Unleash does not enforce this.",
            "Admin API tokens are deprecated and belong to no user. Use a service account's token."
            if is_nobodys
            else "",
        )
    else:
        yield _rights(
            "Unleash", HealthStatus.NOTICE, f"It belongs to {who} and is no admin credential."
        )


def _owner(own: Self | None) -> str:
    if own is None:
        return "an unknown account"
    if own.user_id is None:
        return "no user: it is an admin API token"
    return own.name or f"user {own.user_id}"


def check_expiry(snapshot: Snapshot, notice: timedelta) -> Iterator[HealthCheck]:
    """State when the tokens of the auditor's own account expire."""
    at = snapshot.taken_at
    for token in snapshot.get(OWN_TOKENS) or ():
        if token.expires_at is not None and token.expires_at <= at:
            continue  # it is not the token of the auditor
        name = token.description or str(token.id)
        is_near = token.expires_at is not None and token.expires_at <= at + notice
        when = f"expires on {token.expires_at:%Y-%m-%d}" if token.expires_at else "never expires"
        yield HealthCheck(
            area="Unleash",
            about="expiry",
            status=HealthStatus.WARNING if is_near else HealthStatus.OK,
            message=f"The account's token {name} {when}.",
            remediation=(
                "Create a new token, store it where target.unleash names it, then delete this one."
                if is_near
                else ""
            ),
        )


def _rights(side: str, status: HealthStatus, message: str, remediation: str = "") -> HealthCheck:
    return HealthCheck(
        area=side, about="rights", status=status, message=message, remediation=remediation
    )
