import json
from datetime import UTC, datetime
from pathlib import Path

from auditor.cli.main import run


def events(commands) -> list[str]:
    """Return what was said in log lines."""
    return [json.loads(line)["event"] for line in commands.complaints.splitlines()]


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


def test_until_it_is_told_each_run_says_that_a_message_waits(commands, monkeypatch):
    monkeypatch.setenv("SIEM", "http://127.0.0.1:9/hook")
    monkeypatch.setenv("KEY", "a-shared-key")
    with commands.config.open("a") as file:
        file.write('[[webhook]]\nname = "siem"\nurl_env = "SIEM"\nsecret_env = "KEY"\n')
    for _ in range(2):  # the second finds it waiting for its next attempt
        code, printed = commands("run", "--format", "json")
        (target,) = json.loads(printed)["targets"]
        assert (code, target["delivery"]["waiting"]) == (4, 1)
        (said,) = events(commands)
        assert said.startswith("sandbox: not told: webhook siem: 127.0.0.1:9 refuses")
    assert "; 1 message to be tried again after 20" in said


def test_sending_the_report_says_whether_people_were_told(commands, monkeypatch):
    commands.audit()
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "info")
    send = "report", "--weekly", "--until", datetime.now(UTC).isoformat(), "--send"
    assert commands(*send)[0] == 0
    assert "sandbox: told" in events(commands)
    assert commands(*send)[0] == 0
    assert "sandbox: these days were told already" in events(commands)


def test_a_report_that_waits_to_be_told_is_not_called_told(commands, monkeypatch):
    commands.audit()
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "info")
    send = "report", "--weekly", "--until", datetime.now(UTC).isoformat(), "--send"
    commands.sandbox.slack.fail("chat.postMessage", "invalid_auth", times=50)
    for _ in range(2):
        assert commands(*send)[0] == 4
        (_, line) = events(commands)
        assert line.startswith("sandbox: not told: Slack: ")


def test_a_report_that_was_given_up_is_not_called_told(commands, monkeypatch):
    commands.audit()
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "info")
    send = "report", "--weekly", "--until", datetime.now(UTC).isoformat(), "--send"
    commands.sandbox.slack.fail("chat.postMessage", "invalid_blocks", times=2)
    assert commands(*send)[0] == 4
    commands(*send)
    assert "sandbox: not told: given up, or another process is at it" in events(commands)


def test_without_a_channel_a_report_is_told_to_nobody(commands, monkeypatch):
    commands.audit()
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "info")
    text = commands.config.read_text()
    commands.config.write_text(text[: text.index("[slack]")])
    assert commands("report", "--weekly", "--send")[0] == 0
    assert "sandbox: nobody to tell: no [slack], no [[webhook]]" in events(commands)


def test_the_help_of_a_test_says_how_it_ends(capsys):
    assert run(["slack", "test", "--help"]) == 0
    printed = capsys.readouterr().out
    assert "exit codes: 0 posted everywhere, 4 not everywhere" in printed
