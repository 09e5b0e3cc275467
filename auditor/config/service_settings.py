"""What lets the auditor run by itself: its schedule, its listeners, its signs of life. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from ipaddress import IPv4Network, IPv6Network, ip_address

from auditor.config.schedule import Cron
from auditor.config.secrets import Secret
from auditor.config.source import SecretSource
from auditor.config.values import base_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When one job is due for one target."""

    cron: Cron
    zone: tzinfo
    shift: timedelta = timedelta()
    """So much later than the others."""

    def after(self, instant: datetime) -> datetime:
        """Return the first slot after ``instant``, in UTC."""
        return self.cron.after(instant - self.shift, self.zone) + self.shift

    def until(self, instant: datetime) -> datetime:
        """Return the last slot not after ``instant``, in UTC."""
        return self.cron.until(instant - self.shift, self.zone) + self.shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What is done when, for one target; ``None``: never."""

    audit: Timetable | None
    report: Timetable | None


def shift(target: str, spread: timedelta) -> timedelta:
    """Return the target's own part of ``spread``, in whole seconds: the same in every process."""
    seconds = int(spread.total_seconds())
    number = int.from_bytes(hashlib.sha256(target.encode()).digest()[:8])
    return timedelta(seconds=number % (seconds + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where something listens."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """How ``auditor serve`` is reached, and how it ends."""

    operations: Address
    reports: Address | None
    trusted_hosts: tuple[str, ...]
    password: SecretSource | None
    user_header: str | None
    proxies: tuple[IPv4Network | IPv6Network, ...]
    jobs: int
    grace: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatSettings:
    """Which addresses hear of success and of failure; they are secrets, as they can be forged."""

    url: SecretSource
    failure_url: SecretSource | None

    def address(self, *, good: bool) -> Secret:
        """Read the address that is to be asked."""
        source = self.url if good else self.failure_url or self.url
        text = base_url(source.read_line().reveal(), source.place, allow_http=True)
        return Secret(text if good or self.failure_url else f"{text}/fail")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """Where the metrics of a round go."""

    push: str | None = None
    textfile: str | None = None
