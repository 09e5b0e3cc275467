import os
import re
import stat
from pathlib import Path

import pytest

from auditor.config.database_url import SSL_MODES, database_url, unencrypted_host
from auditor.config.rejected import RejectedError
from tests.support.builders.config_files import MINIMAL, SECRETS


def error_of(url: str, folder) -> str:
    with pytest.raises(RejectedError) as raised:
        database_url(url, folder)
    return str(raised.value)


@pytest.mark.parametrize(
    "password",
    ["can@ary", "can/ary", "can#ary", "can?ary", "can:ary@", "canary@canary", "a?canary=b"],
)
def test_a_password_with_an_unescaped_character_is_refused_without_quoting_it(password, tmp_path):
    error = error_of(f"postgresql://canary:{password}@db.acme.example/auditor", tmp_path)
    assert "%40 for @" in error
    assert not any(part in error for part in ("can@", "ary", "canary", "acme"))


def test_such_a_password_is_refused_by_a_check_of_the_file(config):
    text = f'[store]\nurl_env = "DATABASE"\n{MINIMAL}'
    (line,) = config.errors(text, SECRETS | {"DATABASE": "postgresql://u:can@ary@db/auditor"})
    assert line.startswith("store.url_env: the user name or the password contains")
    assert "can" not in line.replace("contains", "")


def test_an_escaped_password_is_accepted(tmp_path):
    url = database_url("postgres://u:p%40s%2Fs%23@db:5432/auditor?sslmode=require", tmp_path)
    assert url == "postgresql+psycopg://u:p%40s%2Fs%23@db:5432/auditor?sslmode=require"


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("sslmode=requre", 'sslmode: expected one of disable, .*did you mean "require"'),
        ("sslmod=require", 'sslmod is not an option .*did you mean "sslmode"'),
        ("connect_timeout=3&frobnicate=1", "frobnicate is not an option of PostgreSQL"),
        ("sslmode", "is not a PostgreSQL URL"),
    ],
)
def test_a_wrong_option_is_named(query, error, tmp_path):
    with pytest.raises(RejectedError) as raised:
        database_url(f"postgresql://db.acme.example/auditor?{query}", tmp_path)
    assert re.search(error, str(raised.value))


@pytest.mark.parametrize("url", ["postgresql://db:x/a", "postgresql://[db/a"])
def test_text_that_is_no_url_is_refused(url, tmp_path):
    assert "is not a PostgreSQL URL" in error_of(url, tmp_path)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgresql://db.acme.example/auditor", "db.acme.example"),
        *(
            (f"postgresql://db.acme.example/a?sslmode={mode}", "db.acme.example")
            for mode in SSL_MODES[:3]
        ),
        *((f"postgresql://db.acme.example/a?sslmode={mode}", None) for mode in SSL_MODES[3:]),
        ("postgresql:///auditor?host=db.acme.example", "db.acme.example"),
        ("postgresql://u:p@127.0.0.1/auditor", None),
        ("postgresql://[::1]:5432/auditor", None),
        ("postgresql://localhost/auditor", None),
        ("postgresql:///auditor?host=/var/run/postgresql", None),
        ("postgresql://u@%2Fvar%2Frun/auditor", None),
        ("postgresql:///auditor", None),
        ("sqlite:///a.db", None),
    ],
)
def test_a_remote_database_without_tls_is_found(url, host, tmp_path):
    assert unencrypted_host(database_url(url, tmp_path)) == host


def test_a_remote_database_without_tls_is_a_warning(config):
    text = f'[store]\nurl_env = "DATABASE"\n{MINIMAL}'
    settings = config.load(text, {"DATABASE": "postgresql://u:canary@db.acme.example/auditor"})
    (warning,) = settings.warnings
    assert "PostgreSQL on db.acme.example may be without TLS" in warning
    assert "canary" not in warning
    assert config.load(text, {}).warnings == ()


@pytest.mark.parametrize("kind", ["a directory", "a named pipe", "a device"])
def test_the_history_is_a_regular_file_or_does_not_exist_yet(config, tmp_path, kind):
    path = tmp_path / "history"
    if kind == "a directory":
        path.mkdir()
    elif kind == "a named pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")
    mode = stat.S_IMODE(Path("/dev/null").stat().st_mode)
    assert config.errors(f'[store]\nurl = "sqlite:///history"\n{MINIMAL}') == [
        f"store.url: {path} is {kind} (name a regular file, or one that does not exist yet)"
    ]
    assert stat.S_IMODE(Path("/dev/null").stat().st_mode) == mode
