"""The first configuration and the files for its secrets."""

import json
from pathlib import Path

from msgspec import Struct

from auditor.collect.okta.app_search import FoundApp
from auditor.config.secrets import OktaCredentials, Secret
from auditor.errors import ConfigError
from auditor.text import sanitize

SECRETS = "secrets"


class Answers(Struct, frozen=True, kw_only=True):
    """What a first configuration says, and its secrets; an empty one comes later."""

    name: str
    org_url: str
    app: FoundApp
    okta: OktaCredentials
    unleash_url: str
    unleash_token: Secret
    channel: str
    """Slack's; empty: there is none."""

    slack_token: Secret | None

    @property
    def secrets(self) -> dict[str, Secret]:
        """Each secret by the name of its file."""
        every = {
            "okta-token": self.okta.token,
            "okta-private-key": self.okta.private_key,
            "unleash-token": self.unleash_token,
            "slack-token": self.slack_token,
        }
        return {name: secret for name, secret in every.items() if secret is not None}


def configuration(answers: Answers) -> str:
    """Write auditor.toml."""
    label = f"  # {sanitize(answers.app.label)}" if answers.app.label != answers.app.id else ""
    slack = f"""
[slack]
channel = {_toml(answers.channel)}
token_file = "{SECRETS}/slack-token"
"""
    return f"""\
# `auditor config check` says whether this can be used, `auditor doctor` whether
# all that it names works, and `auditor config schema` what else may stand here.

[[target]]
name = {_toml(answers.name)}

[target.okta]
org_url = {_toml(answers.org_url)}
app_id = {_toml(answers.app.id)}{label}
{_sign_in(answers.okta)}

[target.unleash]
url = {_toml(answers.unleash_url)}
token_file = "{SECRETS}/unleash-token"
{slack if answers.channel else ""}"""


def _sign_in(okta: OktaCredentials) -> str:
    if okta.client_id is None:
        return f'token_file = "{SECRETS}/okta-token"'
    lines = [
        f"client_id = {_toml(okta.client_id)}",
        f'private_key_file = "{SECRETS}/okta-private-key"',
        *(["dpop = true"] if okta.dpop else []),
    ]
    return "\n".join(lines)


def write(config: Path, answers: Answers) -> list[Path]:
    """Write a file for each secret and then the configuration; return those still empty.

    A secret that is there already stays as it is.
    """
    folder = config.parent / SECRETS
    files = {folder / name: secret for name, secret in answers.secrets.items()}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(folder / ".gitignore", "*\n")
        for file, secret in files.items():
            _create(file, secret.reveal())
        with config.open("x", encoding="utf-8") as new:
            new.write(configuration(answers))
    except OSError as error:
        msg = f"{error.filename}: cannot be written: {error.strerror}"
        raise ConfigError(msg) from error
    return [file for file in files if not file.stat().st_size]


def _create(file: Path, text: str) -> None:
    """Make a file for its owner's eyes only, unless it is there."""
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return
    file.write_text(text, encoding="utf-8")


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
