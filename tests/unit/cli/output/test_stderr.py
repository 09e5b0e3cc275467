"""Messages on stderr: plain lines or JSON lines, never a secret."""

import json
from contextlib import nullcontext

import pytest
import structlog

from auditor.cli.output.stderr import (
    json_log,
    log_context,
    log_event,
    plain_log,
    plain_warnings,
    print_error,
    print_progress,
    print_traceback,
    print_warning,
)
from auditor.module_log import log_warning
from auditor.observability.logs import MASK

MESSAGES = (
    (print_error, "auditor: a\tb\n", "error"),
    (print_warning, "auditor: warning: a\tb\n", "warning"),
    (print_progress, "auditor: a\tb\n", "info"),
)


@pytest.mark.parametrize(
    ("write", "plain", "level"), MESSAGES, ids=["error", "warning", "progress"]
)
def test_a_message_is_one_line_of_text_or_of_json(capsys, write, plain, level):
    write("a\nb")
    assert capsys.readouterr() == ("", plain.replace("\t", " "))
    with json_log(), log_context(target="main"):
        write("a\nb")
    printed, logged = capsys.readouterr()
    (line,) = (json.loads(each) for each in logged.splitlines())
    assert (printed, line["event"], line["level"]) == ("", "a b", level)
    assert (line["target"], len(line["run"])) == ("main", 12)


def test_an_event_is_written_to_logs_only(capsys):
    log_event("audited", open=3)
    with json_log():
        log_event("audited", open=3)
    printed, logged = capsys.readouterr()
    assert (printed, json.loads(logged)["open"]) == ("", 3)


@pytest.mark.parametrize("logged", [False, True])
def test_a_traceback_names_the_place_and_masks_secrets(capsys, logged):
    planted = "SSWS 00canary-in-a-traceback"
    try:
        int(planted)
    except ValueError as error:
        with json_log() if logged else nullcontext():
            print_traceback(error)
    printed, written = capsys.readouterr()
    assert printed == ""
    assert "test_stderr.py" in written
    assert MASK in written
    assert "canary" not in written


def test_messages_are_plain_again_after_a_json_log(capsys):
    with json_log():
        pass
    print_error("plain again")
    assert capsys.readouterr().err == "auditor: plain again\n"


@pytest.mark.parametrize("plain", [plain_log, plain_warnings])
def test_warnings_of_an_audit_never_reach_stdout(plain, capsys):
    with plain():
        log_warning("prune failed", target="main")
    assert capsys.readouterr() == ("", "auditor: warning: prune failed, target main\n")


def test_log_entries_of_modules_never_reach_stdout(capsys):
    with plain_log():
        structlog.get_logger("auditor").warning("prune failed", target="main")
        structlog.get_logger("auditor").info("not shown")
    assert capsys.readouterr() == ("", "auditor: warning: prune failed, target main\n")


def test_a_warning_of_an_audit_is_an_entry_of_a_json_log(capsys):
    with plain_warnings():
        pass
    with json_log():
        log_warning("prune failed", target="main")
    entry = json.loads(capsys.readouterr().err)
    assert (entry["event"], entry["level"], entry["target"]) == ("prune failed", "warning", "main")
