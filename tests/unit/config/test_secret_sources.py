import os
import traceback

import pytest

from auditor.errors import ConfigError
from tests.support.builders.config_files import MINIMAL, SECRETS


def test_secrets_are_read_only_when_they_are_used(config):
    settings = config.load(environ={})
    with pytest.raises(ConfigError, match="OKTA_TOKEN is not set"):
        settings.targets[0].credentials()


def test_a_rotated_secret_file_is_read_anew(config):
    config.write("okta", "old")
    settings = config.load(MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_file = "okta"'))
    config.write("okta", "new\n")
    token = settings.targets[0].credentials().okta.token
    assert token is not None
    assert token.reveal() == "new"


@pytest.mark.parametrize(
    ("mode", "warns"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)]
)
def test_a_secret_file_that_every_user_can_read_is_a_warning(config, mode, warns):
    config.write("okta", "00abc", mode)
    settings = config.load(MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_file = "okta"'))
    assert bool(settings.warnings) is warns
    assert all(
        "target[0].okta.token_file" in each and "chmod" in each for each in settings.warnings
    )


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token = "canary"'),
        MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_env = "00-canary"'),
        MINIMAL.replace('token_env = "UNLEASH_TOKEN"', 'token = "canary"'),
        MINIMAL.replace('token_env = "OKTA_TOKEN"', 'private_key = "canary"'),
        '[slack]\nwebhook_url = "https://hooks.example/canary"\n' + MINIMAL,
        '[store]\nurl = "postgresql://a:canary@db/x"\n' + MINIMAL,
        '[store]\nurl = "postgresql://db/x?password=canary"\n' + MINIMAL,
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_quoted(config, text):
    message = "; ".join(config.errors(text))
    assert "canary" not in message
    assert "_env" in message


@pytest.mark.parametrize(
    ("environ", "error"),
    [
        (
            {"UNLEASH_TOKEN": "u"},
            (
                "token_env: OKTA_TOKEN is not set in the environment "
                "(set it, or name a file that contains the secret)"
            ),
        ),
        (
            SECRETS | {"OKTA_TOKEN": " \n"},
            "token_env: OKTA_TOKEN is empty (write the secret into it)",
        ),
        (
            SECRETS | {"OKTA_TOKEN": "SSWS canary"},
            (
                "token_env: OKTA_TOKEN contains more than one word, or characters beyond ASCII "
                "(write the secret alone, in one line, without a prefix)"
            ),
        ),
        (
            SECRETS | {"OKTA_TOKEN": "canäry"},
            (
                "token_env: OKTA_TOKEN contains more than one word, or characters beyond ASCII "
                "(write the secret alone, in one line, without a prefix)"
            ),
        ),
    ],
)
def test_a_secret_that_cannot_be_used_is_reported(config, environ, error):
    assert config.errors(MINIMAL, environ) == [f"target[0].okta.{error}"]


def test_a_secret_file_that_cannot_be_used_is_reported(config, tmp_path):
    text = MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_file = "okta"')
    place = f"target[0].okta.token_file: {tmp_path}/okta"
    assert config.errors(text) == [
        f"{place} cannot be read: No such file or directory (name a file that this user can read)"
    ]
    (tmp_path / "okta").write_bytes(b"\xff\xfe")
    assert config.errors(text) == [f"{place} is not text (save the secret as UTF-8 text)"]
    config.write("okta", "x" * 70_000)
    assert config.errors(text) == [f"{place} is too large for a secret (name a file below 64 KiB)"]


@pytest.mark.parametrize("kind", ["device", "folder", "pipe"])
def test_a_secret_is_read_from_a_regular_file_only(config, tmp_path, kind):
    path = tmp_path / "okta"
    {
        "device": lambda: path.symlink_to("/dev/zero"),
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
    }[kind]()
    text = MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_file = "okta"')
    assert config.errors(text) == [
        (
            f"target[0].okta.token_file: {path} cannot be read: not a regular file "
            "(name a file that this user can read)"
        )
    ]


def test_settings_show_no_secret(config):
    config.write("okta", "canary-one")
    text = MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_file = "okta"')
    settings = config.load(text, {"UNLEASH_TOKEN": "canary-two"})
    shown = f"{settings!r} {settings.targets[0].credentials()!r} {settings.store.database_url()!r}"
    assert "canary" not in shown
    assert "canary" not in repr(settings.document)


def test_all_missing_secrets_are_reported_at_once(config):
    okta, unleash = config.errors(MINIMAL, {})
    assert "OKTA_TOKEN is not set" in okta
    assert "UNLEASH_TOKEN is not set" in unleash


def test_an_error_contains_no_part_of_a_secret_in_the_file(config):
    """pydantic keeps every input, so the error must not be chained either."""
    text = MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_env = "00-canary"')
    with pytest.raises(ConfigError) as raised:
        config.load(text)
    shown = "".join(traceback.format_exception(raised.value))
    assert "canary" not in shown
