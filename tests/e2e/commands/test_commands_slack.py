import json
from datetime import UTC, datetime
from pathlib import Path

from auditor.cli.main import run


def messages(commands) -> list[str]:
    """Return the messages on stderr."""
    return [line.removeprefix("auditor: ") for line in commands.errors.splitlines()]


def test_a_test_message_is_posted(commands):
    code, printed = commands("slack", "test")
    assert (code, commands.errors) == (0, "")
    assert f"✓ posted to #{commands.sandbox.slack.channel.name}" in printed
    assert "This is a test message of the auditor." in commands.sandbox.slack.transcript()


def test_missing_scopes_are_named_with_their_purpose(commands):
    slack = commands.sandbox.slack
    slack.tokens[slack.token] = slack.tokens[slack.token] - {"files:write"}
    code, printed = commands("slack", "test")
    assert code == 0
    assert "! missing scope files:write: the app cannot attach the report to its message" in printed


def test_a_channel_without_the_app_is_an_error(commands):
    commands.sandbox.slack.fail("chat.postMessage", "not_in_channel")
    code, printed = commands("slack", "test")
    assert code == 4
    assert "posted" not in printed
    assert commands.errors.startswith("auditor: ")


def test_without_slack_the_command_is_refused(commands):
    text = commands.config.read_text()
    commands.config.write_text(text[: text.index("[slack]")])
    code, _ = commands("slack", "test")
    assert code == 2
    assert "slack: the table is missing (add [slack])" in commands.errors


def test_the_manifest_has_the_required_scopes_only(capsys):
    assert run(["slack", "manifest"]) == 0
    manifest = json.loads(capsys.readouterr().out)
    scopes = manifest["oauth_config"]["scopes"]
    assert scopes.keys() == {"bot"}
    assert {"chat:write", "files:write"} <= set(scopes["bot"])
    assert not any(scope.startswith(("admin", "users", "im:")) for scope in scopes["bot"])


def test_the_manifest_switches_interactivity_on_only_with_app_token_and_operators(commands):
    def manifest(*words):
        code, printed = commands("slack", "manifest", *words)
        assert (code, commands.errors) == (0, "")
        return json.loads(printed)

    def is_interactive(found):
        settings = found["settings"]
        assert settings["interactivity"]["is_enabled"] == settings["socket_mode_enabled"]
        scopes = found["oauth_config"]["scopes"]["bot"]
        assert ("users:read" in scopes) == settings["socket_mode_enabled"]
        return settings["socket_mode_enabled"]

    assert not is_interactive(manifest())
    assert is_interactive(manifest("--interactive"))
    text = commands.config.read_text()
    keys = 'app_token_env = "SANDBOX_APP_TOKEN"\noperators = ["U0123ABCD"]\n'
    commands.config.write_text(text.replace("[slack]\n", f"[slack]\n{keys}"))
    assert is_interactive(manifest())


def test_messages_have_buttons_or_a_command(commands):
    commands.audit()
    commands.world.map_attribute("user", "email", "user.email")
    commands.audit()
    assert "Acknowledge: auditor ack " in commands.sandbox.slack.transcript()
    assert "[Acknowledge ▾]" not in commands.sandbox.slack.transcript()
    keys = 'app_token_env = "SANDBOX_APP_TOKEN"\noperators = ["U0123ABCD"]\n'
    text = commands.config.read_text()
    commands.config.write_text(text.replace("[slack]\n", f"[slack]\n{keys}"))
    commands.world.switch_push("PUSH_NEW_USERS", on=False)
    commands.audit()
    last = commands.sandbox.slack.channel.roots()[-1]
    assert "[Acknowledge ▾]" in commands.sandbox.slack.transcript()
    assert not any("auditor ack" in str(block) for block in last.blocks)


def test_a_week_is_sent_once_with_its_report_in_the_thread(commands):
    commands.audit()
    until = datetime.now(UTC).isoformat()
    for _ in range(2):  # the schedule ran twice, or a user repeated the command
        code, printed = commands("report", "--weekly", "--until", until, "--send")
        assert code == 0, commands.errors
    transcript = commands.sandbox.slack.transcript()
    assert transcript.count("# 📋 sandbox: ") == 1
    assert transcript.count(f"(file: {Path(printed.strip()).name},") == 1


def test_a_report_that_is_printed_as_json_is_sent_too(commands):
    commands.audit()
    code, printed = commands("report", "--send", "--format", "json")
    assert code == 0, commands.errors
    (report,) = json.loads(printed)
    assert report["target"]["name"] == "sandbox"
    assert commands.sandbox.slack.transcript().count("# 📋 sandbox: ") == 1


def test_the_overview_is_written_where_the_reports_are(commands, tmp_path):
    commands.audit()
    code, printed = commands("report", "--fleet", "--destination", str(tmp_path / "elsewhere"))
    assert code == 0, commands.errors
    assert str(tmp_path / "elsewhere/index.html") in printed.splitlines()


def test_each_run_reports_a_pending_message(commands, monkeypatch):
    monkeypatch.setenv("SIEM", "http://127.0.0.1:9/hook")
    monkeypatch.setenv("KEY", "a-shared-key")
    with commands.config.open("a") as file:
        file.write('[[webhook]]\nname = "siem"\nurl_env = "SIEM"\nsecret_env = "KEY"\n')
    for _ in range(2):  # at the second audit, the message waits for its next attempt
        code, printed = commands("run", "--format", "json")
        (target,) = json.loads(printed)["targets"]
        assert (code, target["delivery"]["waiting"]) == (4, 1)
        (message,) = messages(commands)
        assert message.startswith("sandbox: not delivered: webhook siem: 127.0.0.1:9 refuses")
    assert "; 1 message waiting, next attempt after 20" in message


def test_sending_a_report_states_whether_it_was_sent(commands, monkeypatch):
    commands.audit()
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "info")
    send = "report", "--weekly", "--until", datetime.now(UTC).isoformat(), "--send"
    assert commands(*send)[0] == 0
    assert "sandbox: sent" in messages(commands)
    assert commands(*send)[0] == 0
    assert "sandbox: not sent again, this period was sent before" in messages(commands)


def test_a_pending_report_is_not_called_sent(commands, monkeypatch):
    commands.audit()
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "info")
    send = "report", "--weekly", "--until", datetime.now(UTC).isoformat(), "--send"
    commands.sandbox.slack.fail("chat.postMessage", "invalid_auth", times=50)
    for _ in range(2):
        assert commands(*send)[0] == 4
        (line,) = messages(commands)
        assert line.startswith("sandbox: not delivered: Slack: ")


def test_a_failed_report_is_not_called_sent(commands, monkeypatch):
    commands.audit()
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "info")
    send = "report", "--weekly", "--until", datetime.now(UTC).isoformat(), "--send"
    commands.sandbox.slack.fail("chat.postMessage", "invalid_blocks", times=2)
    assert commands(*send)[0] == 4
    commands(*send)
    assert "sandbox: not sent, it failed before or another process sends it" in messages(commands)


def test_without_a_channel_a_report_is_not_sent(commands, monkeypatch):
    commands.audit()
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "info")
    text = commands.config.read_text()
    commands.config.write_text(text[: text.index("[slack]")])
    assert commands("report", "--weekly", "--send")[0] == 0
    assert "sandbox: not sent, no [slack] or [[webhook]] is configured" in messages(commands)


def test_the_help_lists_the_exit_codes(capsys):
    assert run(["slack", "test", "--help"]) == 0
    printed = capsys.readouterr().out
    assert "\n  4  not posted to every channel\n" in printed
