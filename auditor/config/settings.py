"""Settings: the whole of auditor.toml, checked. Secrets are read when they are used."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase
from functools import cached_property, partial
from heapq import nsmallest
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, Strict
from pydantic_core import InitErrorDetails

from auditor.config.document import Document, KeyPath
from auditor.config.schedule import ScheduleSettings
from auditor.config.tables.notification_settings import (
    AlertSettings,
    SlackSettings,
    WebhookSettings,
)
from auditor.config.tables.service_settings import (
    HeartbeatSettings,
    MetricsSettings,
    ServeSettings,
    SlaSettings,
    WatchSettings,
)
from auditor.config.tables.storage_settings import ReportSettings, StoreSettings
from auditor.config.tables.target_settings import Defaults, TargetSettings
from auditor.config.tables.waiver_settings import AttestationSettings, WaiverSettings
from auditor.config.values import (
    Duration,
    RootedPath,
    RuleTables,
    SecretSources,
    SeverityName,
    Table,
    Text,
    key,
    problem,
    quoted,
)
from auditor.domain.target import RESERVED_TARGET_NAMES
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.findings.deadlines import DEFAULT_DEADLINES, Deadlines
from auditor.engine.incidents.notification_policy import NotificationPolicy
from auditor.errors import MAX_LISTED_ERRORS, ConfigError, closest, gather_errors

DEFAULT_OWNER = "default"
"""The key of [owners] for all rules and targets that are not named."""

MAX_LISTED_TARGETS = 20
"""Targets that the error of an unknown name lists."""

R = TypeVar("R", Waiver, Attestation)


class Settings(Table):
    """The configuration of the auditor."""

    targets: tuple[TargetSettings, ...] = key(
        ..., "What is audited, one [[target]] for each.", alias="target"
    )
    defaults: Defaults = key({}, "Keys that every target inherits, unless it sets them itself.")
    include: tuple[Text, ...] = key(
        [],
        "Other files with target, waiver and attestation tables. Shell patterns are allowed. A "
        "relative path starts at the folder of auditor.toml.",
        examples=[["targets/*.toml", "waivers/*.toml"]],
    )
    privacy: Literal["names", "ids"] = key(
        "names", "`ids`: no name, email or login is stored, reported or sent."
    )
    rule_paths: tuple[RootedPath, ...] = key([], "Directories that contain rules of your own.")
    resolve_after: Annotated[int, Strict(), Field(ge=1, le=100)] = key(
        1, "Number of complete audits without the finding after which it is resolved."
    )
    fail_on: SeverityName = key(
        "high", "Exit 1 while a finding of this severity or a higher one is open."
    )
    keep: Duration = key(
        "400 days", "How long resolved findings and audits are kept.", examples=["90 days"]
    )
    store: StoreSettings = key({}, "Where history is kept.")
    slack: SlackSettings | None = key(None, "Notifications in Slack.")
    webhooks: tuple[WebhookSettings, ...] = key(
        [], "Receivers of notifications as signed JSON.", alias="webhook"
    )
    alert_keys: AlertSettings = key({}, "When notifications are sent.", alias="alerts")
    report: ReportSettings = key({}, "Where the HTML reports and the exports are written.")
    schedule: ScheduleSettings = key({}, "The jobs of `auditor serve`.")
    serve: ServeSettings = key({}, "The listeners of `auditor serve`, and how it stops.")
    watch: WatchSettings = key(
        {}, "Polls of the logs between two audits, and the targeted audits that they start."
    )
    heartbeat: HeartbeatSettings | None = key(
        None, "A dead man's switch, which notices when the auditor stops."
    )
    metrics: MetricsSettings = key({}, "Where `auditor run` writes its metrics.")
    sla_keys: SlaSettings = key(
        {},
        "How long a finding may be open before it is overdue, and users may wait for a change.",
        alias="sla",
    )
    owners: dict[str, Text] = key(
        {}, "The owner of findings, by rule id or target name. `default`: of all others."
    )
    rules: RuleTables = key({}, "Settings of rules for all targets.")
    waiver_keys: tuple[WaiverSettings, ...] = key(
        [], "Findings that are accepted until a date.", alias="waiver"
    )
    attestation_keys: tuple[AttestationSettings, ...] = key(
        [], "Statements by people about facts that no API shows.", alias="attestation"
    )

    @classmethod
    def conflicts(cls, keys: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """Refuse names that are used twice, and references to targets that do not exist."""
        yield from super().conflicts(keys)
        targets = _tables(keys.get("target"))
        # Without `include`, pydantic reports the missing key.
        if keys.get("target") == [] or ("target" not in keys and "include" in keys):
            yield problem("there is no target", "add a [[target]]", at=("target",))
        yield from _repeated_names(targets, ("target",), taken=RESERVED_TARGET_NAMES)
        yield from _repeated_names(_tables(keys.get("webhook")), ("webhook",), taken=("slack",))
        names = {str(table["name"]) for table in targets if "name" in table}
        slack = keys.get("slack")
        routes = _tables(slack.get("route")) if isinstance(slack, Mapping) else []
        for path, tables in (
            (("slack", "route"), routes),
            (("waiver",), _tables(keys.get("waiver"))),
            (("attestation",), _tables(keys.get("attestation"))),
        ):
            # Each error searches all names, and no more errors of one kind are listed.
            yield from islice(_unknown_targets(tables, path, names), MAX_LISTED_ERRORS + 1)

    def locate(self, sources: SecretSources, document: Document, path: KeyPath) -> None:
        """Set the places of all tables, and whether the file names one org alone."""
        super().locate(sources, document, path)
        # The variables of Okta's SDK name one org. Its credential must not be sent to another one.
        orgs = {target.okta.org_url for target in self.targets}
        for target in self.targets:
            target.allow_environment(only_org=len(orgs) == 1)

    @property
    def path(self) -> Path:
        """Return the configuration file, as it was named."""
        return self._sources.path

    @property
    def document(self) -> Document:
        """Return the tables as they are in the file, for messages about them."""
        return self._document

    @property
    def hides_identities(self) -> bool:
        """Return whether names, emails and logins are replaced by pseudonyms."""
        return self.privacy == "ids"

    @property
    def alerts(self) -> NotificationPolicy:
        """Return when notifications are sent."""
        return self.alert_keys.policy

    @cached_property
    def waivers(self) -> tuple[Waiver, ...]:
        """Return the waivers; one with ``targets`` once for each target that matches."""
        return tuple(
            table.record(target)
            for table in self.waiver_keys
            for target in self._matching(table.target, table.targets)
        )

    @cached_property
    def attestations(self) -> tuple[Attestation, ...]:
        """Return the attestations; one with ``targets`` once for each target that matches."""
        return tuple(
            table.record(target)
            for table in self.attestation_keys
            for target in self._matching(table.target, table.targets)
        )

    def _matching(self, target: str | None, patterns: Iterable[str]) -> Iterator[str | None]:
        if not patterns:
            yield target
            return
        for each in self.targets:
            if any(_matches(each.name, pattern) for pattern in patterns):
                yield each.name

    def target(self, name: str) -> TargetSettings:
        """Return the target with that name. Raises :class:`~auditor.errors.ConfigError`."""
        if name not in self.targets_by_name:
            msg = f"{self.path}: {_no_target(name)} ({_suggestion(name, self.targets_by_name)})"
            raise ConfigError(msg)
        return self.targets_by_name[name]

    @cached_property
    def targets_by_name(self) -> Mapping[str, TargetSettings]:
        """Return the targets by their names."""
        return {each.name: each for each in self.targets}

    def deadlines(self, target: str, assigned: Mapping[str, str] | None = None) -> Deadlines:
        """Return owners and due dates on ``target``; the owner of a rule comes first.

        ``assigned`` maps the id of a cause to the owner that a user assigned.
        """
        owner = self.owners.get(target, self.owners.get(DEFAULT_OWNER))
        within = {**DEFAULT_DEADLINES, **self.sla_keys.agreed}
        return Deadlines(within=within, owner=owner, owners=self.owners, assigned=assigned or {})

    def check_secrets(self) -> None:
        """Read every secret. Raises one :class:`~auditor.errors.ConfigError` for all errors."""
        gather_errors(self._readers())

    def _readers(self) -> Iterator[Callable[[], object]]:
        for target in self.targets:
            yield from (target.sign_in.credentials, target.unleash_token.read_line)
        yield self.store.database_url
        if self.slack:
            yield from (self.slack.webhook_url, self.slack.check_tokens)
        for webhook in self.webhooks:
            yield from (webhook.address, webhook.secret.read_line)
        if self.heartbeat:
            yield from (partial(self.heartbeat.address, good=good) for good in (True, False))
        if self.serve.password:
            yield self.serve.password.read

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a line for each setting that works and should be changed."""
        of_files = (source.warning for source in self.secret_sources())
        return tuple(
            # Several targets can inherit one file.
            dict.fromkeys(filter(None, (*of_files, self.store.warning, *self.report.warnings)))
        )


