"""``auditor run`` against the sandbox, over real HTTP: what it prints and how it ends."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import run
from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.sandbox import Sandbox, World
from auditor.sandbox.faults.catalogue import ALL_FAULTS


class Auditor:
    def __init__(self, sandbox: Sandbox, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self.config = folder / "auditor.toml"
        self.config.write_text(sandbox_configuration(sandbox))
        self._capsys = capsys
        self.logged: list[dict[str, Any]] = []

    def __call__(self, *words: str) -> tuple[int, str]:
        """Return the exit code and what was printed; what was logged is kept apart."""
        code = run(["run", "-c", str(self.config), *words])
        printed, logged = self._capsys.readouterr()
        self.logged = [json.loads(line) for line in logged.splitlines()]
        return code, printed

    @property
    def complaints(self) -> list[str]:
        return [line["event"] for line in self.logged if line["level"] != "info"]

    def json(self, *words: str) -> tuple[int, Any]:
        code, printed = self("--format", "json", *words)
        return code, json.loads(printed)


@pytest.fixture
def auditor(tmp_path, monkeypatch, capsys):
    with Sandbox(World.clean(people=4)) as sandbox:
        for name, value in environment(sandbox).items():
            monkeypatch.setenv(name, value)
        yield Auditor(sandbox, tmp_path, capsys)


def test_a_set_up_that_follows_the_guide_ends_well(auditor):
    code, printed = auditor()
    assert (code, auditor.complaints) == (0, [])
    assert "0 open findings" in printed
    assert "✓ As the guide demands" in printed
    assert "✗" not in printed


def test_drift_is_found_told_and_mended(auditor):
    auditor()
    auditor.world.map_attribute("user", "email", "user.email")
    code, printed = auditor()
    assert code == 1
    assert "email-not-login" in printed
    assert "✗ Not as the guide demands" in printed
    auditor.world.map_attribute("user", "email", "user.login")
    auditor.world.push_again()
    code, printed = auditor()
    assert code == 0
    assert "✓ RESOLVED  email-not-login" in printed


def test_json_says_the_same_by_rule(auditor):
    auditor.world.map_attribute("user", "email", "user.email")
    code, summary = auditor.json()
    assert (code, summary["exit_code"]) == (1, 1)
    (target,) = summary["targets"]
    assert target["rules"]["email-not-login"]["verdict"] == "fail"
    (found,) = target["rules"]["email-not-login"]["findings"]
    assert (found["state"], found["change"]) == ("open", "new")
    assert found["evidence"][0]["observed"] == "Primary email (user.email)"
    assert target["counts"]["open"]["high"] + target["counts"]["open"]["critical"] >= 1


def test_the_exit_code_follows_fail_on_and_exit_zero(auditor):
    auditor.world.add_schema_attribute("title", title="Title", external_name="title")
    auditor.world.map_attribute("user", "title", "user.title")
    assert auditor()[0] == 0
    assert auditor("--fail-on", "medium")[0] == 1
    assert auditor("--fail-on", "medium", "--exit-zero")[0] == 0


def test_what_could_not_be_seen_is_not_clean(auditor):
    auditor.world.okta_permissions.remove("okta.profileMappings.read")
    code, printed = auditor()
    assert code == 3
    assert "? BLIND" in printed
    assert "okta.mappings: forbidden (403) at GET /api/v1/mappings" in printed
    assert auditor("--exit-zero")[0] == 3


def test_a_side_that_is_shut_out_is_told_once(auditor, monkeypatch):
    auditor.world.map_attribute("user", "email", "user.email")
    auditor()
    monkeypatch.setenv("SANDBOX_OKTA_TOKEN", "00revoked")
    code, printed = auditor()
    words = " ".join(printed.split())
    assert code == 1
    assert printed.count("(401)") == printed.count("? BLIND") == 1
    assert "Okta: nothing could be read: forbidden (401): the credential was refused" in words
    assert "Issue a new credential and put it where target.okta in the configuration says." in words
    assert "20 blind rules: admin-unreachable, app-not-usable, " in words
    assert "still open, not verified" in printed
    assert "  Okta could not be read\n" in printed
    told = auditor.sandbox.slack.transcript()
    assert told.count("(401)") == told.count("Okta: nothing could be read: forbidden (401)") == 1


def test_what_else_is_missing_is_told_beside_a_side_that_is_shut_out(auditor, monkeypatch):
    monkeypatch.setenv("SANDBOX_OKTA_TOKEN", "00revoked")
    auditor.sandbox.faults.add("unleash", "/api/admin/auth/saml/settings", ALL_FAULTS["status-403"])
    code, printed = auditor()
    assert code == 3
    assert printed.count("? BLIND") == 2
    assert "? BLIND     sso-autocreate-with-scim\n  unleash.saml: forbidden (403)" in printed


def test_one_target_that_cannot_be_audited_does_not_hurt_the_other(auditor):
    text = auditor.config.read_text()
    (table,) = [part for part in text.split("[slack]") if "[[target]]" in part]
    second = table.replace('"sandbox"', '"second"').replace("SANDBOX_UNLEASH", "NO_SUCH")
    auditor.config.write_text(second + text)
    code, printed = auditor()
    assert code == 2
    assert "0 open findings" in printed
    (failed,) = (line for line in auditor.logged if line["level"] == "error")
    assert failed["target"] == "second"
    assert "NO_SUCH_TOKEN is not set" in failed["event"]
    (audited,) = (line for line in auditor.logged if line["event"] == "audited")
    assert (audited["target"], audited["run"]) == ("sandbox", failed["run"])
    code, summary = auditor.json()
    assert [bool(each["error"]) for each in summary["targets"]] == [True, False]
    assert auditor("-t", "sandbox")[0] == 0


def test_who_brought_a_finding_about_is_told_with_it(auditor, capsys):
    auditor()
    auditor.world.map_attribute("user", "email", "user.email")
    _, printed = auditor()
    told = " ".join(printed.partition("email-not-login")[2].partition("put back")[0].split())
    by_whom = (
        r"Mira Torres \(likely\): mapping\[\w+\]\.email\.expression: user\.login → user\.email"
    )
    assert re.search(rf"changed {by_whom} when since [\d-]+ [\d:]+ UTC", told)
    assert run(["findings", "-c", str(auditor.config), "--rule", "email-not-login"]) == 0
    remembered = " ".join(capsys.readouterr().out.split())
    assert re.search(rf", since [\d-]+ [\d:]+ UTC, first seen .* changed by {by_whom}", remembered)


OF_UNLEASH_ALONE = {
    "scim-disabled",
    "scim-token-missing",
    "sso-autocreate-with-scim",
    "unleash-too-old",
}


def test_of_an_app_that_is_not_there_nothing_of_okta_is_called_right(auditor):
    auditor.config.write_text(auditor.config.read_text().replace(auditor.world.app_id, "0oaGone"))
    code, summary = auditor.json()
    assert code == 3
    verdicts = {rule: each["verdict"] for rule, each in summary["targets"][0]["rules"].items()}
    assert {rule for rule, verdict in verdicts.items() if verdict == "pass"} == OF_UNLEASH_ALONE
    assert set(verdicts.values()) == {"pass", "unknown", "needs_attestation"}


def test_authorities_that_cannot_be_read_are_one_line(auditor, monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    code, _ = auditor()
    assert code == 2
    (line,) = auditor.complaints
    assert line == (
        f"sandbox: SSL_CERT_FILE cannot be used: {tmp_path}/none.pem: No such file or"
        " directory (let it name certificates in PEM, or unset it)"
    )


def test_log_lines_alone_name_run_and_target_and_nobody(auditor):
    auditor.world.map_attribute("user", "email", "user.email")
    code, printed = auditor("--format", "log")
    audited, ended = auditor.logged
    assert (code, printed) == (1, "")
    assert audited["rules"] == ["email-not-login", "sso-identifier-differs"]
    assert (audited["target"], audited["run"]) == ("sandbox", ended["run"])
    assert ended["exit_code"] == 1
    assert "@" not in str(auditor.logged)
    first = ended["run"]
    auditor("--format", "log")
    assert auditor.logged[-1]["run"] != first


def test_threads_log_under_the_run_that_they_belong_to(auditor, tmp_path):
    text = auditor.config.read_text()
    (table,) = [part for part in text.split("[slack]") if "[[target]]" in part]
    auditor.config.write_text(table.replace('"sandbox"', '"second"') + text)
    (tmp_path / "seen").mkdir()
    auditor("--save-snapshot", str(tmp_path / "seen"))
    kept = [line for line in auditor.logged if line["event"].startswith("snapshot: ")]
    assert {line["target"] for line in kept} == {"sandbox", "second"}
    assert len({line["run"] for line in auditor.logged}) == 1


def test_a_level_keeps_good_news_out_of_the_log(auditor, monkeypatch):
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "warning")
    assert auditor("--format", "log") == (0, "")
    assert auditor.logged == []


def test_a_level_that_there_is_not_is_said(auditor, monkeypatch, capsys):
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "chatty")
    assert run(["run", "-c", str(auditor.config)]) == 2
    said = "auditor: AUDITOR_LOG_LEVEL is 'chatty' (write info, warning, error)\n"
    assert capsys.readouterr().err == said


def test_a_saved_snapshot_is_judged_again_and_nothing_is_remembered(auditor, tmp_path):
    auditor.world.map_attribute("user", "email", "user.email")
    snapshot = tmp_path / "seen.json"
    _, seen = auditor.json("--save-snapshot", str(snapshot))
    assert stat.S_IMODE(snapshot.stat().st_mode) == 0o600
    for left in tmp_path.glob("auditor.db*"):
        left.unlink()
    requests = len(auditor.sandbox.requests)

    code, again = auditor.json("--snapshot", str(snapshot))
    assert code == 1
    assert not list(tmp_path.glob("auditor.db*"))
    assert len(auditor.sandbox.requests) == requests
    assert _verdicts(again) == _verdicts(seen)
    assert "judged again" in auditor("--snapshot", str(snapshot))[1]


def test_what_was_not_told_is_said_and_kept(auditor):
    auditor.world.map_attribute("user", "email", "user.email")
    auditor.sandbox.slack.fail("chat.postMessage", "invalid_auth", times=50)
    code, summary = auditor.json("--exit-zero")
    assert code == 4
    assert summary["targets"][0]["delivery"]["delivered"] == 0
    assert auditor.complaints[0].startswith("sandbox: not told: ")


def test_a_report_needs_no_token_and_asks_nobody(auditor, monkeypatch, capsys, tmp_path):
    auditor.world.map_attribute("user", "email", "user.email")
    auditor()
    for name in environment(auditor.sandbox):
        monkeypatch.delenv(name)
    requests = len(auditor.sandbox.requests)

    assert run(["report", "-c", str(auditor.config)]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert page.is_relative_to(tmp_path / "reports")
    assert "email-not-login" in page.read_text()

    assert run(["report", "-c", str(auditor.config), "--format", "json", "--since", "1d"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert "email-not-login" in [each["rule"] for each in report["findings"]]
    assert len(auditor.sandbox.requests) == requests


def test_a_report_that_cannot_be_written_is_said(auditor, capsys, tmp_path):
    auditor()
    (tmp_path / "reports").write_text("a file, not a directory")
    assert run(["report", "-c", str(auditor.config)]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert "reports/sandbox: Not a directory" in json.loads(line)["event"]


def test_nothing_but_get_was_ever_sent(auditor):
    auditor()
    assert auditor.sandbox.refused == []


def _verdicts(summary: Any) -> dict[str, str]:
    (target,) = summary["targets"]
    return {rule: each["verdict"] for rule, each in target["rules"].items()}


def test_an_address_that_was_never_right_is_not_held_against_the_target(auditor):
    right = auditor.config.read_text()
    auditor.config.write_text(right.replace(auditor.sandbox.okta_url, "http://127.0.0.1:9"))
    assert auditor()[0] == 3
    auditor.config.write_text(right)
    assert auditor()[0] == 0
