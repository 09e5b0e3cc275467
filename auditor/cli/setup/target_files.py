"""One configuration file for each app of an org that may provision Unleash."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from auditor.cli.setup.first_files import (
    COMMENT,
    SECRETS_FOLDER,
    create_secret,
    sign_in_keys,
    write_new_file,
)
from auditor.collect.okta.app_discovery import DiscoveredApp
from auditor.config.addresses import OKTA_DOMAINS
from auditor.config.document import read_document, read_tables
from auditor.config.secrets import OktaCredentials, Secret
from auditor.text import sanitize

TARGETS_FOLDER = "targets"
TARGETS_PATTERN = f"{TARGETS_FOLDER}/*.toml"

MAX_NAME = 60
"""Characters of a name before its number; a name of a target has 64 at most."""


class TargetFiles(Struct, frozen=True, kw_only=True):
    """What was written for the apps of one org."""

    files: Sequence[Path]
    without_url: Sequence[Path]
    """Files in which the user enters the address of Unleash."""

    empty_secrets: Sequence[Path]
    """Secret files of these targets that are empty."""

    known: Sequence[DiscoveredApp]
    """Apps that a target names already."""

    is_included: bool
    """Whether the configuration includes the files."""


def write_target_files(
    config: Path, org_url: str, okta: OktaCredentials, apps: Iterable[DiscoveredApp]
) -> TargetFiles:
    """Write a file for each app that no target names, and the configuration unless it exists.

    Existing files stay unchanged. Raises :class:`~auditor.errors.ConfigError`.
    """
    folder = config.parent / TARGETS_FOLDER
    targets = list(_present_targets(config, folder))
    # Two names of targets must differ in more than upper and lower case.
    names = {str(target.get("name")).casefold() for target in targets}
    named_apps = {_app_of(target) for target in targets}
    org = _slug(_org_name(org_url))
    secrets = {
        f"{org}-okta-token": okta.token,
        f"{org}-okta-private-key": okta.private_key,
    }
    known, files, without_url = [], [], []
    for app in apps:
        if (org_url, app.id) in named_apps:
            known.append(app)
            continue
        name = _free_name(f"{org}-{_slug(app.label) or app.id}", names)
        names.add(name.casefold())
        secrets[f"{name}-unleash-token"] = Secret("")
        file = folder / f"{name}.toml"
        write_new_file(file, _content(name, org_url, sign_in_keys(okta, f"{org}-"), app))
        files.append(file)
        if app.unleash_url is None:
            without_url.append(file)
    paths = [
        create_secret(config.parent / SECRETS_FOLDER, name, secret)
        for name, secret in secrets.items()
        if secret is not None
    ]
    if not config.exists():
        write_new_file(config, f'{COMMENT}\ninclude = ["{TARGETS_PATTERN}"]\n')
    return TargetFiles(
        files=files,
        without_url=without_url,
        empty_secrets=[path for path in paths if not path.stat().st_size],
        known=known,
        is_included=TARGETS_PATTERN in read_tables(config).get("include", ()),
    )


def _present_targets(config: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the tables of the targets, also of files that the configuration does not include."""
    files = sorted(folder.glob("*.toml"))
    documents = [read_tables(file) for file in files]
    if config.exists():
        # Without a target file, the include of the configuration finds nothing, which is an error.
        documents.append(read_document(config).tables if files else read_tables(config))
    for tables in documents:
        targets = tables.get("target")
        yield from (each for each in (targets or ()) if isinstance(each, dict))


def _app_of(target: dict[str, Any]) -> tuple[object, object]:
    okta = target.get("okta")
    return (okta.get("org_url"), okta.get("app_id")) if isinstance(okta, dict) else (None, None)


def _org_name(org_url: str) -> str:
    """Return ``acme`` for https://acme.okta.com, and the host for an address of the company."""
    host = urlsplit(org_url).netloc
    return next((host.removesuffix(each) for each in OKTA_DOMAINS if host.endswith(each)), host)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


def _free_name(wanted: str, taken: set[str]) -> str:
    short = wanted[:MAX_NAME].strip("-.")
    if short not in taken:
        return short
    number = next(each for each in range(2, len(taken) + 3) if f"{short}-{each}" not in taken)
    return f"{short}-{number}"


def _content(name: str, org_url: str, sign_in: dict[str, object], app: DiscoveredApp) -> str:
    import tomli_w

    unleash = {"url": app.unleash_url} if app.unleash_url else {}
    target = {
        "name": name,
        "okta": {"org_url": org_url, "app_id": app.id, **_explicit(sign_in)},
        "unleash": unleash | {"token_file": f"{SECRETS_FOLDER}/{name}-unleash-token"},
    }
    text = f"# The app {app.id} is {sanitize(app.label)}.\n\n{tomli_w.dumps({'target': [target]})}"
    if app.unleash_url:
        return text
    absent = '# Okta does not show the address: url = "https://unleash.acme.example"\n'
    return text.replace("[target.unleash]\n", f"[target.unleash]\n{absent}")


def _explicit(sign_in: dict[str, object]) -> dict[str, object]:
    """State ``dpop`` for a service app, so that the file does not depend on [defaults.okta]."""
    return {"dpop": False} | sign_in if "client_id" in sign_in else sign_in
