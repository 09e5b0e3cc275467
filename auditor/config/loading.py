"""From auditor.toml and the environment to settings; each fault is one line (exit 2)."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from auditor.config import shape
from auditor.config.decode import decode
from auditor.config.duration import span
from auditor.config.load_channels import load_alerts, load_slack, load_webhooks
from auditor.config.load_target import load_target
from auditor.config.load_unattended import (
    load_heartbeat,
    load_metrics,
    load_serve,
    load_sla,
)
from auditor.config.location import Location
from auditor.config.settings import (
    ReportSettings,
    Settings,
    StoreSettings,
    TargetSettings,
)
from auditor.config.source import SecretSources
from auditor.config.store_url import has_password, store_url
from auditor.config.values import base_url
from auditor.domain.waivers import Attestation, Waiver
from auditor.errors import gather_errors, gather_errors_by_name, nearest

V = TypeVar("V", bound=Waiver | Attestation)


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read and check the file; secrets are named by it, and read only when they are used.

    Raises one :class:`~auditor.errors.ConfigError` for all that is wrong with it.
    """
    place = Location(str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        what = f"cannot read it: {error.strerror}"
        place.refuse(what, "--config names another; `auditor init` writes a first one")
    except UnicodeDecodeError:
        place.refuse("is not UTF-8 text")
    file = decode(text, place)
    sources = SecretSources(folder=path.absolute().parent, environ=environ)
    names = tuple(table.name for table in file.target)
    return Settings(
        path=path,
        rules=file.rules,
        rule_paths=tuple(sources.folder / each for each in file.rule_paths),
        hides_names=file.privacy == "ids",
        resolve_after=file.resolve_after,
        fail_on=file.fail_on,
        owners=file.owners,
        **gather_errors_by_name(
            targets=lambda: _targets(file, place / "target", sources),
            store=lambda: _store(file.store, place / "store", sources),
            slack=lambda: file.slack and load_slack(file.slack, place / "slack", sources, names),
            webhooks=lambda: load_webhooks(file.webhook, place / "webhook", sources),
            alerts=lambda: load_alerts(file.alerts, place / "alerts"),
            report=lambda: _report(file.report, place / "report", sources),
            waivers=lambda: _vouching(file.waiver, place / "waiver", names),
            attestations=lambda: _vouching(file.attestation, place / "attestation", names),
            keep=lambda: span(file.keep, place / "keep"),
            serve=lambda: load_serve(file.serve, place / "serve", sources),
            heartbeat=lambda: (
                file.heartbeat and load_heartbeat(file.heartbeat, place / "heartbeat", sources)
            ),
            metrics=lambda: load_metrics(file.metrics, place / "metrics", sources),
            sla=lambda: load_sla(file.sla, place / "sla"),
        ),
    )


def _targets(
    file: shape.File, place: Location, sources: SecretSources
) -> tuple[TargetSettings, ...]:
    if not file.target:
        place.refuse("there is none", "add a [[target]]")
    orgs = {table.okta.org_url.strip().rstrip("/").lower() for table in file.target}
    names = [table.name for table in file.target]
    schedule = (file.schedule, Location(place.file, "schedule"))

    def load(number: int, table: shape.TargetTable) -> TargetSettings:
        here = place / number
        if table.name in names[:number]:
            what = f"{table.name!r} is taken by another target"
            (here / "name").refuse(what, "choose another name")
        return load_target(table, here, sources, only_org=len(orgs) == 1, schedule=schedule)

    return gather_errors(partial(load, *each) for each in enumerate(file.target))


def _store(table: shape.StoreTable, place: Location, sources: SecretSources) -> StoreSettings:
    source = sources.named(place, "url", table.url_env, table.url_file)
    here = place / "url"
    if source and table.url:
        here.refuse("there are two", "keep one of url, url_env and url_file")
    if source:
        return StoreSettings(source=source, place=source.place, folder=sources.folder)
    url = table.url or "sqlite:///auditor.db"
    if has_password(url):
        remediation = "name its environment variable in url_env, or its file in url_file"
        here.refuse("a password is never kept in this file", remediation)
    store_url(url, sources.folder, here)
    return StoreSettings(source=url, place=here, folder=sources.folder)


def _report(table: shape.ReportTable, place: Location, sources: SecretSources) -> ReportSettings:
    def absolute(where: str) -> str:
        return where if "://" in where else str(sources.folder / where)

    public = table.public_url
    return ReportSettings(
        destination=absolute(table.destination),
        public_url=public and base_url(public, place / "public_url", allow_http=True),
        keep_reports=table.keep_reports,
        exports=tuple(dict.fromkeys(table.exports)),
        exports_to=absolute(table.exports_to or table.destination),
    )


def _vouching(entries: tuple[V, ...], place: Location, targets: Sequence[str]) -> tuple[V, ...]:
    def check(number: int, entry: V) -> V:
        here = place / number
        if entry.target is not None and entry.target not in targets:
            what = f"no target is called {entry.target!r}{nearest(entry.target, targets)}"
            (here / "target").refuse(what)
        if isinstance(entry, Attestation) and entry.expires < entry.on:
            (here / "expires").refuse(f"ends before it begins, {entry.on}", "mend one of the two")
        return entry

    return gather_errors(partial(check, *each) for each in enumerate(entries))
