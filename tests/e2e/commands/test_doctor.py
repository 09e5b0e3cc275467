"""``auditor doctor``: the rules that it lists for a permission are unknown in an audit."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.cli.main import run as command
from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.domain.permissions import OKTA_PERMISSIONS
from auditor.notify.slack.app_setup import REASONS_BY_SCOPE as SCOPES_OF_SLACK
from auditor.pipeline.audit import audit_target
from auditor.sandbox import Sandbox, World
from auditor.store import open_store
from tests.support.peers.threaded_server import served

REASONS_BY_SCOPE = [each.name for each in OKTA_PERMISSIONS]


class LateServer(BaseHTTPRequestHandler):
    """Answers 404 with a date in 1970."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(timestamp or 0)

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def late_server() -> Iterator[str]:
    with served(HTTPServer(("127.0.0.1", 0), LateServer)) as port:
        yield f"http://127.0.0.1:{port}"


class Doctor:
    def __init__(self, sandbox: Sandbox, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self.folder = folder
        self.config = folder / "auditor.toml"
        self.config.write_text(sandbox_configuration(sandbox))
        self.environ = dict(environment(sandbox))
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        code = command(["doctor", "-c", str(self.config), *words])
        printed, self.complaints = self._capsys.readouterr()
        return code, printed

    def json(self) -> tuple[int, dict[tuple[str, str], Any]]:
        """Return the exit code, and each health check by its subject."""
        code, printed = self("--format", "json")
        found = json.loads(printed)
        assert found["exit_code"] == code
        checks = [*found["checks"], *(each for one in found["targets"] for each in one["checks"])]
        return code, {(check["area"], check["about"]): check for check in checks}

    def configure(self, before: str, after: str) -> None:
        text = self.config.read_text()
        assert before in text
        self.config.write_text(text.replace(before, after))

    def unknown_rules(self) -> frozenset[str]:
        """Return the rules that are unknown in an audit now."""
        settings = load_settings(self.config, self.environ)
        (target,) = settings.targets
        verdicts = audit_target(settings, target, lambda: self.world.now).evaluated.verdicts
        return frozenset(verdict.rule for verdict in verdicts if verdict.has_unknown)


def rules_by_check(checks: dict[tuple[str, str], Any]) -> dict[tuple[str, str], frozenset[str]]:
    return {
        key: frozenset(check["unknown_rules"])
        for key, check in checks.items()
        if check["unknown_rules"]
    }


@pytest.fixture
def doctor(tmp_path, monkeypatch, capsys) -> Iterator[Doctor]:
    with Sandbox(World.clean(people=4)) as sandbox:
        doctor = Doctor(sandbox, tmp_path, capsys)
        for name, value in doctor.environ.items():
            monkeypatch.setenv(name, value)
        yield doctor
        assert sandbox.refused == []


def test_with_all_permissions_no_rule_is_unknown_and_nothing_is_written(doctor):
    code, checks = doctor.json()
    assert code == 0
    assert rules_by_check(checks) == {}
    assert {check["status"] for check in checks.values()} == {"ok", "notice"}
    assert not (doctor.folder / "auditor.db").exists()
    assert list((doctor.folder / "reports").iterdir()) == []


@pytest.mark.parametrize("scope", REASONS_BY_SCOPE)
def test_a_removed_scope_makes_exactly_the_listed_rules_unknown(doctor, scope):
    before = doctor.unknown_rules()
    _, checks = doctor.json()
    foretold = frozenset(checks["Okta", scope]["needed_by"])
    doctor.world.okta_permissions.discard(scope)
    newly_unknown = doctor.unknown_rules() - before
    code, checks = doctor.json()
    named = rules_by_check(checks)

    assert foretold == newly_unknown
    assert frozenset().union(*named.values()) == newly_unknown
    assert named.get(("Okta", scope), frozenset()) == newly_unknown
    assert code == (0 if scope == "okta.users.read" else 1)
    assert bool(newly_unknown) == (scope not in {"okta.users.read", "okta.userTypes.read"})


def test_a_viewers_token_makes_exactly_the_listed_rules_unknown(doctor, monkeypatch):
    before = doctor.unknown_rules()
    _, checks = doctor.json()
    assert "is an admin credential" in checks["Unleash", "rights"]["message"]
    foretold = frozenset(checks["Unleash", "Admin"]["needed_by"])
    doctor.environ["SANDBOX_UNLEASH_TOKEN"] = doctor.world.viewer_token
    monkeypatch.setenv("SANDBOX_UNLEASH_TOKEN", doctor.world.viewer_token)
    newly_unknown = doctor.unknown_rules() - before
    code, checks = doctor.json()

    assert newly_unknown
    assert foretold == newly_unknown
    assert rules_by_check(checks) == {("Unleash", "Admin"): newly_unknown}
    assert "root role Admin" in checks["Unleash", "Admin"]["remediation"]
    assert "no admin credential" in checks["Unleash", "rights"]["message"]
    assert code == 1


def test_the_open_source_edition_is_reported_and_makes_no_rule_unknown(doctor):
    before = doctor.unknown_rules()
    doctor.world.set_version("8.2.0", enterprise=False)
    code, checks = doctor.json()
    assert doctor.unknown_rules() == before == frozenset()
    assert rules_by_check(checks) == {}
    assert "not on this edition (404)" in checks["Unleash", "Admin"]["details"][0]
    assert code == 0


def test_several_missing_collections_name_every_unknown_rule_and_no_other(doctor):
    doctor.world.okta_permissions -= {"okta.apps.read", "okta.schemas.read", "okta.logs.read"}
    _, checks = doctor.json()
    assert frozenset().union(*rules_by_check(checks).values()) == doctor.unknown_rules()
    assert checks["Okta", "okta.groups.read"]["status"] == "notice"


def test_a_rule_that_is_unknown_for_another_reason_is_named(doctor):
    (doctor.folder / "mine").mkdir(mode=0o755)
    (doctor.folder / "mine" / "my_rule.py").write_text(
        "from auditor.rule import *\n"
        "@rule(id='my-rule', severity=Severity.LOW, family=Family.ONLY_SIX, guide='Okta 5',\n"
        "      evidence='None.', remediation='None.', params=NoParams)\n"
        "def my_rule(context: RuleContext, _: NoParams):\n"
        "    '''Mine holds.\n\n    Because.'''\n"
        "    yield Unknown(reason=Undecidable(why='the moon is full'))\n"
    )
    doctor.config.write_text('rule_paths = ["mine"]\n' + doctor.config.read_text())
    code, checks = doctor.json()
    assert code == 1
    assert checks["rules", "my-rule"]["details"] == ["the moon is full"]


@pytest.mark.parametrize(
    ("variable", "side"), [("SANDBOX_OKTA_TOKEN", "Okta"), ("SANDBOX_UNLEASH_TOKEN", "Unleash")]
)
def test_a_refused_credential_names_all_rules_that_need_it(doctor, monkeypatch, variable, side):
    doctor.environ[variable] = "wrong"
    monkeypatch.setenv(variable, "wrong")
    code, checks = doctor.json()
    assert code == 2
    assert "unauthorized (401)" in checks[side, "credential"]["message"]
    assert rules_by_check(checks) == {(side, "credential"): doctor.unknown_rules()}


def test_a_missing_secret_is_named_and_other_checks_still_run(doctor, monkeypatch):
    monkeypatch.setenv("SANDBOX_OKTA_TOKEN", "")
    monkeypatch.delenv("SANDBOX_UNLEASH_TOKEN")
    code, checks = doctor.json()
    assert code == 2
    assert "SANDBOX_OKTA_TOKEN is empty" in checks["Okta", "credential"]["message"]
    assert "is not set in the environment" in checks["Unleash", "credential"]["message"]
    assert checks["Okta", "connection"]["status"] == "ok"
    assert checks["Slack", "token"]["status"] == "ok"


def test_a_missing_app_is_not_reported_as_a_missing_permission(doctor):
    doctor.configure(doctor.world.app_id, "0oa00000000000000000")
    _, checks = doctor.json()
    gone = "The org has no app with this id: check target.okta.app_id."
    assert checks["Okta", "okta.apps.read"]["remediation"] == gone


def test_a_service_app_gets_the_list_of_scopes_to_grant(doctor, monkeypatch):
    client = doctor.world.add_oauth_client()
    monkeypatch.setenv("KEY", client.private_key)
    doctor.configure(
        'token_env = "SANDBOX_OKTA_TOKEN"', f'client_id = "{client.id}"\nprivate_key_env = "KEY"'
    )
    code, checks = doctor.json()
    assert code == 0
    assert checks["Okta", "rights"]["message"] == "The scopes that it requests only read."
    doctor.configure("private_key_env", 'scopes = ["okta.apps.manage"]\nprivate_key_env')
    code, checks = doctor.json()
    assert code == 2
    assert "invalid_scope" in checks["Okta", "credential"]["message"]
    assert "target.okta.scopes" in checks["Okta", "credential"]["remediation"]
    assert "okta.apps.manage" in checks["Okta", "rights"]["message"]


def test_a_service_app_that_requires_dpop_gets_the_fix(doctor, monkeypatch):
    client = doctor.world.add_oauth_client()
    monkeypatch.setenv("KEY", client.private_key)
    doctor.world.requires_dpop = True
    without = f'client_id = "{client.id}"\nprivate_key_env = "KEY"'
    doctor.configure('token_env = "SANDBOX_OKTA_TOKEN"', without)
    code, checks = doctor.json()
    assert code == 2
    remediation = "The service app requires DPoP. Write dpop = true under target.okta."
    assert checks["Okta", "credential"]["remediation"] == remediation
    doctor.configure(without, f"{without}\ndpop = true")
    assert doctor.json()[0] == 0


def test_unreachable_servers(doctor):
    doctor.configure(doctor.sandbox.okta_url, "http://127.0.0.1:9")
    doctor.configure(doctor.sandbox.unleash_url, "http://127.0.0.1:9")
    code, checks = doctor.json()
    assert code == 2
    for side in ("Okta", "Unleash"):
        assert "does not answer: network at GET" in checks[side, "connection"]["message"]


def test_unreadable_certificate_files(doctor, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(doctor.folder / "none.pem"))
    code, checks = doctor.json()
    assert code == 2
    assert "SSL_CERT_FILE cannot be used" in checks["Okta", "connection"]["message"]


def test_a_proxy_is_named_without_its_password(doctor, monkeypatch):
    without_slack, _, _ = doctor.config.read_text().partition("[slack]")
    doctor.config.write_text(without_slack)
    address = doctor.sandbox.okta_url.removeprefix("http://")
    monkeypatch.setenv("http_proxy", f"http://me:canary@{address}")
    monkeypatch.setenv("no_proxy", "")
    _, checks = doctor.json()
    assert f"through the proxy http://{address}" in checks["Unleash", "connection"]["details"]
    assert "canary" not in json.dumps(list(checks.values()))


def test_a_clock_that_differs(doctor):
    with late_server() as url:
        doctor.configure(doctor.sandbox.unleash_url, url)
        _, checks = doctor.json()
    connection = checks["Unleash", "connection"]
    assert connection["status"] == "warning"
    assert "seconds behind ours" in connection["message"]
    assert connection["remediation"] == "Set this machine's clock by NTP."


def test_an_own_token_that_expires_soon(doctor):
    doctor.world.set_token_expiry("auditor", days=400)
    code, checks = doctor.json()
    assert (code, checks["Unleash", "expiry"]["status"]) == (0, "ok")
    doctor.world.set_token_expiry("auditor", days=3)
    code, checks = doctor.json()
    assert (code, checks["Unleash", "expiry"]["status"]) == (1, "warning")


def test_a_manual_check_is_a_notice_until_it_is_attested(doctor):
    _, checks = doctor.json()
    note = checks["to attest", "unique-identifier-not-email"]["message"]
    assert "must be email" in note
    doctor.config.write_text(
        doctor.config.read_text()
        + "[[attestation]]\nrule = 'unique-identifier-not-email'\nby = 'Ada'\n"
        "on = 2020-01-01\nexpires = 2099-01-01\nevidence = 'T-1'\n"
    )
    _, checks = doctor.json()
    assert ("to attest", "unique-identifier-not-email") not in checks


@pytest.mark.parametrize(
    ("scopes", "ends", "message"),
    [
        ({"chat:write"}, (1, "warning"), "files:write: to attach the report"),
        ({"chat:write", "files:write"}, (0, "notice"), "groups:read: to find a private channel"),
        ({"channels:read", "channels:history"}, (1, "warning"), "chat:write: to post"),
    ],
)
def test_missing_scopes_of_the_slack_token(doctor, monkeypatch, scopes, ends, message):
    doctor.sandbox.slack.add_token("xoxb-small", frozenset(scopes))
    monkeypatch.setenv("SANDBOX_SLACK_TOKEN", "xoxb-small")
    code, checks = doctor.json()
    found = checks["Slack", "scopes"]
    assert (code, found["status"]) == ends
    assert any(message in detail for detail in found["details"])
    assert not doctor.sandbox.slack.channel.messages


def test_a_slack_token_with_more_scopes_than_needed(doctor, monkeypatch):
    doctor.sandbox.slack.add_token("xoxb-large", frozenset({*SCOPES_OF_SLACK, "users:read"}))
    monkeypatch.setenv("SANDBOX_SLACK_TOKEN", "xoxb-large")
    code, checks = doctor.json()
    found = checks["Slack", "scopes"]
    assert (code, found["status"]) == (0, "notice")
    assert found["message"] == "The token has scopes that are not used: users:read."


def test_a_usable_channel_is_recognized_without_a_post(doctor):
    _, checks = doctor.json()
    name = f"#{doctor.sandbox.slack.channel.name}"
    assert (
        checks["Slack", f"channel {name}"]["message"]
        == "The channel exists, and the app is a member."
    )
    assert not doctor.sandbox.slack.channel.messages


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda channel: setattr(channel, "name", "elsewhere"), "channel_not_found"),
        (lambda channel: setattr(channel, "joined", False), "invite the app into the channel"),
        (lambda channel: setattr(channel, "archived", True), "unarchive the channel"),
    ],
)
def test_an_unusable_channel_is_reported(doctor, spoil, message):
    about = f"channel #{doctor.sandbox.slack.channel.name}"
    spoil(doctor.sandbox.slack.channel)
    code, checks = doctor.json()
    found = checks["Slack", about]
    assert (code, found["status"]) == (1, "warning")
    assert message in found["message"]


