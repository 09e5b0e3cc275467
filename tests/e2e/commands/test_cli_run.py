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
        self.errors: list[str] = []

    def __call__(self, *words: str) -> tuple[int, str]:
        """Return the exit code and stdout; the lines of stderr are kept apart."""
        code = run(["run", "-c", str(self.config), *words])
        printed, errors = self._capsys.readouterr()
        self.errors = [line.removeprefix("auditor: ") for line in errors.splitlines()]
        return code, printed

    def log(self) -> tuple[int, list[dict[str, Any]]]:
        """Return the exit code and the lines of ``--format log``."""
        code, printed = self("--format", "log")
        assert self.errors == []
        return code, [json.loads(line) for line in printed.splitlines()]

    def json(self, *words: str) -> tuple[int, Any]:
        code, printed = self("--format", "json", *words)
        return code, json.loads(printed)


@pytest.fixture
def auditor(tmp_path, monkeypatch, capsys):
    with Sandbox(World.clean(people=4)) as sandbox:
        for name, value in environment(sandbox).items():
            monkeypatch.setenv(name, value)
        yield Auditor(sandbox, tmp_path, capsys)


def test_a_configuration_that_follows_the_guide_passes(auditor):
    code, printed = auditor()
    assert (code, auditor.errors) == (0, [])
    assert printed.startswith("✓ PASS  sandbox ")
    assert "No findings. 1 rule needs an attestation" in printed
    assert "✗" not in printed
    assert "Exit" not in printed


def test_drift_is_found_and_its_fix_is_recorded(auditor):
    auditor()
    auditor.world.map_attribute("user", "email", "user.email")
    code, printed = auditor()
    assert code == 1
    assert "Email is mapped from user.email, not the login" in printed
    assert printed.startswith("✗ FAIL  sandbox ")
    assert len(printed.splitlines()) <= 25
    assert "Next     auditor findings " in printed
    assert printed.endswith("Exit 1   open findings at or above high\n")
    auditor.world.map_attribute("user", "email", "user.login")
    auditor.world.push_again()
    code, printed = auditor("-v")
    assert code == 0
    assert "✓ RESOLVED  email-not-login" in printed


def test_json_lists_the_findings_by_rule(auditor):
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


def test_missing_data_is_not_a_pass(auditor):
    auditor.world.okta_permissions.remove("okta.profileMappings.read")
    code, printed = auditor()
    assert code == 3
    assert printed.startswith("? INCOMPLETE  sandbox ")
    assert "okta.mappings: forbidden (403) at GET /api/v1/mappings" in " ".join(printed.split())
    assert "✓" not in printed
    assert auditor("--exit-zero")[0] == 3


def test_an_unreadable_service_is_reported_once(auditor, monkeypatch):
    auditor.world.map_attribute("user", "email", "user.email")
    auditor()
    monkeypatch.setenv("SANDBOX_OKTA_TOKEN", "00revoked")
    code, printed = auditor()
    words = " ".join(printed.split())
    assert code == 1
    assert printed.count("(401)") == printed.count("? INCOMPLETE") == 1
    assert "Okta: nothing could be read: " in words
    assert "Remediation: " in words
    assert "rules were not evaluated" in words
    assert "  Not evaluated · by " in printed


def test_a_cause_that_was_not_evaluated_keeps_its_title_and_its_users(auditor):
    auditor.world.map_attribute("user", "email", "user.email")
    people = list(auditor.world.okta.people.values())[:3]
    for number, person in enumerate(people):
        auditor.world.rename_person(person, email=f"private{number}@mail.example")
    _, before = auditor()
    (row,) = [line for line in before.splitlines() if "Email is mapped from user.email" in line]
    auditor.world.okta_permissions.clear()
    _, after = auditor()
    assert "Not evaluated · by " in after
    assert row in after


def test_other_missing_data_is_reported_beside_an_unreadable_service(auditor, monkeypatch):
    monkeypatch.setenv("SANDBOX_OKTA_TOKEN", "00revoked")
    auditor.sandbox.faults.add("unleash", "/api/admin/auth/saml/settings", ALL_FAULTS["status-403"])
    code, printed = auditor()
    assert code == 3
    assert "sso-autocreate-with-scim: " in printed
    assert "unleash.saml: forbidden (403)" in " ".join(printed.split())


@pytest.mark.parametrize("side", ["OKTA", "UNLEASH"])
def test_a_refused_token_leaves_open_findings_not_evaluated(auditor, monkeypatch, side):
    auditor.world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    auditor.world.switch_push("PUSH_PROFILE_UPDATES", on=False)
    code, _ = auditor("--fail-on", "low")
    assert code == 1
    monkeypatch.setenv(f"SANDBOX_{side}_TOKEN", "00revoked")
    code, printed = auditor("--fail-on", "low")
    assert (code, auditor.errors) == (1, [])
    assert "Deactivate Users is off" in printed
    reason = f"{side.capitalize()}: nothing could be read: unauthorized (401)"
    assert reason in " ".join(printed.split())


