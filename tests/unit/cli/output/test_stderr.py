"""What a command says beside its answer: plain lines, or log lines; never a secret."""

import json
from contextlib import nullcontext

import pytest

from auditor.cli.output.stderr import about, log_event, print_error, print_progress, trace, warn
from auditor.observability.logs import MASK, log_lines

SAID = (
    (print_error, "auditor: a\tb\n", "error"),
    (warn, "warning: a\tb\n", "warning"),
    (print_progress, "a\tb\n", "info"),
)


@pytest.mark.parametrize(("say", "plain", "level"), SAID, ids=["complain", "warn", "remark"])
def test_each_is_one_line_for_a_person_or_for_a_log(capsys, say, plain, level):
    say("a\nb")
    assert capsys.readouterr() == ("", plain.replace("\t", " "))
    with log_lines(), about(target="main"):
        say("a\nb")
    printed, said = capsys.readouterr()
    (line,) = (json.loads(each) for each in said.splitlines())
    assert (printed, line["event"], line["level"]) == ("", "a b", level)
    assert (line["target"], len(line["run"])) == ("main", 12)


def test_numbers_are_for_logs_only(capsys):
    log_event("audited", open=3)
    with log_lines():
        log_event("audited", open=3)
    printed, said = capsys.readouterr()
    assert (printed, json.loads(said)["open"]) == ("", 3)


@pytest.mark.parametrize("logged", [False, True])
def test_a_traceback_says_where_and_tells_no_secret(capsys, logged):
    planted = "SSWS 00canary-in-a-traceback"
    try:
        int(planted)
    except ValueError as error:
        with log_lines() if logged else nullcontext():
            trace(error)
    printed, said = capsys.readouterr()
    assert printed == ""
    assert "test_stderr.py" in said
    assert MASK in said
    assert "canary" not in said


def test_what_was_before_is_after(capsys):
    with log_lines():
        pass
    print_error("plain again")
    assert capsys.readouterr().err == "auditor: plain again\n"
