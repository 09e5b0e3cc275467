"""The tables [serve], [heartbeat], [metrics] and [sla]: how the auditor runs unattended."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, ClassVar

from msgspec import Struct
from pydantic import AfterValidator, Field, PlainValidator, Strict, WithJsonSchema
from pydantic_core import InitErrorDetails

from auditor.config.addresses import is_host_or_ip, is_loopback, web_address, web_address_with_query
from auditor.config.rejected import RejectedError
from auditor.config.secrets import Secret, SecretSource
from auditor.config.values import (
    FROM_ENV,
    FROM_FILE,
    Duration,
    Flag,
    RootedPath,
    Table,
    Text,
    VariableName,
    key,
    problem,
    quoted,
)
from auditor.engine.exposure.access_delay import DelayKind
from auditor.engine.watch.watched_target import WatchTimes
from auditor.rule.severity import Severity

OFF = "off"
GATEWAY_EXAMPLE = "http://pushgateway:9091"
MAX_PORT = 65535
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADERS_WITH_SECRETS = frozenset({"authorization", "proxy-authorization", "cookie"})


class Address(Struct, frozen=True, kw_only=True):
    """A host and a port to listen on."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Return whether only this machine can connect to it."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def _parse_address(text: object) -> Address:
    host, _, port = text.rpartition(":") if isinstance(text, str) else ("", "", "")
    if host == "*":
        what = f"{quoted(text)} is not an address to listen on"
        raise RejectedError(what, f"write 0.0.0.0:{port} or [::]:{port} for all addresses")
    # The length comes before int(), which is slow, or an error, for a very long text.
    is_port = port.isascii() and port.isdecimal() and len(port) <= len(str(MAX_PORT))
    if not host or not is_port or int(port) > MAX_PORT or not _is_host(host):
        what = f"{quoted(text)} is not an address to listen on"
        raise RejectedError(what, "write it like 127.0.0.1:9187")
    return Address(host=host.strip("[]"), port=int(port))


def _is_host(host: str) -> bool:
    if not host.startswith("["):
        # An IPv6 address needs brackets: without them, its last part would be the port.
        return is_host_or_ip(host) and ":" not in host
    try:
        return ip_address(host.removeprefix("[").removesuffix("]")).version == 6  # noqa: PLR2004
    except ValueError:
        return False


def _parse_optional_address(text: object) -> Address | None:
    return None if text == OFF else _parse_address(text)


def _operations(table: type[Table], keys: Mapping[str, Any]) -> Address | None:
    """Return the address of operations; ``None``: the check of the field reports an error."""
    try:
        return _parse_address(keys.get("operations", table.model_fields["operations"].default))
    except RejectedError:
        return None


def _parse_network(text: object) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text) if isinstance(text, str) else None
    except ValueError:
        network = None
    if network is None:
        what = f"{quoted(text)} is not a network"
        raise RejectedError(what, "write it like 10.0.0.0/8 or 10.1.2.3")
    if network.prefixlen == 0:
        what = f"{network} contains every address, so every client could set user_header"
        raise RejectedError(what, "name the addresses of your proxy alone")
    return network


def _checked_host(host: str) -> str:
    if "*" in host.removeprefix("*."):
        what = f"{quoted(host)} matches every host, which permits DNS rebinding"
        raise RejectedError(what, "name the host that browsers use, such as reports.acme.example")
    if not is_host_or_ip(host.removeprefix("*.").strip("[]")):
        what = f"{quoted(host)} is not the name of a host"
        raise RejectedError(what, "write it without scheme, port and path: reports.acme.example")
    return host


def _checked_header(name: str) -> str:
    if not _HEADER.fullmatch(name):
        what = f"{quoted(name)} is not the name of a header"
        raise RejectedError(what, "write it like X-Forwarded-User")
    if name.lower() in _HEADERS_WITH_SECRETS:
        what = f"{quoted(name)} contains a secret, not the name of a user"
        raise RejectedError(what, "name the header that the proxy sets, such as X-Forwarded-User")
    return name


def _gateway(text: str) -> str:
    url = web_address(text, allow_http=True, example=GATEWAY_EXAMPLE)
    base, path, _ = url.partition("/metrics")
    if path:
        what = "contains /metrics, which the auditor appends"
        raise RejectedError(what, f"write {base}")
    return url