def test_a_channel_that_slack_does_not_report_is_unknown(doctor):
    doctor.sandbox.slack.fail("conversations.info", "internal_error", times=9)
    code, checks = doctor.json()
    found = checks["Slack", f"channel #{doctor.sandbox.slack.channel.name}"]
    assert (code, found["status"]) == (1, "warning")


def test_a_channel_that_the_token_cannot_read_is_not_tested(doctor, monkeypatch):
    doctor.sandbox.slack.add_token("xoxb-small", frozenset({"chat:write", "files:write"}))
    monkeypatch.setenv("SANDBOX_SLACK_TOKEN", "xoxb-small")
    code, checks = doctor.json()
    found = checks["Slack", f"channel #{doctor.sandbox.slack.channel.name}"]
    assert (code, found["status"]) == (0, "notice")
    assert "Not checked" in found["message"]
    assert found["remediation"] == "auditor slack test posts a test message."


def test_the_help_states_that_okta_and_unleash_get_only_get_requests(doctor):
    _, printed = doctor("--help")
    words = " ".join(printed.split())
    assert "only GET requests to Okta and Unleash, and the OAuth token request" in words
    assert "It reads the owner of the Slack token and the channels" in words


def test_a_refused_slack_token(doctor, monkeypatch):
    monkeypatch.setenv("SANDBOX_SLACK_TOKEN", "xoxb-wrong")
    code, checks = doctor.json()
    assert code == 1
    assert "auth.test: invalid_auth" in checks["Slack", "channel"]["message"]