def test_each_printed_command_works_if_targets_share_the_id_of_a_finding(auditor, capsys):
    """Two apps of one org map the same user type, so their findings have the same id."""
    auditor.world.map_attribute("user", "email", "user.email")
    text = auditor.config.read_text()
    (table,) = [part for part in text.split("[slack]") if "[[target]]" in part]
    auditor.config.write_text(table.replace('"sandbox"', '"second"') + text)

    def printed_by(*words: str) -> str:
        assert run([*words, "-c", str(auditor.config)]) == 0
        out: str = capsys.readouterr().out
        return out

    _, printed = auditor()
    (id_, target) = re.findall(r"Next     auditor findings (\w+) -t (\w+)", printed)[0]
    assert run(["findings", id_, "-c", str(auditor.config)]) == 2
    assert capsys.readouterr().err.endswith("(use -t)\n")
    page = printed_by("findings", id_, "-t", target)
    for command in ("verify", "ack", "waive"):
        assert f"auditor {command} {id_} -t {target}" in page
    listed = printed_by("findings")
    assert f"Details   auditor findings {id_} -t {target}" in listed


def test_one_target_that_cannot_be_audited_does_not_affect_the_other(auditor):
    text = auditor.config.read_text()
    (table,) = [part for part in text.split("[slack]") if "[[target]]" in part]
    second = table.replace('"sandbox"', '"second"').replace("SANDBOX_UNLEASH", "NO_SUCH")
    auditor.config.write_text(second + text)
    code, printed = auditor()
    assert code == 2
    assert printed.startswith("2 targets: 1 pass, 1 not audited\n")
    assert printed.endswith("Exit 2   a target could not be audited in 1 target\n")
    (error,) = auditor.errors
    assert error.startswith("second: ")
    assert "NO_SUCH_TOKEN is not set" in error
    code, printed = auditor("--format", "log")
    lines = [json.loads(line) for line in printed.splitlines()]
    (failed,) = (line for line in lines if line["level"] == "error")
    (audited,) = (line for line in lines if line["event"] == "audited")
    assert failed["target"] == "second"
    assert (audited["target"], audited["run"]) == ("sandbox", failed["run"])
    code, summary = auditor.json()
    assert [bool(each["error"]) for each in summary["targets"]] == [True, False]
    assert auditor("-t", "sandbox")[0] == 0


def test_a_finding_names_the_author_of_its_change(auditor, capsys):
    auditor()
    auditor.world.map_attribute("user", "email", "user.email")
    _, printed = auditor()
    assert "New · by Mira Torres (likely) · due " in printed
    (identifier,) = re.findall(r"Next     auditor findings (\w+)", printed)
    assert run(["findings", identifier, "-c", str(auditor.config)]) == 0
    words = " ".join(capsys.readouterr().out.split())
    arrow = r"\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
    change = rf"Attribute mapping {arrow} Email \(user type User\): user\.login → user\.email"
    assert re.search(rf"Changed by Mira Torres, [\d-]+T[\d:]+Z \(likely\) {change}", words)
    evidence = r"Evidence okta\.mappings, GET /api/v1/mappings\S*, read [\d-]+T[\d:]+Z, request \w+"
    assert re.search(evidence, words)


OF_UNLEASH_ALONE = {
    "scim-disabled",
    "scim-endpoint-down",
    "scim-token-missing",
    "sso-autocreate-with-scim",
    "unleash-too-old",
}


def test_no_okta_rule_passes_for_an_app_that_does_not_exist(auditor):
    auditor.config.write_text(auditor.config.read_text().replace(auditor.world.app_id, "0oaGone"))
    code, summary = auditor.json()
    assert code == 3
    verdicts = {rule: each["verdict"] for rule, each in summary["targets"][0]["rules"].items()}
    assert {rule for rule, verdict in verdicts.items() if verdict == "pass"} == OF_UNLEASH_ALONE
    assert set(verdicts.values()) == {"pass", "unknown", "needs_attestation"}


