"""The first configuration and the files for its secrets."""

import json
from pathlib import Path

from msgspec import Struct

from auditor.cli.plain import plain
from auditor.collect.okta.find import FoundApp
from auditor.errors import ConfigError

SECRETS = "secrets"


class Answers(Struct, frozen=True, kw_only=True):
    """What a first configuration says."""

    name: str
    org_url: str
    app: FoundApp
    unleash_url: str
    channel: str
    """Slack's; empty: there is none."""


def configuration(answers: Answers) -> str:
    """Write auditor.toml."""
    label = f"  # {plain(answers.app.label)}" if answers.app.label != answers.app.id else ""
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
token_file = "{SECRETS}/okta-token"

[target.unleash]
url = {_toml(answers.unleash_url)}
token_file = "{SECRETS}/unleash-token"
{slack if answers.channel else ""}"""


def write(config: Path, answers: Answers, secrets: dict[str, str]) -> list[Path]:
    """Write a file for each secret and then the configuration; return those still empty.

    A secret that is there already stays as it is.
    """
    folder = config.parent / SECRETS
    files = [folder / name for name in secrets]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(folder / ".gitignore", "*\n")
        for file, secret in zip(files, secrets.values(), strict=True):
            _create(file, secret)
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