def test_destinations_that_can_only_be_posted_to_are_not_tested(doctor, monkeypatch):
    monkeypatch.setenv("HOOK", "https://hooks.example.com/x")
    monkeypatch.setenv("KEY", "k")
    text, _, _ = doctor.config.read_text().partition("[slack]")
    doctor.config.write_text(
        text + '[slack]\nwebhook_url_env = "HOOK"\n'
        '[[webhook]]\nname = "siem"\nurl_env = "HOOK"\nsecret_env = "KEY"\n'
    )
    code, checks = doctor.json()
    assert code == 0
    assert "Not checked" in checks["Slack", "webhook"]["message"]
    assert "Not checked" in checks["webhook siem", "address"]["message"]
    monkeypatch.delenv("HOOK")
    code, checks = doctor.json()
    assert code == 1
    assert "is not set" in checks["webhook siem", "channel"]["message"]


def test_an_unwritable_report_folder(doctor):
    (doctor.folder / "taken").write_text("a file")
    doctor.config.write_text('[report]\ndestination = "taken"\n' + doctor.config.read_text())
    code, checks = doctor.json()
    assert (code, checks["reports", "destination"]["status"]) == (1, "warning")


def test_an_unwritable_export_folder(doctor):
    (doctor.folder / "taken").write_text("a file")
    table = '[report]\nexports = ["csv"]\nexports_to = "taken"\n'
    doctor.config.write_text(table + doctor.config.read_text())
    code, checks = doctor.json()
    assert (code, checks["exports", "destination"]["status"]) == (1, "warning")
    assert checks["reports", "destination"]["status"] == "ok"