def test_an_unreadable_certificate_file_is_one_line(auditor, monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    code, _ = auditor()
    assert code == 2
    (line,) = auditor.errors
    assert line == (
        f"sandbox: SSL_CERT_FILE cannot be used: {tmp_path}/none.pem: No such file or"
        " directory (set it to a file with certificates in PEM, or unset it)"
    )


def test_log_lines_name_the_run_and_the_target_but_no_person(auditor):
    auditor.world.map_attribute("user", "email", "user.email")
    code, lines = auditor.log()
    audited, ended = lines
    assert (code, ended["event"]) == (1, "audit.finished")
    assert audited["rules"] == ["email-not-login", "sso-identifier-differs"]
    assert (audited["target"], audited["run"]) == ("sandbox", ended["run"])
    assert ended["exit_code"] == 1
    assert "@" not in str(lines)
    assert auditor.log()[1][-1]["run"] != ended["run"]


def test_threads_log_the_id_of_their_run(auditor, tmp_path):
    text = auditor.config.read_text()
    (table,) = [part for part in text.split("[slack]") if "[[target]]" in part]
    auditor.config.write_text(table.replace('"sandbox"', '"second"') + text)
    (tmp_path / "seen").mkdir()
    _, printed = auditor("--save-snapshot", str(tmp_path / "seen"), "--format", "log")
    lines = [json.loads(line) for line in printed.splitlines()]
    kept = [line for line in lines if line["event"].startswith("snapshot: ")]
    assert {line["target"] for line in kept} == {"sandbox", "second"}
    assert len({line["run"] for line in lines}) == 1


def test_the_log_level_removes_informational_lines(auditor, monkeypatch):
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "warning")
    assert auditor.log() == (0, [])


def test_an_unknown_log_level_is_refused(auditor, monkeypatch, capsys):
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "chatty")
    assert run(["run", "--format", "log", "-c", str(auditor.config)]) == 2
    message = "auditor: AUDITOR_LOG_LEVEL is 'chatty' (write info, warning, error)\n"
    assert capsys.readouterr().err == message


def test_a_saved_snapshot_is_evaluated_again_and_nothing_is_stored(auditor, tmp_path):
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
    assert "Evaluation of a saved snapshot" in auditor("--snapshot", str(snapshot))[1]


def test_an_undelivered_notification_is_reported_and_kept(auditor):
    auditor.world.map_attribute("user", "email", "user.email")
    auditor.sandbox.slack.fail("chat.postMessage", "invalid_auth", times=50)
    code, summary = auditor.json("--exit-zero")
    assert code == 4
    assert summary["targets"][0]["delivery"]["delivered"] == 0
    assert auditor.errors[0].startswith("sandbox: not delivered: ")


def test_a_report_needs_no_token_and_sends_no_request(auditor, monkeypatch, capsys, tmp_path):
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


def test_a_report_that_cannot_be_written_is_an_error(auditor, capsys, tmp_path):
    auditor()
    (tmp_path / "reports").write_text("a file, not a directory")
    assert run(["report", "-c", str(auditor.config)]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert "reports/sandbox: Not a directory" in line
    assert line.startswith("auditor: ")


def test_only_get_requests_were_sent(auditor):
    auditor()
    assert auditor.sandbox.refused == []


def _verdicts(summary: Any) -> dict[str, str]:
    (target,) = summary["targets"]
    return {rule: each["verdict"] for rule, each in target["rules"].items()}


def test_a_wrong_address_can_be_corrected_before_the_first_complete_audit(auditor):
    right = auditor.config.read_text()
    auditor.config.write_text(right.replace(auditor.sandbox.okta_url, "http://127.0.0.1:9"))
    assert auditor()[0] == 3
    auditor.config.write_text(right)
    assert auditor()[0] == 0


def test_quiet_prints_one_line_per_target(auditor):
    assert auditor("-q") == (
        0,
        "PASS sandbox causes=0 findings=0 critical=0 high=0 affected=0 unknown=0\n",
    )
    auditor.world.map_attribute("user", "email", "user.email")
    code, printed = auditor("-q")
    assert code == 1
    assert re.fullmatch(
        r"FAIL sandbox causes=1 findings=2 critical=\d high=\d affected=\d+ unknown=0\n",
        printed,
    )


def test_verbose_adds_evidence_and_every_rule(auditor):
    auditor.world.map_attribute("user", "email", "user.email")
    _, short = auditor()
    _, long = auditor("-v")
    assert "Observed" not in short
    for text in ("Observed", "Expected", "First seen", "Remediation", "RULES"):
        assert text in long
    assert all(f"  {rule}  " in long for rule in ("email-not-login", "scim-disabled"))
    assert auditor("-v", "-q")[0] == 2


def test_no_line_is_wider_than_eighty_columns(auditor, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    auditor.world.map_attribute("user", "email", "user.email")
    auditor.world.okta_permissions.remove("okta.logs.read")
    _, printed = auditor()
    assert max(map(len, printed.splitlines())) <= 80
