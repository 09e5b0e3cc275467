import json
from datetime import UTC, datetime
from pathlib import Path

from auditor.cli import run


def test_a_sample_stands_in_the_channel(commands):
    code, printed = commands("slack", "test")
    assert (code, commands.complaints) == (0, "")
    assert f"✓ posted to #{commands.sandbox.slack.channel.name}" in printed
    assert "This is how the auditor speaks." in commands.sandbox.slack.transcript()


def test_missing_scopes_are_named_with_what_they_are_for(commands):
    slack = commands.sandbox.slack
    slack.tokens[slack.token] = slack.tokens[slack.token] - {"files:write"}
    code, printed = commands("slack", "test")
    assert code == 0
    assert "! the token lacks files:write: cannot attach the report to its message" in printed


def test_a_channel_that_cannot_be_told_is_said(commands):
    commands.sandbox.slack.fail("chat.postMessage", "not_in_channel")
    code, printed = commands("slack", "test")
    assert code == 4
    assert "posted" not in printed
    assert commands.complaints.startswith("auditor: ")


def test_without_slack_there_is_nothing_to_try(commands):
    text = commands.config.read_text()
    commands.config.write_text(text[: text.index("[slack]")])
    code, _ = commands("slack", "test")
    assert code == 2
    assert "slack: nothing is configured" in commands.complaints


def test_the_manifest_asks_for_the_least_scopes(capsys):
    assert run(["slack", "manifest"]) == 0
    manifest = json.loads(capsys.readouterr().out)
    scopes = manifest["oauth_config"]["scopes"]
    assert scopes.keys() == {"bot"}
    assert {"chat:write", "files:write"} <= set(scopes["bot"])
    assert not any(scope.startswith(("admin", "users", "im:")) for scope in scopes["bot"])


def test_the_week_is_told_once_with_its_report_in_the_thread(commands):
    commands.audit()
    until = datetime.now(UTC).isoformat()
    for _ in range(2):  # the schedule fired again, or somebody was in doubt
        code, printed = commands("report", "--weekly", "--until", until, "--send")
        assert (code, commands.complaints) == (0, "")
    said = commands.sandbox.slack.transcript()
    assert said.count("sandbox: the week to") == 1
    assert said.count(f"(file: {Path(printed.strip()).name},") == 1


def test_a_week_and_another_span_are_not_asked_for_together(commands):
    code, _ = commands("report", "--weekly", "--since", "30d")
    assert code == 2
    assert "--since: not allowed with argument --weekly" in commands.complaints
