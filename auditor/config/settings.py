"""What the whole program works with: the configuration, checked, with secrets still unread."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from auditor.config.credentials import Credentials, UnleashCredentials
from auditor.config.location import Location
from auditor.config.okta_sign_in import OktaSignIn
from auditor.config.secrets import Secret
from auditor.config.service_settings import (
    HeartbeatSettings,
    MetricsSettings,
    Schedule,
    ServeSettings,
)
from auditor.config.shape import RouteTable
from auditor.config.source import SecretSource
from auditor.config.store_url import store_url
from auditor.config.values import base_url
from auditor.domain.target import Target
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.findings.deadlines import WITHIN, Deadlines
from auditor.engine.incidents.policy import NotificationPolicy
from auditor.errors import ConfigError, gather_errors, nearest
from auditor.rule.severity import Severity

Tables = Mapping[str, Mapping[str, Any]]
"""Rule id to ``enabled``, ``severity`` and the rule's own parameters."""

REST = "default"
"""Stands among the owners for all rules and targets that are not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    """A target, what opens it, and what its rules do differently."""

    target: Target
    okta: OktaSignIn
    unleash_token: SecretSource
    rules: Tables
    schedule: Schedule

    @property
    def name(self) -> str:
        """The target's name."""
        return self.target.name

    def credentials(self) -> Credentials:
        """Read this target's secrets, and no other's."""
        return Credentials(
            okta=self.okta.credentials(),
            unleash=UnleashCredentials(token=self.unleash_token.read_line()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where history is kept."""

    source: SecretSource | str
    """A URL without a password, or the place of one that has it."""

    place: Location
    folder: Path
    """Where a relative path starts."""

    def url(self) -> Secret:
        """Return a SQLAlchemy URL: ``sqlite:////…`` or ``postgresql+psycopg://…``."""
        source = self.source
        text = source if isinstance(source, str) else source.read().reveal()
        return Secret(store_url(text, self.folder, self.place))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """Whom Slack tells; exactly one of ``token`` and ``webhook`` is set."""

    channel: str | None
    token: SecretSource | None
    webhook: SecretSource | None
    base_url: str | None
    routes: tuple[RouteTable, ...] = ()
    mentions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Severity to whom to call: ``@here``, ids of user groups and users."""

    attaches_reports: bool = True

    def webhook_url(self) -> Secret | None:
        """Read the webhook's address, if that is the way."""
        if self.webhook is None:
            return None
        secret = self.webhook.read_line()
        base_url(secret.reveal(), self.webhook.place)
        return secret


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Where signed JSON is posted to."""

    name: str
    url: SecretSource
    secret: SecretSource

    def address(self) -> Secret:
        """Read its address."""
        secret = self.url.read_line()
        base_url(secret.reveal(), self.url.place)
        return secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """Where the reports go."""

    destination: str
    """An absolute path, or a URL that fsspec knows."""

    public_url: str | None
    keep_reports: int | None
    exports: tuple[str, ...]
    """What is written after each run: names of formats, each once."""

    exports_to: str
    """Where, as ``destination``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of one configuration file."""

    path: Path
    targets: tuple[TargetSettings, ...]
    store: StoreSettings
    slack: SlackSettings | None
    webhooks: tuple[WebhookSettings, ...]
    alerts: NotificationPolicy
    report: ReportSettings
    rules: Tables
    rule_paths: tuple[Path, ...]
    waivers: tuple[Waiver, ...]
    attestations: tuple[Attestation, ...]
    hides_names: bool
    """``privacy = "ids"``: nothing keeps or says a name, an email or a login."""

    resolve_after: int
    fail_on: str
    """A severity's name: the least one that makes a run fail."""

    keep: timedelta
    serve: ServeSettings
    heartbeat: HeartbeatSettings | None
    metrics: MetricsSettings
    sla: Mapping[str, timedelta]
    """Severity's name to how long a finding may stand open, where that is agreed on."""

    owners: Mapping[str, str]
    """Rule id, target name or :data:`REST` to who answers for it."""

    def target(self, name: str) -> TargetSettings:
        """Return the target of that name, or refuse with the nearest one."""
        targets = {each.name: each for each in self.targets}
        if name not in targets:
            what = f"no target is called {name!r}{nearest(name, targets)}"
            Location(str(self.path)).refuse(what, f"there are: {', '.join(targets)}")
        return targets[name]

    def deadlines(self, target: str) -> Deadlines:
        """Return owners and due dates on ``target``; the owner of a rule comes first."""
        agreed = {Severity(severity): within for severity, within in self.sla.items()}
        rest = self.owners.get(target, self.owners.get(REST))
        return Deadlines(within={**WITHIN, **agreed}, owner=rest, owners=self.owners)

    def check_rules_named(self, rules: Iterable[str]) -> None:
        """Refuse a waiver, an attestation or an owner of a rule that is not among ``rules``."""
        known = frozenset(rules)
        place = Location(str(self.path))
        vouching: Mapping[str, tuple[Waiver | Attestation, ...]] = {
            "waiver": self.waivers,
            "attestation": self.attestations,
        }
        faults = [
            (place / kind / number / "rule").complaint(
                f"no rule is called {entry.rule!r}{nearest(entry.rule, known)}",
                "`auditor rules` lists them",
            )
            for kind, entries in vouching.items()
            for number, entry in enumerate(entries)
            if entry.rule not in known
        ]
        owned = {*known, *(each.name for each in self.targets), REST}
        faults += [
            (place / "owners" / name).complaint(
                f"no rule or target is called {name!r}{nearest(name, owned)}",
                "`auditor rules` lists the rules",
            )
            for name in self.owners
            if name not in owned
        ]
        if faults:
            raise ConfigError(*faults)

    def check_secrets(self) -> None:
        """Read every secret; raise one :class:`~auditor.errors.ConfigError` for all faults."""
        gather_errors(self._reading())

    def _reading(self) -> Iterator[Callable[[], object]]:
        for each in self.targets:
            yield from (each.okta.credentials, each.unleash_token.read_line)
        yield self.store.url
        if self.slack:
            yield self.slack.webhook_url
            if self.slack.token:
                yield self.slack.token.read_line
        for webhook in self.webhooks:
            yield from (webhook.address, webhook.secret.read_line)
        if self.heartbeat:
            yield from (partial(self.heartbeat.address, good=good) for good in (True, False))
        if self.serve.password:
            yield self.serve.password.read

    def secrets(self) -> Iterator[SecretSource]:
        """Yield the place of every secret that the file names."""
        for each in self.targets:
            yield from each.okta.sources
            yield each.unleash_token
        if isinstance(self.store.source, SecretSource):
            yield self.store.source
        if self.slack:
            yield from filter(None, (self.slack.token, self.slack.webhook))
        for webhook in self.webhooks:
            yield from (webhook.url, webhook.secret)
        if self.heartbeat:
            yield from filter(None, (self.heartbeat.url, self.heartbeat.failure_url))
        if self.serve.password:
            yield self.serve.password

    @property
    def warnings(self) -> tuple[str, ...]:
        """Say what is not wrong, but should not stay so."""
        return tuple(source.warning for source in self.secrets() if source.warning)
