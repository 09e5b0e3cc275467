"""From auditor.toml and the environment to settings; every fault is one line (exit 2)."""

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from auditor.config import shape
from auditor.config.access import OktaAccess
from auditor.config.decode import decode
from auditor.config.duration import EXAMPLES, duration
from auditor.config.place import Place
from auditor.config.settings import (
    ReportSettings,
    Settings,
    SlackSettings,
    StoreSettings,
    TargetSettings,
)
from auditor.config.source import SecretSource
from auditor.config.store_url import has_password, store_url
from auditor.config.target import OtherSource, Target
from auditor.config.urls import base_url, org_url, unleash_url
from auditor.config.vouching import Attestation, Waiver
from auditor.errors import nearest

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ID = re.compile(r"[0-9A-Za-z_-]{1,100}")


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read and check the file; secrets are named by it, and read only when they are used.

    Raises :class:`~auditor.errors.ConfigError`.
    """
    place = Place(str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        what = f"cannot read it: {error.strerror}"
        place.refuse(what, "--config names the configuration file")
    except UnicodeDecodeError:
        place.refuse("is not UTF-8 text")
    return _Loader(place, path.absolute().parent, environ).settings(path, decode(text, place))


class _Loader:
    """What every part needs to know: where the file stands, and the environment."""

    def __init__(self, place: Place, folder: Path, environ: Mapping[str, str]) -> None:
        self.place = place
        self.folder = folder
        self.environ = environ

    def settings(self, path: Path, file: shape.File) -> Settings:
        keep = duration(file.keep)
        if keep is None:
            (self.place / "keep").refuse(f"no span of time: {file.keep!r}", EXAMPLES)
        return Settings(
            path=path,
            targets=self.targets(file),
            store=self.store(file.store),
            slack=self.slack(file.slack) if file.slack else None,
            report=self.report(file.report),
            rules=file.rules,
            rule_paths=tuple(self.folder / each for each in file.rule_paths),
            waivers=file.waiver,
            attestations=file.attestation,
            hides_names=file.privacy == "ids",
            resolve_after=file.resolve_after,
            fail_on=file.fail_on,
            keep=keep,
        )

    def targets(self, file: shape.File) -> tuple[TargetSettings, ...]:
        here = self.place / "target"
        if not file.target:
            here.refuse("there is none", "add a [[target]]")
        orgs = {table.okta.org_url.strip().rstrip("/").lower() for table in file.target}
        targets: dict[str, TargetSettings] = {}
        for number, table in enumerate(file.target):
            place = here / number
            if table.name in targets:
                what = f"{table.name!r} is taken by another target"
                (place / "name").refuse(what, "choose another name")
            targets[table.name] = self.target(table, place, only_org=len(orgs) == 1)
        self.check_vouching(file, targets)
        return tuple(targets.values())

    def target(self, table: shape.TargetTable, place: Place, *, only_org: bool) -> TargetSettings:
        okta, unleash = table.okta, table.unleash
        org = org_url(okta.org_url, place / "okta" / "org_url")
        return TargetSettings(
            target=Target(
                name=table.name,
                org_url=org,
                app_id=_id(okta.app_id, place / "okta" / "app_id"),
                sso_app_id=okta.sso_app_id and _id(okta.sso_app_id, place / "okta" / "sso_app_id"),
                unleash_url=unleash_url(
                    unleash.url, place / "unleash" / "url", allow_http=unleash.allow_http
                ),
                also_provisioned_by=tuple(
                    _other(other, place / "also_provisioned_by" / number)
                    for number, other in enumerate(table.also_provisioned_by)
                ),
                exclude=table.exclude,
                grace_minutes=table.grace_minutes,
            ),
            okta=self.okta(okta, place / "okta", org, only_org=only_org),
            unleash_token=self.needed(
                place / "unleash", "token", unleash.token_env, unleash.token_file
            ),
            rules=table.rules,
        )

    def okta(self, table: shape.OktaTable, place: Place, org: str, *, only_org: bool) -> OktaAccess:
        token = self.source(place, "token", table.token_env, table.token_file)
        key = self.source(place, "private_key", table.private_key_env, table.private_key_file)
        if token and (key or table.client_id):
            place.refuse("two ways to sign in", "keep either the token or the client_id")
        if bool(key) != bool(table.client_id):
            place.refuse("client_id and its private key belong together", "name both")
        return OktaAccess(
            place=place,
            org_url=org,
            token=token,
            client_id=table.client_id,
            private_key=key,
            key_id=table.key_id,
            scopes=table.scopes,
            dpop=table.dpop,
            only_org=only_org,
            environ=self.environ,
        )

    def store(self, table: shape.StoreTable) -> StoreSettings:
        place = self.place / "store"
        source = self.source(place, "url", table.url_env, table.url_file)
        if source and table.url:
            (place / "url").refuse("there are two", "keep one of url, url_env and url_file")
        if source:
            return StoreSettings(source=source, place=source.place, folder=self.folder)
        url = table.url or "sqlite:///auditor.db"
        if has_password(url):
            remedy = "name its environment variable in url_env, or its file in url_file"
            (place / "url").refuse("a password is never kept in this file", remedy)
        store_url(url, self.folder, place / "url")
        return StoreSettings(source=url, place=place / "url", folder=self.folder)

    def slack(self, table: shape.SlackTable) -> SlackSettings:
        place = self.place / "slack"
        token = self.source(place, "token", table.token_env, table.token_file)
        webhook = self.source(place, "webhook_url", table.webhook_url_env, table.webhook_url_file)
        if bool(token) == bool(webhook):
            remedy = (
                "name either token_env (or token_file) or webhook_url_env (or webhook_url_file)"
            )
            place.refuse("there must be one way to post", remedy)
        if token and not table.channel:
            (place / "channel").refuse("missing", "a bot token needs a channel to post to")
        return SlackSettings(
            channel=table.channel,
            token=token,
            webhook=webhook,
            base_url=table.base_url and base_url(table.base_url, place / "base_url"),
        )

    def report(self, table: shape.ReportTable) -> ReportSettings:
        place = self.place / "report"
        destination = table.destination
        return ReportSettings(
            destination=destination if "://" in destination else str(self.folder / destination),
            public_url=table.public_url
            and base_url(table.public_url, place / "public_url", allow_http=True),
            keep_reports=table.keep_reports,
        )

    def source(
        self, place: Place, name: str, env: str | None, file: str | None
    ) -> SecretSource | None:
        if env and file:
            place.refuse(f"{name}_env and {name}_file are both set", "keep one")
        if env:
            if not _VARIABLE.fullmatch(env):
                what = "is not the name of an environment variable"
                (place / f"{name}_env").refuse(what, "write its name here, not the secret itself")
            return SecretSource(place=place / f"{name}_env", origin=env, environ=self.environ)
        if file:
            origin = self.folder / file
            return SecretSource(place=place / f"{name}_file", origin=origin, environ=self.environ)
        return None

    def needed(self, place: Place, name: str, env: str | None, file: str | None) -> SecretSource:
        source = self.source(place, name, env, file)
        if source is None:
            place.refuse(f"no {name}", f"name {name}_env or {name}_file")
        return source

    def check_vouching(self, file: shape.File, targets: Mapping[str, object]) -> None:
        vouching: Mapping[str, tuple[Waiver | Attestation, ...]] = {
            "waiver": file.waiver,
            "attestation": file.attestation,
        }
        for kind, entries in vouching.items():
            for number, entry in enumerate(entries):
                if entry.target is not None and entry.target not in targets:
                    what = f"no target is called {entry.target!r}{nearest(entry.target, targets)}"
                    (self.place / kind / number / "target").refuse(what)
        for number, attestation in enumerate(file.attestation):
            if attestation.expires < attestation.on:
                here = self.place / "attestation" / number / "expires"
                here.refuse(f"ends before it begins, {attestation.on}", "mend one of the two")


def _id(text: str, place: Place) -> str:
    if not _ID.fullmatch(text):
        remedy = "copy it from the app's address in the Okta console; it begins with 0oa"
        place.refuse(f"no id of an app: {text!r}", remedy)
    return text


def _other(other: OtherSource, place: Place) -> OtherSource:
    return replace(
        other,
        app_id=_id(other.app_id, place / "app_id"),
        org_url=other.org_url and org_url(other.org_url, place / "org_url"),
    )
