"""A standard stream that is closed, full or without a reader ends no audit."""

import subprocess
import sys
from shlex import quote

import pytest

from auditor.cli.output.exit_code import ExitCode
from tests.support.drift import break_email

SQLITE = b"SQLite format 3\x00"


@pytest.fixture
def shell(commands):
    """Return a function that runs `auditor WORDS` in a shell, with redirections."""
    break_email(commands.world)

    def execute(words: str, redirections: str = "") -> tuple[int, str, str]:
        config = "" if words == "--version" else f"-c {quote(str(commands.config))}"
        line = f"{quote(sys.executable)} -m auditor {words} {config} {redirections}"
        script = ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"]
        done = subprocess.run(script, cwd=commands.folder, capture_output=True, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return execute


@pytest.mark.parametrize(
    "redirections", [">&-", "2>&-", "<&-", "<&- >&- 2>&-", "2>/dev/full", "2> >(true)"]
)
def test_an_audit_without_a_stream_is_complete(shell, commands, redirections):
    code, _, errors = shell("run", redirections)
    assert code == ExitCode.FINDINGS
    assert "internal error" not in errors
    with (commands.folder / "auditor.db").open("rb") as file:
        assert file.read(len(SQLITE)) == SQLITE, "no text was written into the database"
    assert len(commands.json("history")) == 1


@pytest.mark.parametrize("words", ["run", "run --format json", "findings", "findings --format csv"])
def test_a_full_disk_behind_stdout_is_one_line(shell, commands, words):
    commands.audit()
    code, _, errors = shell(words, ">/dev/full")
    assert code == ExitCode.UNUSABLE
    assert errors == (
        "auditor: the output cannot be written: No space left on device (free disk space)\n"
    )


@pytest.mark.parametrize("words", ["run", "findings", "findings --format json"])
def test_a_reader_that_leaves_is_no_error(shell, commands, words):
    commands.audit()
    code, _, errors = shell(words, "| true")
    assert (code, errors) == (ExitCode.CLOSED_PIPE, "")


def test_an_error_that_cannot_be_printed_keeps_its_exit_code(shell):
    assert shell("runn", "2>/dev/full")[0] == ExitCode.UNUSABLE
    assert shell("run --snapshot absent", "2>&-")[0] == ExitCode.UNUSABLE


@pytest.mark.parametrize("redirection", [">/dev/full", "| true"])
def test_a_version_that_cannot_be_printed_is_no_traceback(shell, redirection):
    code, _, errors = shell("--version", redirection)
    assert (code, errors) == (ExitCode.UNUSABLE, "")


@pytest.mark.parametrize(
    "words",
    [
        ("person", "\udcff"),
        ("db", "forget", "\udcff"),
        ("ack", "email-not-login", "--until", "3d", "--by", "x", "--reason", "\udcff"),
        ("findings", "-t", "\udcff"),
    ],
)
def test_a_text_that_is_not_utf_8_is_a_usage_error(commands, words):
    commands.audit()
    assert commands(*words)[0] == ExitCode.UNUSABLE
    assert "the text is not UTF-8" in commands.errors


def test_the_name_of_a_file_may_be_of_any_bytes(commands):
    other = commands.config.with_name("\udcff.toml")
    commands.config.rename(other)
    commands.config = other
    commands.audit()


def test_a_new_name_that_is_not_utf_8_is_no_name_of_a_target(commands):
    commands.audit()
    assert commands("db", "rename", "sandbox", "\udcff")[0] == ExitCode.UNUSABLE
    assert 'NEW: "?" is not a name of a target' in commands.errors
