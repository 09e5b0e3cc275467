"""Configuration files for tests: the shortest valid one, and its secrets."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.config.loading import load_settings
from auditor.config.settings import Settings
from auditor.config.tables.service_settings import HeartbeatSettings
from auditor.errors import ConfigError

MINIMAL = """
[[target]]
name = "production"
[target.okta]
org_url = "https://acme.okta.com"
app_id = "0oa1"
token_env = "OKTA_TOKEN"
[target.unleash]
url = "https://unleash.acme.example"
token_env = "UNLEASH_TOKEN"
"""
SECRETS = {"OKTA_TOKEN": "00abc", "UNLEASH_TOKEN": "user:abc"}


class ConfigFolder:
    """A folder with auditor.toml, which tests write and load."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "auditor.toml"

    def load(self, text: str = MINIMAL, environ: Mapping[str, str] = SECRETS) -> Settings:
        """Write the file and load it."""
        self.file.write_text(text)
        return load_settings(self.file, environ)

    def errors(self, text: str, environ: Mapping[str, str] = SECRETS) -> list[str]:
        """Return the lines of the error that ``text`` causes, without the name of the file."""
        try:
            self.load(text, environ).check_secrets()
        except ConfigError as error:
            return [line.removeprefix(f"{self.file}: ") for line in error.lines]
        return []

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write another file into the folder, such as a secret."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path


def settings_in(
    folder: Path, tables: str = "", environ: Mapping[str, str] | None = None
) -> Settings:
    """Write ``tables`` with the shortest valid file into ``folder``, and load the file."""
    return ConfigFolder(folder).load(f"{tables}\n{MINIMAL}", {**SECRETS, **(environ or {})})


def heartbeat_settings(url: str) -> HeartbeatSettings:
    """Return the settings of a heartbeat whose address is in an environment variable."""
    with TemporaryDirectory() as folder:
        tables = '[heartbeat]\nurl_env = "PING"'
        heartbeat = settings_in(Path(folder), tables, {"PING": url}).heartbeat
    assert heartbeat
    return heartbeat