def ends_in_prom(path: object) -> object:
    """Return the path. Raises RejectedError if the node exporter would not read the file."""
    if not str(path).endswith(".prom"):
        what = "does not end in .prom"
        raise RejectedError(what, "rename it: the node exporter reads files that end in .prom only")
    return path


_TEXT_SCHEMA = WithJsonSchema({"type": "string"})

ListenAddress = Annotated[Address, PlainValidator(_parse_address), _TEXT_SCHEMA]
OptionalListenAddress = Annotated[
    Address | None, PlainValidator(_parse_optional_address), _TEXT_SCHEMA
]
Network = Annotated[IPv4Network | IPv6Network, PlainValidator(_parse_network), _TEXT_SCHEMA]
HostName = Annotated[str, AfterValidator(_checked_host)]
HeaderName = Annotated[Text, AfterValidator(_checked_header)]


class ServeSettings(Table):
    """The listeners of `auditor serve`, and how it stops."""

    secrets: ClassVar[Mapping[str, bool]] = {"password": False}

    operations: ListenAddress = key(
        "127.0.0.1:9187", "Address of /healthz, /readyz and /metrics. They show no personal data."
    )
    reports: OptionalListenAddress = key(
        "127.0.0.1:8187",
        "Address of the report site, or `off`. Beyond loopback, it needs a login.",
    )
    trusted_hosts: tuple[HostName, ...] = key(
        [], "Host names that browsers may use for the report site, besides loopback addresses."
    )
    password_env: VariableName | None = key(None, f"Password of the report site. {FROM_ENV}")
    password_file: RootedPath | None = key(None, f"Password of the report site. {FROM_FILE}")
    user_header: HeaderName | None = key(
        None,
        "Header in which a proxy names the user that it has authenticated.",
        examples=["X-Forwarded-User"],
    )
    proxies: tuple[Network, ...] = key(
        [], "Addresses or networks of that proxy. The header of any other client is ignored."
    )
    jobs: Annotated[int, Strict(), Field(ge=1, le=64)] = key(
        4, "Number of targets that are audited at the same time."
    )
    grace: Duration = key("1 minute", "Time that running audits have to finish after SIGTERM.")

    @classmethod
    def conflicts(cls, keys: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """Demand a login and host names for reports that other machines can reach."""
        yield from super().conflicts(keys)
        if "user_header" in keys and not keys.get("proxies"):
            remedy = "name the proxy, as any client could set user_header"
            yield problem("is missing", remedy, at=("proxies",))
        try:
            reports = _parse_optional_address(
                keys.get("reports", cls.model_fields["reports"].default)
            )
        except RejectedError:
            return  # the check of the field reports this error
        # Port 0 stands for any free port, so it conflicts with none.
        if reports is not None and reports.port and reports == _operations(cls, keys):
            remedy = "use another port"
            yield problem("is the address of operations too", remedy, at=("reports",))
        if reports is None or reports.is_loopback:
            return
        if not keys.keys() & {"password_env", "password_file", "password", "user_header"}:
            what = "the report site has no login, and other machines can reach it"
            remedy = "set password_env, password_file or user_header, or listen on 127.0.0.1"
            yield problem(what, remedy, at=("reports",))
        if not keys.get("trusted_hosts"):
            remedy = "name the host that browsers use"
            yield problem("is missing", remedy, at=("trusted_hosts",))

    @property
    def password(self) -> SecretSource | None:
        """Return where the password of the report site is read from."""
        return self.source("password")


class WatchSettings(Table):
    """How `auditor serve` and `auditor watch` detect changes between two audits."""

    enabled: Flag = key(
        True,  # noqa: FBT003  (pydantic's first argument)
        "Whether `auditor serve` polls the logs. `auditor watch` does so in any case.",
    )
    # From 15: a poll is a request of a limit that all clients of the org share. Shorter intervals
    # would gain little, because a targeted audit waits for `debounce_seconds` in any case.
    interval_seconds: Annotated[int, Strict(), Field(ge=15, le=3600)] = key(
        60, "Time between two polls of an org or of an Unleash instance."
    )
    debounce_seconds: Annotated[int, Strict(), Field(ge=0, le=600)] = key(
        20, "A targeted audit starts when its target had no event for so long."
    )
    max_debounce_seconds: Annotated[int, Strict(), Field(ge=0, le=3600)] = key(
        60, "It starts so long after the first event at the latest."
    )
    pause: Duration = key(
        "5 minutes",
        "A target has at most one targeted audit in this time. Later events wait for the next "
        "audit.",
    )

    @classmethod
    def conflicts(cls, keys: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """Refuse a longest wait that is shorter than the wait after each event."""
        yield from super().conflicts(keys)
        fields = cls.model_fields
        first, longest = (
            keys.get(name, fields[name].default)
            for name in ("debounce_seconds", "max_debounce_seconds")
        )
        if isinstance(first, int) and isinstance(longest, int) and longest < first:
            what = f"is less than debounce_seconds ({first}), which then has no effect"
            yield problem(what, f"write at least {first}", at=("max_debounce_seconds",))

    @property
    def interval(self) -> timedelta:
        """Return the time between two polls."""
        return timedelta(seconds=self.interval_seconds)

    @property
    def times(self) -> WatchTimes:
        """Return how long events wait."""
        return WatchTimes(
            debounce=timedelta(seconds=self.debounce_seconds),
            max_debounce=timedelta(seconds=self.max_debounce_seconds),
            pause=self.pause,
        )


class HeartbeatSettings(Table):
    """Addresses of a dead man's switch, which notices when the auditor stops.

    They are secrets: a person who knows them can report success in place of the auditor.
    """

    secrets: ClassVar[Mapping[str, bool]] = {"url": True, "failure_url": False}

    url_env: VariableName | None = key(None, f"Address requested after success. {FROM_ENV}")
    url_file: RootedPath | None = key(None, f"Address requested after success. {FROM_FILE}")
    failure_url_env: VariableName | None = key(
        None,
        f"Address requested after failure. {FROM_ENV} Default: the address for success with /fail "
        "at the end of its path.",
    )
    failure_url_file: RootedPath | None = key(None, f"Address requested after failure. {FROM_FILE}")

    def address(self, *, good: bool) -> Secret:
        """Read the address to request after success (``good``) or failure.

        Raises :class:`~auditor.errors.ConfigError`.
        """
        own = None if good else self.source("failure_url")
        source = own or self.required_source("url")
        try:
            url = web_address_with_query(source.read_line().reveal())
        except RejectedError as error:
            source.reject(error.what, error.remedy)
        if good or own:
            return Secret(url)
        path, separator, query = url.partition("?")
        return Secret(f"{path}/fail{separator}{query}")


class MetricsSettings(Table):
    """Where `auditor run` writes its metrics. `auditor serve` offers them at /metrics."""

    push: Annotated[str, AfterValidator(_gateway)] | None = key(
        None, "Address of a Pushgateway.", examples=[GATEWAY_EXAMPLE]
    )
    textfile: Annotated[RootedPath, AfterValidator(ends_in_prom)] | None = key(
        None, "A file that ends in .prom, for the node exporter."
    )


class SlaSettings(Table):
    """How long a finding may be open before it is overdue, and users may wait for a change."""

    critical: Duration | None = key(None, "Default: 1 day.")
    high: Duration | None = key(None, "Default: 7 days.")
    medium: Duration | None = key(None, "Default: 30 days.")
    low: Duration | None = key(None, "Default: 90 days.")
    leaver: Duration = key(
        "1 hour",
        "Time until the account of a leaver is removed in Unleash. Reports and metrics count the"
        " users over it; it opens no finding.",
    )
    joiner: Duration = key(
        "4 hours", "Time until the account of a joiner exists in Unleash, likewise."
    )

    @property
    def agreed(self) -> Mapping[Severity, timedelta]:
        """Return the times that the file sets."""
        times = {severity: getattr(self, severity.value) for severity in Severity}
        return {severity: time for severity, time in times.items() if time is not None}

    @property
    def delay_budgets(self) -> Mapping[DelayKind, timedelta]:
        """Return the time that leavers and joiners may wait."""
        return {DelayKind.LEAVER: self.leaver, DelayKind.JOINER: self.joiner}