def _tables(value: object) -> list[Mapping[str, Any]]:
    """Return the list's tables, with an empty one for each entry that is no table."""
    entries = value if isinstance(value, list) else []
    return [entry if isinstance(entry, Mapping) else {} for entry in entries]


def _repeated_names(
    tables: Iterable[Mapping[str, Any]], path: KeyPath, *, taken: tuple[str, ...] = ()
) -> Iterator[InitErrorDetails]:
    seen: dict[str, KeyPath] = {}
    for number, table in enumerate(tables):
        name, at = table.get("name"), (*path, number, "name")
        if not isinstance(name, str):
            continue
        if name.lower() in taken:
            yield problem(f"{quoted(name)} is reserved", "choose another name", at=at)
        # Names are also folders, and some file systems ignore case.
        elif other := seen.get(name.lower()):
            what = f"{quoted(name)} is the name of another {path[0]}"
            yield problem(what, "choose another name", at=at, other=other)
        seen.setdefault(name.lower(), at)


def _unknown_targets(
    tables: Iterable[Mapping[str, Any]], path: KeyPath, names: AbstractSet[str]
) -> Iterator[InitErrorDetails]:
    for number, table in enumerate(tables):
        target, patterns = table.get("target"), table.get("targets")
        if isinstance(target, str) and target not in names:
            remedy = _suggestion(target, names)
            yield problem(_no_target(target), remedy, at=(*path, number, "target"))
        for place, pattern in enumerate(patterns if isinstance(patterns, list) else []):
            if isinstance(pattern, str) and not any(_matches(name, pattern) for name in names):
                at = (*path, number, "targets", place)
                what = f"no target has a name that matches {quoted(pattern)}"
                yield problem(what, _suggestion(pattern, names), at=at)


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name.lower(), pattern.lower())


def _no_target(name: str) -> str:
    return f"no target has the name {quoted(name)}"


def _suggestion(name: str, names: Iterable[str]) -> str:
    if suggestion := closest(name, names):
        return f'did you mean "{suggestion}"?'
    listed = nsmallest(MAX_LISTED_TARGETS + 1, names)
    more = ", …" if len(listed) > MAX_LISTED_TARGETS else ""
    return f"configured targets: {', '.join(listed[:MAX_LISTED_TARGETS])}{more}"
