"""The first configuration file and the files of its secrets."""

from pathlib import Path

from msgspec import Struct

from auditor.cli.setup.further_settings import DEFAULTS, FurtherSettings
from auditor.collect.okta.app_search import FoundApp
from auditor.config.secrets import OktaCredentials, Secret
from auditor.errors import ConfigError
from auditor.files import cause_and_remedy
from auditor.text import sanitize

SECRETS_FOLDER = "secrets"

COMMENT = """\
# `auditor config check` checks this file. `auditor doctor` checks what it names.
# `auditor config schema` prints all keys.
"""


class Answers(Struct, frozen=True, kw_only=True):
    """The values of a first configuration. An empty secret is entered later."""

    further: FurtherSettings
    org_url: str
    app: FoundApp
    okta: OktaCredentials
    unleash_url: str
    unleash_token: Secret
    channel: str
    """Slack channel; empty: none."""

    slack_base_url: str = ""
    """Empty: Slack's own."""

    slack_token: Secret | None

    @property
    def secrets(self) -> dict[str, Secret]:
        """Return the secrets by file name."""
        secrets = {
            "okta-token": self.okta.token,
            "okta-private-key": self.okta.private_key,
            "unleash-token": self.unleash_token,
            "slack-token": self.slack_token,
        }
        return {name: secret for name, secret in secrets.items() if secret is not None}


def configuration(answers: Answers) -> str:
    """Return auditor.toml."""
    import tomli_w

    app = answers.app
    target = {
        "name": answers.further.name,
        "okta": {"org_url": answers.org_url, "app_id": app.id, **sign_in_keys(answers.okta)},
        "unleash": {"url": answers.unleash_url, "token_file": f"{SECRETS_FOLDER}/unleash-token"},
    }
    tables: dict[str, object] = {**_further(answers.further), "target": [target]}
    if answers.channel:
        slack = {"channel": answers.channel, "token_file": f"{SECRETS_FOLDER}/slack-token"}
        base_url = {"base_url": answers.slack_base_url} if answers.slack_base_url else {}
        tables["slack"] = slack | base_url
    label = f"# The app {app.id} is {sanitize(app.label)}.\n" if app.label != app.id else ""
    return f"{COMMENT}{label}\n{tomli_w.dumps(tables)}"


def _further(answers: FurtherSettings) -> dict[str, object]:
    """Return the keys of the settings that are no default."""
    keys: dict[str, tuple[object, bool]] = {
        "privacy": (answers.privacy, answers.privacy != DEFAULTS.privacy),
        "store": ({"url": answers.store_url}, answers.store_url != DEFAULTS.store_url),
        "report": (
            {"destination": answers.report_place},
            answers.report_place != DEFAULTS.report_place,
        ),
        "schedule": (
            {"audit": answers.audit_schedule},
            answers.audit_schedule != DEFAULTS.audit_schedule,
        ),
    }
    return {key: value for key, (value, is_changed) in keys.items() if is_changed}


def sign_in_keys(okta: OktaCredentials, prefix: str = "") -> dict[str, object]:
    """Return the keys of [target.okta]; ``prefix`` begins the names of its secret files."""
    if okta.client_id is None:
        return {"token_file": f"{SECRETS_FOLDER}/{prefix}okta-token"}
    client: dict[str, object] = {
        "client_id": okta.client_id,
        "private_key_file": f"{SECRETS_FOLDER}/{prefix}okta-private-key",
    }
    return client | ({"dpop": True} if okta.dpop else {})


def write(config: Path, answers: Answers) -> list[Path]:
    """Write the secret files and then the configuration. Returns the secret files that are empty.

    Existing files stay unchanged. Raises :class:`~auditor.errors.ConfigError`.
    """
    folder = config.parent / SECRETS_FOLDER
    files = [create_secret(folder, name, secret) for name, secret in answers.secrets.items()]
    # The configuration comes last: while it does not exist, the command can be repeated.
    write_new_file(config, configuration(answers))
    return [file for file in files if not file.stat().st_size]


def create_secret(folder: Path, name: str, secret: Secret) -> Path:
    """Create the file of a secret, for its owner only, unless it exists. Returns its path.

    Raises :class:`~auditor.errors.ConfigError`.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The folder is often in a repository, together with the configuration.
        _create(folder / ".gitignore", "*\n")
        _create(folder / name, secret.reveal())
    except OSError as error:
        raise _unwritable(error) from error
    return folder / name


def write_new_file(file: Path, text: str) -> None:
    """Write a file that does not exist. Raises :class:`~auditor.errors.ConfigError`."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> ConfigError:
    return ConfigError(f"{error.filename}: cannot be written: {cause_and_remedy(error)}")


def _create(file: Path, text: str) -> None:
    """Create a file with mode 0600, unless it exists."""
    try:
        # The mode comes first: the file must at no time be readable by others.
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return
    file.write_text(text, encoding="utf-8")