@pytest.mark.parametrize(
    ("content", "url", "message"),
    [
        ("no database", "auditor.db", "not a database"),
        ("a file", "auditor.db/auditor.db", "cannot be written to"),
    ],
)
def test_an_unusable_database(doctor, content, url, message):
    (doctor.folder / "auditor.db").write_text(content)
    doctor.config.write_text(f'[store]\nurl = "sqlite:///{url}"\n' + doctor.config.read_text())
    code, checks = doctor.json()
    assert code == 2
    assert message in checks["history", "database"]["message"]


def test_an_existing_database_is_opened(doctor):
    doctor.unknown_rules()
    _, checks = doctor.json()
    assert checks["history", "database"]["message"].endswith("auditor.db opens.")


def test_the_watch_is_checked(doctor):
    code, checks = doctor.json()
    assert (code, checks["watch", "polls"]["status"]) == (0, "notice")
    doctor.unknown_rules()
    assert command(["watch", "--once", "-c", str(doctor.config)]) == 0
    code, checks = doctor.json()
    of_watch = {about: each for (area, about), each in checks.items() if area == "watch"}
    assert of_watch.keys() == {"log of Okta", "log of Unleash", "polls", "audits"}
    assert (code, {each["status"] for each in of_watch.values()}) == (0, {"ok"})

    settings = load_settings(doctor.config, doctor.environ)
    with open_store(settings.store.database_url().reveal()) as store:
        polled = store.watch.cursor(doctor.sandbox.okta_url)
        assert polled
        before = replace(polled, at=polled.at - timedelta(hours=2))
        store.watch.record_poll(doctor.sandbox.okta_url, before)
    code, printed = doctor()
    assert code == 1
    assert printed.startswith(
        "! warning  Audits run, but changes between two audits are not detected."
    )
    assert "watch polls: 1 of 2 logs not polled in time." in printed


def test_without_permission_for_the_log_the_watch_detects_nothing(doctor):
    doctor.world.okta_permissions.discard("okta.logs.read")
    code, checks = doctor.json()
    found = checks["watch", "log of Okta"]
    assert (code, found["status"]) == (1, "warning")
    assert "The watch detects no change in Okta" in found["message"]
    assert "grant okta.logs.read" in found["remediation"]
    assert checks["watch", "log of Unleash"]["status"] == "ok"


def test_the_output_fits_eighty_columns_and_ends_with_the_result(doctor, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, printed = doctor()
    assert code == 0
    first = "· notice   All requirements for an audit are met. See the notices."
    assert printed.splitlines()[0] == first
    doctor.world.okta_permissions.clear()
    code, printed = doctor()
    assert code == 1
    assert printed.startswith("! warning  Audits run, but they are incomplete or cannot notify. ")
    assert printed.index("! warning  Okta ") < printed.index("✓ ok       Unleash: ")
    assert "✓ ok       Okta credential: " in doctor("-v")[1]
    addresses = {4}
    too_wide = {n for n, line in enumerate(printed.splitlines(), 1) if len(line) > 80}
    assert too_wide <= addresses
