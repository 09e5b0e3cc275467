"""`auditor init --discover`: one target file for each app of an org that may provision Unleash."""

from collections.abc import Iterator
from pathlib import Path

import click

from auditor.cli.setup.okta_questions import with_required_dpop
from auditor.cli.setup.target_files import TARGETS_PATTERN, TargetFiles, write_target_files
from auditor.collect.okta.app_discovery import PRODUCT, discover_apps
from auditor.config.secrets import OktaCredentials
from auditor.errors import ConfigError
from auditor.text import sanitize


def write_discovered(config: Path, org: str, credentials: OktaCredentials) -> None:
    """Find the apps, write their files, and print what the user enters next.

    Raises :class:`~auditor.errors.ConfigError`.
    """
    if not (credentials.token or credentials.private_key):
        msg = "--discover needs a credential of Okta (--okta-token-file, or --okta-key-file)"
        raise ConfigError(msg)
    apps, accepted = with_required_dpop(credentials, lambda each: discover_apps(org, each))
    if not apps:
        msg = (
            f"--discover: {org} has no app whose label, name or sign-on address contains "
            f'"{PRODUCT}" (without --discover, --app names any app)'
        )
        raise ConfigError(msg)
    written = write_target_files(config, org, accepted, apps)
    for line in _lines(config, written, len(apps)):
        click.echo(line)


def _lines(config: Path, written: TargetFiles, found: int) -> Iterator[str]:
    apps = "app" if found == 1 else "apps"
    yield f"{found} {apps} may provision Unleash."
    for file in written.files:
        yield f"  {file} is written."
    for app in written.known:
        yield f"  {sanitize(app.label)} ({app.id}) is a target already."
    if not written.files:
        return
    yield "Next:"
    yield "  remove the files of apps that do not provision Unleash"
    if not written.is_included:
        yield f'  add "{TARGETS_PATTERN}" to include in {config}'
    for file in written.without_url:
        yield f"  write the address of Unleash to {file}"
    for file in written.empty_secrets:
        yield f"  write the token to {file}"
    option = "" if config == Path("auditor.toml") else f" -c {config}"
    yield f"  auditor config check{option}"
    yield f"  auditor doctor{option}"
