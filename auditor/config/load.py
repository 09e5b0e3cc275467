"""From auditor.toml and the environment to settings; every fault is one line (exit 2)."""

from collections.abc import Mapping
from pathlib import Path

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
from auditor.config.place import Place
from auditor.config.settings import (
    ReportSettings,
    Settings,
    StoreSettings,
    TargetSettings,
)
from auditor.config.source import Sources
from auditor.config.store_url import has_password, store_url
from auditor.config.urls import base_url
from auditor.config.vouching import Attestation, Waiver
from auditor.errors import nearest


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read and check the file; secrets are named by it, and read only when they are used.

    Raises :class:`~auditor.errors.ConfigError`.
    """
    place = Place(str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        what = f"cannot read it: {error.strerror}"
        place.refuse(what, "--config names another; `auditor init` writes a first one")
    except UnicodeDecodeError:
        place.refuse("is not UTF-8 text")
    file = decode(text, place)
    sources = Sources(folder=path.absolute().parent, environ=environ)
    targets = _targets(file, place / "target", sources)
    _check_vouching(file, place, targets)
    return Settings(
        path=path,
        targets=tuple(targets.values()),
        store=_store(file.store, place / "store", sources),
        slack=load_slack(file.slack, place / "slack", sources, targets) if file.slack else None,
        webhooks=tuple(load_webhooks(file.webhook, place / "webhook", sources)),
        alerts=load_alerts(file.alerts, place / "alerts"),
        report=_report(file.report, place / "report", sources),
        rules=file.rules,
        rule_paths=tuple(sources.folder / each for each in file.rule_paths),
        waivers=file.waiver,
        attestations=file.attestation,
        hides_names=file.privacy == "ids",
        resolve_after=file.resolve_after,
        fail_on=file.fail_on,
        keep=span(file.keep, place / "keep"),
        serve=load_serve(file.serve, place / "serve", sources),
        heartbeat=load_heartbeat(file.heartbeat, place / "heartbeat", sources)
        if file.heartbeat
        else None,
        metrics=load_metrics(file.metrics, place / "metrics", sources),
        sla=load_sla(file.sla, place / "sla"),
        owners=file.owners,
    )


def _targets(file: shape.File, place: Place, sources: Sources) -> dict[str, TargetSettings]:
    if not file.target:
        place.refuse("there is none", "add a [[target]]")
    orgs = {table.okta.org_url.strip().rstrip("/").lower() for table in file.target}
    targets: dict[str, TargetSettings] = {}
    for number, table in enumerate(file.target):
        here = place / number
        if table.name in targets:
            what = f"{table.name!r} is taken by another target"
            (here / "name").refuse(what, "choose another name")
        targets[table.name] = load_target(
            table,
            here,
            sources,
            only_org=len(orgs) == 1,
            schedule=(file.schedule, Place(place.file, "schedule")),
        )
    return targets


def _store(table: shape.StoreTable, place: Place, sources: Sources) -> StoreSettings:
    source = sources.named(place, "url", table.url_env, table.url_file)
    here = place / "url"
    if source and table.url:
        here.refuse("there are two", "keep one of url, url_env and url_file")
    if source:
        return StoreSettings(source=source, place=source.place, folder=sources.folder)
    url = table.url or "sqlite:///auditor.db"
    if has_password(url):
        remedy = "name its environment variable in url_env, or its file in url_file"
        here.refuse("a password is never kept in this file", remedy)
    store_url(url, sources.folder, here)
    return StoreSettings(source=url, place=here, folder=sources.folder)


def _report(table: shape.ReportTable, place: Place, sources: Sources) -> ReportSettings:
    remote = "://" in table.destination
    public = table.public_url
    return ReportSettings(
        destination=table.destination if remote else str(sources.folder / table.destination),
        public_url=public and base_url(public, place / "public_url", allow_http=True),
        keep_reports=table.keep_reports,
    )


def _check_vouching(file: shape.File, place: Place, targets: Mapping[str, object]) -> None:
    vouching: Mapping[str, tuple[Waiver | Attestation, ...]] = {
        "waiver": file.waiver,
        "attestation": file.attestation,
    }
    for kind, entries in vouching.items():
        for number, entry in enumerate(entries):
            if entry.target is not None and entry.target not in targets:
                what = f"no target is called {entry.target!r}{nearest(entry.target, targets)}"
                (place / kind / number / "target").refuse(what)
    for number, attestation in enumerate(file.attestation):
        if attestation.expires < attestation.on:
            here = place / "attestation" / number / "expires"
            here.refuse(f"ends before it begins, {attestation.on}", "mend one of the two")
