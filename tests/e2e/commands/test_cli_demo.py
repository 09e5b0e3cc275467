import os
import re
import stat
from pathlib import Path

import pytest

from auditor.cli.main import run


def test_the_demo_prints_both_audits_the_messages_and_the_report(tmp_path, capsys):
    directory = tmp_path / "demo"
    assert run(["demo", "-d", str(directory)]) == 0
    printed, complaints = capsys.readouterr()
    assert complaints == ""
    one, two = printed.split("Second audit: ")
    assert "4 causes, 12 findings (5 grouped), 13 users affected" in one
    for text in ("  New · by ", "  Still open · by ", "4 resolved", "5 configuration changes"):
        assert text in two
    assert "#provisioning-drift" in two
    assert ": fixed in the change window on Thursday · by Jo Vance" in two
    assert "# 🔕 Acknowledged: " in two
    assert "Acknowledged by @Jo Vance: fixed in the change window on Thursday." in two
    report = Path(printed.split("The report\n==========\n\n")[1].split("\n")[0])
    assert report.is_relative_to(directory)
    assert "<html" in report.read_text()
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_the_demo_detects_a_change_within_two_minutes_and_verifies_its_fix(tmp_path, capsys):
    assert run(["demo", "-d", str(tmp_path)]) == 0
    chapter = capsys.readouterr().out.split("Watch: a mapping is broken")[1]
    seconds = re.search(r"Slack was notified (\d+) seconds after the change\.", chapter)
    assert seconds
    assert 0 < int(seconds[1]) <= 120
    verified, messages = chapter.split("Messages that Slack received")
    assert re.search(r"✓ [0-9a-f]{7}: fixed", verified)
    assert "✓ email-not-login " in verified
    assert "still open" not in verified
    assert "Reopened. 2 open findings, affected users being counted, critical." in messages
    assert "🟢 Resolved after 1 hour 1 minute: Email is mapped from user.email" in messages


@pytest.mark.parametrize("kind", ["another file", "pipe", "folder", "loop of links"])
def test_the_demo_replaces_only_its_own_configuration(tmp_path, capsys, kind):
    path = tmp_path / "auditor.toml"
    {
        "another file": lambda: path.write_bytes(b"\xff"),
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "loop of links": lambda: path.symlink_to("auditor.toml"),
    }[kind]()
    assert run(["demo", "-d", str(tmp_path)]) == 2
    assert "another" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["auditor.toml"]


def test_the_demo_starts_again_each_time(tmp_path, capsys):
    assert run(["demo", "-d", str(tmp_path)]) == 0
    assert run(["demo", "-d", str(tmp_path)]) == 0
    assert (
        "the findings are the baseline"
        in capsys.readouterr().out.split("Messages that Slack received")[1]
    )
