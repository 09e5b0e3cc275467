"""``auditor doctor``: what it says of each permission is what a run then cannot tell."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import run as command
from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.domain.permissions import OKTA_PERMISSIONS
from auditor.notify.slack.app_setup import REASONS_BY_SCOPE as SCOPES_OF_SLACK
from auditor.pipeline.audit import audit_target
from auditor.sandbox import Sandbox, World
from tests.support.peers.threaded_server import served

REASONS_BY_SCOPE = [each.name for each in OKTA_PERMISSIONS]


class LateServer(BaseHTTPRequestHandler):
    """Has nothing, and thinks that it is 1970."""

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
        """Return the exit code, and each check by what it is about."""
        code, printed = self("--format", "json")
        found = json.loads(printed)
        assert found["exit_code"] == code
        checks = [*found["checks"], *(each for one in found["targets"] for each in one["checks"])]
        return code, {(check["area"], check["about"]): check for check in checks}

    def configure(self, before: str, after: str) -> None:
        text = self.config.read_text()
        assert before in text
        self.config.write_text(text.replace(before, after))

    def blind(self) -> frozenset[str]:
        """Return the rules that cannot tell in a run, now."""
        settings = load_settings(self.config, self.environ)
        (target,) = settings.targets
        verdicts = audit_target(settings, target, lambda: self.world.now).evaluated.verdicts
        return frozenset(verdict.rule for verdict in verdicts if verdict.has_unknown)


def named_as_blind(checks: dict[tuple[str, str], Any]) -> dict[tuple[str, str], frozenset[str]]:
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


def test_where_all_is_there_nothing_is_blind_and_nothing_is_written(doctor):
    code, checks = doctor.json()
    assert code == 0
    assert named_as_blind(checks) == {}
    assert {check["status"] for check in checks.values()} == {"ok", "notice"}
    assert not (doctor.folder / "auditor.db").exists()
    assert list((doctor.folder / "reports").iterdir()) == []


@pytest.mark.parametrize("scope", REASONS_BY_SCOPE)
def test_a_scope_taken_away_blinds_what_was_foretold_and_what_is_said(doctor, scope):
    before = doctor.blind()
    _, checks = doctor.json()
    foretold = frozenset(checks["Okta", scope]["needed_by"])
    doctor.world.okta_permissions.discard(scope)
    turned_blind = doctor.blind() - before
    code, checks = doctor.json()
    said = named_as_blind(checks)

    assert foretold == turned_blind
    assert frozenset().union(*said.values()) == turned_blind
    assert said.get(("Okta", scope), frozenset()) == turned_blind
    assert code == (0 if scope == "okta.users.read" else 1)
    assert bool(turned_blind) == (scope not in {"okta.users.read", "okta.userTypes.read"})


def test_a_viewers_token_blinds_what_was_foretold_and_what_is_said(doctor, monkeypatch):
    before = doctor.blind()
    _, checks = doctor.json()
    assert "is an admin credential" in checks["Unleash", "power"]["message"]
    foretold = frozenset(checks["Unleash", "Admin"]["needed_by"])
    doctor.environ["SANDBOX_UNLEASH_TOKEN"] = doctor.world.viewer_token
    monkeypatch.setenv("SANDBOX_UNLEASH_TOKEN", doctor.world.viewer_token)
    turned_blind = doctor.blind() - before
    code, checks = doctor.json()

    assert turned_blind
    assert foretold == turned_blind
    assert named_as_blind(checks) == {("Unleash", "Admin"): turned_blind}
    assert "root role Admin" in checks["Unleash", "Admin"]["remediation"]
    assert "no admin credential" in checks["Unleash", "power"]["message"]
    assert code == 1


def test_the_open_source_edition_is_knowledge_and_no_blindness(doctor):
    before = doctor.blind()
    doctor.world.set_version("8.2.0", enterprise=False)
    code, checks = doctor.json()
    assert doctor.blind() == before == frozenset()
    assert named_as_blind(checks) == {}
    assert "not on this edition (404)" in checks["Unleash", "Admin"]["details"][0]
    assert code == 0


def test_of_several_gaps_every_blind_rule_is_named_and_no_other(doctor):
    doctor.world.okta_permissions -= {"okta.apps.read", "okta.schemas.read", "okta.logs.read"}
    _, checks = doctor.json()
    assert frozenset().union(*named_as_blind(checks).values()) == doctor.blind()
    assert checks["Okta", "okta.groups.read"]["status"] == "notice"


def test_a_rule_that_is_blind_for_another_reason_is_named(doctor):
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
def test_a_credential_that_is_refused_blinds_all_that_hangs_on_it(
    doctor, monkeypatch, variable, side
):
    doctor.environ[variable] = "wrong"
    monkeypatch.setenv(variable, "wrong")
    code, checks = doctor.json()
    assert code == 2
    assert "unauthorized (401)" in checks[side, "credential"]["message"]
    assert named_as_blind(checks) == {(side, "credential"): doctor.blind()}


def test_a_secret_that_is_not_there_is_named_and_the_rest_still_tried(doctor, monkeypatch):
    monkeypatch.setenv("SANDBOX_OKTA_TOKEN", "")
    monkeypatch.delenv("SANDBOX_UNLEASH_TOKEN")
    code, checks = doctor.json()
    assert code == 2
    assert "SANDBOX_OKTA_TOKEN is empty" in checks["Okta", "credential"]["message"]
    assert "is not set in the environment" in checks["Unleash", "credential"]["message"]
    assert checks["Okta", "connection"]["status"] == "ok"
    assert checks["Slack", "token"]["status"] == "ok"


def test_an_app_that_is_not_there_is_no_matter_of_permissions(doctor):
    doctor.configure(doctor.world.app_id, "0oa00000000000000000")
    _, checks = doctor.json()
    gone = "The org has no app of that id: check target.okta.app_id."
    assert checks["Okta", "okta.apps.read"]["remediation"] == gone


def test_a_service_app_is_told_which_scopes_to_be_granted(doctor, monkeypatch):
    client = doctor.world.add_oauth_client()
    monkeypatch.setenv("KEY", client.private_key)
    doctor.configure(
        'token_env = "SANDBOX_OKTA_TOKEN"', f'client_id = "{client.id}"\nprivate_key_env = "KEY"'
    )
    code, checks = doctor.json()
    assert code == 0
    assert checks["Okta", "power"]["message"] == "The scopes that it asks for only read."
    doctor.configure("private_key_env", 'scopes = ["okta.apps.manage"]\nprivate_key_env')
    code, checks = doctor.json()
    assert code == 2
    assert "invalid_scope" in checks["Okta", "credential"]["message"]
    assert "target.okta.scopes" in checks["Okta", "credential"]["remediation"]
    assert "okta.apps.manage" in checks["Okta", "power"]["message"]


def test_a_service_app_that_demands_dpop_is_told_how(doctor, monkeypatch):
    client = doctor.world.add_oauth_client()
    monkeypatch.setenv("KEY", client.private_key)
    doctor.world.requires_dpop = True
    without = f'client_id = "{client.id}"\nprivate_key_env = "KEY"'
    doctor.configure('token_env = "SANDBOX_OKTA_TOKEN"', without)
    code, checks = doctor.json()
    assert code == 2
    remediation = "The service app demands DPoP: write dpop = true under target.okta."
    assert checks["Okta", "credential"]["remediation"] == remediation
    doctor.configure(without, f"{without}\ndpop = true")
    assert doctor.json()[0] == 0


def test_servers_that_are_not_there(doctor):
    doctor.configure(doctor.sandbox.okta_url, "http://127.0.0.1:9")
    doctor.configure(doctor.sandbox.unleash_url, "http://127.0.0.1:9")
    code, checks = doctor.json()
    assert code == 2
    for side in ("Okta", "Unleash"):
        assert "does not answer: network at GET" in checks[side, "connection"]["message"]


def test_authorities_that_cannot_be_read(doctor, monkeypatch):
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


def test_what_nobody_vouches_for_is_a_note_until_somebody_does(doctor):
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
    ("scopes", "ends", "says"),
    [
        ({"chat:write"}, (1, "warning"), "files:write: to attach the report"),
        ({"chat:write", "files:write"}, (0, "notice"), "groups:read: to find a private channel"),
        ({"channels:read", "channels:history"}, (1, "warning"), "chat:write: to post"),
    ],
)
def test_scopes_that_slacks_token_lacks(doctor, monkeypatch, scopes, ends, says):
    doctor.sandbox.slack.add_token("xoxb-small", frozenset(scopes))
    monkeypatch.setenv("SANDBOX_SLACK_TOKEN", "xoxb-small")
    code, checks = doctor.json()
    found = checks["Slack", "scopes"]
    assert (code, found["status"]) == ends
    assert any(says in detail for detail in found["details"])
    assert not doctor.sandbox.slack.channel.messages


def test_a_slack_token_that_may_do_more_than_it_needs(doctor, monkeypatch):
    doctor.sandbox.slack.add_token("xoxb-large", frozenset({*SCOPES_OF_SLACK, "users:read"}))
    monkeypatch.setenv("SANDBOX_SLACK_TOKEN", "xoxb-large")
    code, checks = doctor.json()
    found = checks["Slack", "scopes"]
    assert (code, found["status"]) == (0, "notice")
    assert found["message"] == "The token has scopes that are not used: users:read."


def test_a_channel_that_can_be_posted_to_is_found_without_a_post(doctor):
    _, checks = doctor.json()
    name = f"#{doctor.sandbox.slack.channel.name}"
    assert (
        checks["Slack", f"channel {name}"]["message"]
        == "The channel exists, and the app is a member."
    )
    assert not doctor.sandbox.slack.channel.messages


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda channel: setattr(channel, "name", "elsewhere"), "channel_not_found"),
        (lambda channel: setattr(channel, "joined", False), "invite the app into the channel"),
        (lambda channel: setattr(channel, "archived", True), "unarchive the channel"),
    ],
)
def test_a_channel_that_cannot_be_posted_to_is_said(doctor, spoil, says):
    about = f"channel #{doctor.sandbox.slack.channel.name}"
    spoil(doctor.sandbox.slack.channel)
    code, checks = doctor.json()
    found = checks["Slack", about]
    assert (code, found["status"]) == (1, "warning")
    assert says in found["message"]


def test_a_channel_of_which_slack_says_nothing_is_not_taken_for_there(doctor):
    doctor.sandbox.slack.fail("conversations.info", "internal_error", times=9)
    code, checks = doctor.json()
    found = checks["Slack", f"channel #{doctor.sandbox.slack.channel.name}"]
    assert (code, found["status"]) == (1, "warning")


def test_a_channel_that_the_token_may_not_look_up_is_not_tried(doctor, monkeypatch):
    doctor.sandbox.slack.add_token("xoxb-small", frozenset({"chat:write", "files:write"}))
    monkeypatch.setenv("SANDBOX_SLACK_TOKEN", "xoxb-small")
    code, checks = doctor.json()
    found = checks["Slack", f"channel #{doctor.sandbox.slack.channel.name}"]
    assert (code, found["status"]) == (0, "notice")
    assert "Not checked" in found["message"]
    assert found["remediation"] == "auditor slack test posts a test message."


def test_the_help_promises_get_of_okta_and_unleash_alone(doctor):
    _, printed = doctor("--help")
    words = " ".join(printed.split())
    assert "Okta and Unleash get GET requests only, apart from the OAuth token request" in words
    assert "Slack is asked" in words


def test_a_slack_token_that_is_refused(doctor, monkeypatch):
    monkeypatch.setenv("SANDBOX_SLACK_TOKEN", "xoxb-wrong")
    code, checks = doctor.json()
    assert code == 1
    assert "invalid_auth at auth.test" in checks["Slack", "channel"]["message"]


def test_what_can_only_be_posted_to_is_not_tried(doctor, monkeypatch):
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


def test_reports_that_cannot_be_written(doctor):
    (doctor.folder / "taken").write_text("a file")
    doctor.config.write_text('[report]\ndestination = "taken"\n' + doctor.config.read_text())
    code, checks = doctor.json()
    assert (code, checks["reports", "destination"]["status"]) == (1, "warning")


def test_exports_that_cannot_be_written(doctor):
    (doctor.folder / "taken").write_text("a file")
    table = '[report]\nexports = ["csv"]\nexports_to = "taken"\n'
    doctor.config.write_text(table + doctor.config.read_text())
    code, checks = doctor.json()
    assert (code, checks["exports", "destination"]["status"]) == (1, "warning")
    assert checks["reports", "destination"]["status"] == "ok"


@pytest.mark.parametrize(
    ("content", "url", "says"),
    [
        ("no database", "auditor.db", "not a database"),
        ("a file", "auditor.db/auditor.db", "cannot be written to"),
    ],
)
def test_a_history_that_cannot_be_kept(doctor, content, url, says):
    (doctor.folder / "auditor.db").write_text(content)
    doctor.config.write_text(f'[store]\nurl = "sqlite:///{url}"\n' + doctor.config.read_text())
    code, checks = doctor.json()
    assert code == 2
    assert says in checks["history", "database"]["message"]


def test_a_history_that_is_there_is_opened(doctor):
    doctor.blind()
    _, checks = doctor.json()
    assert checks["history", "database"]["message"].endswith("auditor.db opens.")


def test_the_page_fits_eighty_columns_and_ends_with_how_it_stands(doctor, monkeypatch):
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
