"""TODO."""

import stat
from datetime import date, timedelta
from pathlib import Path

import pytest

from auditor.config.credentials import OKTA_SCOPES
from auditor.config.loading import load_settings
from auditor.config.settings import Settings
from auditor.errors import ConfigError
from tests.support.builders.config_files import MINIMAL, SECRETS

APP_ID = "Id of the provisioning app. For example: '0oa1b2c3d4e5f6g7h8i9'"
KEY_ONLY = MINIMAL.replace(
    'token_env = "OKTA_TOKEN"', 'client_id = "0oaClient"\nprivate_key_file = "key.pem"'
)
NO_WAY_IN = MINIMAL.replace('token_env = "OKTA_TOKEN"\n', "")


class Load:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, text: str = MINIMAL, environ: dict[str, str] | None = None) -> Settings:
        path = self.folder / "auditor.toml"
        path.write_text(text)
        return load_settings(path, SECRETS if environ is None else environ)

    def complaint(self, text: str, environ: dict[str, str] | None = None) -> str:
        """Return what is said about ``text``, once every secret has been asked for."""
        with pytest.raises(ConfigError) as caught:
            self(text, environ).check_secrets()
        message = str(caught.value)
        assert "\n" not in message
        assert message.startswith(f"{self.folder}/auditor.toml")
        return message.removeprefix(f"{self.folder}/auditor.toml: ")

    def secret(self, name: str, text: str, mode: int = 0o600) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)


@pytest.fixture
def load(tmp_path) -> Load:
    return Load(tmp_path)


def test_little_needs_to_be_said(load, tmp_path):
    settings = load()
    (production,) = settings.targets
    assert production.target.org_url == "https://acme.okta.com"
    assert production.target.grace_minutes == 60
    assert (settings.fail_on, settings.resolve_after) == ("high", 1)
    assert settings.keep == timedelta(days=400)
    assert settings.store.url().reveal() == f"sqlite:///{tmp_path}/auditor.db"
    assert settings.report.destination == f"{tmp_path}/reports"
    assert settings.slack is None
    assert not settings.hides_names


def test_all_of_it_arrives(load, tmp_path):
    load.secret("slack", "xoxb-1\n")
    settings = load(
        """
        privacy = "ids"
        rule_paths = ["mine", "/opt/rules"]
        resolve_after = 3
        fail_on = "low"
        keep = "12 weeks"
        [store]
        url_env = "DATABASE"
        [slack]
        channel = "#iam-alerts"
        token_file = "slack"
        [report]
        destination = "s3://reports/unleash"
        public_url = "https://reports.acme.example/unleash/"
        keep_reports = 10
        [rules.email-not-login]
        severity = "high"
        [[waiver]]
        rule = "unmanaged-user"
        owner = "iam@acme.example"
        reason = "migrated in spring"
        expires = 2027-03-01
        target = "production"
        [[attestation]]
        rule = "scim-base-url-wrong"
        by = "iam@acme.example"
        on = 2026-11-01
        expires = 2027-05-01
        evidence = "IAM-12"
        """
        + MINIMAL
        + """
        [target.rules.push-flag-off]
        enabled = false
        """,
        SECRETS | {"DATABASE": "postgres://auditor:pw@db/auditor"},
    )
    assert settings.hides_names
    assert settings.rule_paths == (tmp_path / "mine", Path("/opt/rules"))
    assert (settings.resolve_after, settings.fail_on) == (3, "low")
    assert settings.keep == timedelta(weeks=12)
    assert settings.store.url().reveal() == "postgresql+psycopg://auditor:pw@db/auditor"
    assert settings.slack is not None
    assert settings.slack.token is not None
    assert settings.slack.token.read_line().reveal() == "xoxb-1"
    assert settings.report.destination == "s3://reports/unleash"
    assert settings.report.public_url == "https://reports.acme.example/unleash"
    assert settings.rules == {"email-not-login": {"severity": "high"}}
    assert settings.targets[0].rules == {"push-flag-off": {"enabled": False}}
    assert settings.waivers[0].expires == date(2027, 3, 1)
    assert settings.attestations[0].on == date(2026, 11, 1)


def test_secrets_are_read_only_when_they_are_used(load):
    settings = load(environ={})
    with pytest.raises(ConfigError, match="OKTA_TOKEN is not set"):
        settings.targets[0].credentials()


def test_a_rotated_secret_file_is_read_anew(load):
    load.secret("okta", "old")
    settings = load(MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_file = "okta"'))
    load.secret("okta", "new\n")
    token = settings.targets[0].credentials().okta.token
    assert token is not None
    assert token.reveal() == "new"


@pytest.mark.parametrize(
    ("mode", "warns"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)]
)
def test_a_secret_that_everybody_can_read_is_warned_of(load, mode, warns):
    load.secret("okta", "00abc", mode)
    settings = load(MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_file = "okta"'))
    assert bool(settings.warnings) is warns
    assert all(
        "target[0].okta.token_file" in each and "chmod" in each for each in settings.warnings
    )


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        (MINIMAL, "target = [", "not TOML: invalid value (at end of document)"),
        (MINIMAL, "", "target: missing (What is audited; one [[target]] for each.)"),
        (MINIMAL, "target = []", "target: there is none (add a [[target]])"),
        (MINIMAL, "target = 3", "target: expected a list, got a whole number"),
        ("[[target]]", "[target]", "target: there may be several (write [[target]])"),
        (
            MINIMAL,
            f"[[slack]]\nchannel = '#a'\n{MINIMAL}",
            "slack: there is only one (write [slack])",
        ),
        (
            "[[target]]",
            "[slack]\ntoken_env = 'A'\nchannel = '#a'\n[slack.route]\nchannel = '#b'\n[[target]]",
            "slack.route: there may be several (write [[slack.route]])",
        ),
        (
            "[[target]]",
            "resolve_afer = 2\n[[target]]",
            "resolve_afer: unknown key (did you mean 'resolve_after'?)",
        ),
        (
            'token_env = "OKTA',
            'tokn_env = "OKTA',
            "target[0].okta.tokn_env: unknown key (did you mean 'token_env'?)",
        ),
        (
            'name = "production"',
            'name = "a b"',
            "target[0].name: expected letters, digits, '.', '_' and '-', at most 64",
        ),
        (
            'name = "production"',
            "name = 7",
            "target[0].name: expected text, got a whole number",
        ),
        (
            'name = "production"',
            'name = "production"\ngrace_minutes = -1',
            "target[0].grace_minutes: expected a whole number >= 0",
        ),
        (
            'app_id = "0oa1"\n',
            "",
            f"target[0].okta.app_id: missing ({APP_ID})",
        ),
        (
            '"0oa1"',
            '"0oa/../1"',
            (
                "target[0].okta.app_id: no id of an app: '0oa/../1' (copy it from the app's "
                "address in the Okta console; it begins with 0oa)"
            ),
        ),
        (
            "[[target]]",
            'fail_on = "hgih"\n[[target]]',
            (
                "fail_on: expected one of critical, high, low, medium, got 'hgih' "
                "(did you mean 'high'?)"
            ),
        ),
        (
            "[[target]]",
            'keep = "soon"\n[[target]]',
            (
                "keep: no span of time: 'soon' "
                "(write one like '400 days', '12 weeks', '7d', '12 hours')"
            ),
        ),
        (
            "[[target]]",
            "[slack]\nchannel = '#a'\n[[target]]",
            (
                "slack: there must be one way to post (name either token_env (or token_file) "
                "or webhook_url_env (or webhook_url_file))"
            ),
        ),
        (
            "[[target]]",
            "[slack]\ntoken_env = 'OKTA_TOKEN'\n[[target]]",
            "slack.channel: missing (a bot token needs a channel to post to)",
        ),
        (
            'token_env = "OKTA_TOKEN"',
            'token_env = "OKTA_TOKEN"\ntoken_file = "okta"',
            "target[0].okta: token_env and token_file are both set (keep one)",
        ),
        (
            'token_env = "OKTA_TOKEN"',
            'token_env = "OKTA_TOKEN"\nclient_id = "0oa2"',
            "target[0].okta: two ways to sign in (keep either the token or the client_id)",
        ),
        (
            'token_env = "OKTA_TOKEN"',
            'client_id = "0oa2"',
            "target[0].okta: client_id and its private key belong together (name both)",
        ),
        (
            'token_env = "UNLEASH_TOKEN"',
            "",
            "target[0].unleash: no token (name token_env or token_file)",
        ),
        (
            "[[target]]",
            "[store]\nurl = 'mysql://db'\n[[target]]",
            (
                "store.url: is neither SQLite nor PostgreSQL "
                "(write sqlite:///auditor.db or postgresql://user@host/database)"
            ),
        ),
        (
            "[[target]]",
            "[store]\nurl = 'sqlite://'\n[[target]]",
            (
                "store.url: names no file, and history must outlive a run "
                "(write sqlite:///auditor.db or postgresql://user@host/database)"
            ),
        ),
    ],
)
def test_a_fault_is_one_line_with_key_and_remedy(load, before, after, complaint):
    assert before in MINIMAL
    assert load.complaint(MINIMAL.replace(before, after)) == complaint


def test_all_that_the_shape_does_not_know_is_said_at_once(load, tmp_path):
    text = MINIMAL.replace("app_id", "ap_id").replace('name = "production"', "name = 7")
    second = MINIMAL.replace('"production"', '"second"\ngrace_minutes = "an hour"')
    with pytest.raises(ConfigError) as caught:
        load(f'resolve_afer = 2\nprivacy = "id"\n[store]\nurl = 3\n{text}{second}')
    place = f"{tmp_path}/auditor.toml: "
    assert [line.removeprefix(place) for line in caught.value.lines] == [
        "resolve_afer: unknown key (did you mean 'resolve_after'?)",
        "privacy: expected one of ids, names, got 'id' (did you mean 'ids'?)",
        "store.url: expected text, got a whole number",
        "target[0].okta.ap_id: unknown key (did you mean 'app_id'?)",
        f"target[0].okta.app_id: missing ({APP_ID})",
        "target[1].grace_minutes: expected a whole number, got text",
    ]


def test_all_that_makes_no_sense_is_said_at_once(load, tmp_path):
    text = MINIMAL.replace("https://acme.okta.com", "https://acme-admin.okta.com")
    text = text.replace("https://unleash.acme.example", "https://unleash.acme.example/admin")
    waiver = '[[waiver]]\nrule = "a"\nowner = "o"\nreason = "r"\nexpires = 2027-01-01\n'
    with pytest.raises(ConfigError) as caught:
        load(
            f'keep = "soon"\n{waiver}target = "other"\n[schedule]\naudit = "now"\n'
            f'{text}{text.replace("production", "second")}[[webhook]]\nname = "slack"\n'
        )
    place = f"{tmp_path}/auditor.toml: "
    said = [line.removeprefix(place).partition(":")[0] for line in caught.value.lines]
    assert said == [
        "target[0].okta.org_url",
        "target[0].unleash.url",
        "schedule.audit",
        "target[1].okta.org_url",
        "target[1].unleash.url",
        "webhook[0].name",
        "waiver[0].target",
        "keep",
    ]


def test_all_secrets_that_are_not_there_are_named_at_once(load):
    with pytest.raises(ConfigError) as caught:
        load(environ={}).check_secrets()
    okta, unleash = caught.value.lines
    assert "OKTA_TOKEN is not set" in okta
    assert "UNLEASH_TOKEN is not set" in unleash


def test_a_name_is_taken_once(load):
    assert load.complaint(MINIMAL + MINIMAL) == (
        "target[1].name: 'production' is taken by another target (choose another name)"
    )


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://acme.okta.com", "is not https, so the token could be read on its way"),
        ("acme.okta.com", "not a web address"),
        ("https://", "not a web address"),
        ("https://acme okta.com", "not a web address"),
        ("https://[acme", "not an address"),
        ("https://acme.okta.com:x", "not an address"),
        ("ftp://acme.okta.com", "not a web address"),
        ("https://me:canary@acme.okta.com", "holds a user name or a password"),
        ("https://acme.okta.com/?token=canary", "has a query or a fragment"),
        ("https://acme.okta.com/app", "has a path (write https://acme.okta.com)"),
        (
            "https://acme-admin.okta.com",
            "is the address of the admin console (write https://acme.okta.com)",
        ),
        (
            "https://acme-admin.oktapreview.com/admin/dashboard",
            "is the address of the admin console (write https://acme.oktapreview.com)",
        ),
    ],
)
def test_an_org_is_an_https_origin(load, url, complaint):
    message = load.complaint(MINIMAL.replace("https://acme.okta.com", url))
    assert message.startswith(f"target[0].okta.org_url: {complaint}")
    assert "canary" not in message


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://Acme.OKTA.com/", "https://acme.okta.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_org_has_one_spelling_and_loopback_needs_no_tls(load, url, wanted):
    settings = load(MINIMAL.replace("https://acme.okta.com", url))
    assert settings.targets[0].target.org_url == wanted


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://unleash.acme.example/tools/", "https://unleash.acme.example/tools"),
        ("http://127.0.0.1:4242/", "http://127.0.0.1:4242"),
        ("https://tools.acme.example/api/unleash", "https://tools.acme.example/api/unleash"),
        ("https://tools.acme.example/admin/unleash", "https://tools.acme.example/admin/unleash"),
        ("https://admin", "https://admin"),
    ],
)
def test_unleash_may_have_a_path(load, url, wanted):
    settings = load(MINIMAL.replace("https://unleash.acme.example", url))
    assert settings.targets[0].target.unleash_url == wanted


def test_unleash_over_plain_http_must_be_meant(load):
    plain = MINIMAL.replace("https://unleash", "http://unleash")
    assert load.complaint(plain).startswith("target[0].unleash.url: is not https")
    settings = load(plain + "allow_http = true")
    assert settings.targets[0].target.unleash_url == "http://unleash.acme.example"


@pytest.mark.parametrize(
    "below",
    [
        "/scim",
        "/api/scim",
        "/api",
        "/api/admin",
        "/admin",
        "/admin/users",
        "/admin/auth/scim",
        "/sign-in",
        "/login",
        "/projects/default",
    ],
)
def test_a_path_inside_unleash_is_not_its_address(load, below):
    address = "https://unleash.acme.example"
    assert load.complaint(MINIMAL.replace(address, address + below)) == (
        f"target[0].unleash.url: ends in {below}, which is a part of Unleash (write {address})"
    )


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token = "canary"'),
        MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_env = "00-canary"'),
        MINIMAL.replace('token_env = "UNLEASH_TOKEN"', 'token = "canary"'),
        MINIMAL.replace('token_env = "OKTA_TOKEN"', 'private_key = "canary"'),
        '[slack]\nwebhook_url = "https://hooks.example/canary"\n' + MINIMAL,
        '[store]\nurl = "postgresql://a:canary@db/x"\n' + MINIMAL,
        '[store]\nurl = "postgresql://db/x?password=canary"\n' + MINIMAL,
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(load, text):
    message = load.complaint(text)
    assert "canary" not in message
    assert "_env" in message


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        (
            {"UNLEASH_TOKEN": "u"},
            (
                "token_env: OKTA_TOKEN is not set in the environment "
                "(set it, or name a file that holds it)"
            ),
        ),
        (
            SECRETS | {"OKTA_TOKEN": " \n"},
            "token_env: OKTA_TOKEN is empty (put the secret into it)",
        ),
        (
            SECRETS | {"OKTA_TOKEN": "SSWS canary"},
            (
                "token_env: OKTA_TOKEN holds something that is no token "
                "(keep the bare token there, in one line, without a prefix)"
            ),
        ),
        (
            SECRETS | {"OKTA_TOKEN": "canäry"},
            (
                "token_env: OKTA_TOKEN holds something that is no token "
                "(keep the bare token there, in one line, without a prefix)"
            ),
        ),
    ],
)
def test_a_secret_that_cannot_be_used_is_said_at_once(load, environ, complaint):
    assert load.complaint(MINIMAL, environ) == f"target[0].okta.{complaint}"


def test_a_secret_file_that_is_not_there(load, tmp_path):
    text = MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_file = "okta"')
    assert load.complaint(text) == (
        f"target[0].okta.token_file: cannot read {tmp_path}/okta: No such file or directory "
        "(name a file that this user can read)"
    )
    (tmp_path / "okta").write_bytes(b"\xff\xfe")
    assert load.complaint(text) == f"target[0].okta.token_file: {tmp_path}/okta is not text"


def test_a_service_app_signs_in_with_its_key(load):
    load.secret("key.pem", "-----BEGIN-----\nkey\n-----END-----\n")
    okta = load(KEY_ONLY).targets[0].credentials().okta
    assert okta.client_id == "0oaClient"
    assert okta.private_key is not None
    assert okta.private_key.reveal() == "-----BEGIN-----\nkey\n-----END-----"
    assert okta.scopes == OKTA_SCOPES


def test_the_sdks_names_are_taken_when_they_mean_this_org(load):
    environ = SECRETS | {
        "OKTA_CLIENT_ORGURL": "https://ACME.okta.com/",
        "OKTA_CLIENT_TOKEN": "00sdk",
    }
    token = load(NO_WAY_IN, environ).targets[0].credentials().okta.token
    assert token is not None
    assert token.reveal() == "00sdk"


def test_the_sdks_names_may_hold_a_key(load):
    environ = SECRETS | {
        "OKTA_CLIENT_ORGURL": "https://acme.okta.com",
        "OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey",
        "OKTA_CLIENT_CLIENTID": "0oaClient",
        "OKTA_CLIENT_PRIVATEKEY": "key",
        "OKTA_CLIENT_SCOPES": "okta.apps.read, okta.users.read",
        "OKTA_CLIENT_DPOPENABLED": "True",
    }
    okta = load(NO_WAY_IN, environ).targets[0].credentials().okta
    assert okta.client_id == "0oaClient"
    assert okta.scopes == ("okta.apps.read", "okta.users.read")
    assert okta.dpop


@pytest.mark.parametrize(
    ("environ", "because"),
    [
        ({}, "no way to sign in"),
        (
            {"OKTA_CLIENT_TOKEN": "canary"},
            (
                "OKTA_CLIENT_… in the environment is not used: "
                "OKTA_CLIENT_ORGURL is not https://acme.okta.com"
            ),
        ),
        (
            {"OKTA_CLIENT_TOKEN": "canary", "OKTA_CLIENT_ORGURL": "https://evil.okta.com"},
            (
                "OKTA_CLIENT_… in the environment is not used: "
                "OKTA_CLIENT_ORGURL is not https://acme.okta.com"
            ),
        ),
    ],
)
def test_the_sdks_names_are_not_taken_for_another_org(load, environ, because):
    message = load.complaint(NO_WAY_IN, SECRETS | environ)
    assert message.startswith(f"target[0].okta: {because} (name token_env")
    assert "canary" not in message


def test_two_orgs_never_share_a_token_of_the_environment(load):
    second = MINIMAL.replace("production", "other").replace("acme.okta.com", "other.okta.com")
    environ = SECRETS | {
        "OKTA_CLIENT_ORGURL": "https://acme.okta.com",
        "OKTA_CLIENT_TOKEN": "canary",
    }
    assert "this file names several orgs" in load.complaint(NO_WAY_IN + second, environ)


def test_an_okta_yaml_in_the_working_directory_has_no_effect(load, tmp_path, monkeypatch):
    (tmp_path / "okta.yaml").write_text(
        "okta:\n  client:\n    orgUrl: https://evil.okta.com\n    token: canary\n"
    )
    monkeypatch.chdir(tmp_path)
    assert load().targets[0].target.org_url == "https://acme.okta.com"
    assert "no way to sign in" in load.complaint(NO_WAY_IN)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (
            'rule = "a"\nowner = "o"\nreason = "r"\nexpires = "soon"',
            "waiver[0].expires: expected a date, such as 2027-01-31",
        ),
        ('rule = "a"\nowner = "o"\nexpires = 2027-01-01', "waiver[0].reason: missing"),
        (
            'rule = "a"\nowner = "o"\nreason = "r"\nexpires = 2027-01-01\nsubjct = "x"',
            "waiver[0].subjct: unknown key (did you mean 'subject'?)",
        ),
        (
            'rule = "a"\nowner = "o"\nreason = "r"\nexpires = 2027-01-01\ntarget = "prodction"',
            "waiver[0].target: no target is called 'prodction' (did you mean 'production'?)",
        ),
    ],
)
def test_a_malformed_waiver_is_refused(load, table, complaint):
    assert load.complaint(f"[[waiver]]\n{table}\n{MINIMAL}") == complaint


def test_an_attestation_does_not_end_before_it_begins(load):
    table = 'rule = "a"\nby = "b"\non = 2027-01-02\nexpires = 2027-01-01\nevidence = "e"'
    assert load.complaint(f"[[attestation]]\n{table}\n{MINIMAL}") == (
        "attestation[0].expires: ends before it begins, 2027-01-02 (mend one of the two)"
    )


def test_a_waiver_is_for_a_rule_that_exists(load, tmp_path):
    table = 'rule = "emial-not-login"\nowner = "o"\nreason = "r"\nexpires = 2027-01-01'
    settings = load(f"[[waiver]]\n{table}\n{MINIMAL}")
    with pytest.raises(ConfigError) as caught:
        settings.check_rules_named(["email-not-login", "extra-attribute"])
    assert str(caught.value) == (
        f"{tmp_path}/auditor.toml: waiver[0].rule: no rule is called 'emial-not-login' "
        "(did you mean 'email-not-login'?) (`auditor rules` lists them)"
    )
    settings.check_rules_named(["emial-not-login"])


def test_a_target_is_found_by_name_or_the_nearest_is_suggested(load):
    settings = load()
    assert settings.target("production").name == "production"
    with pytest.raises(ConfigError, match=r"did you mean 'production'\?"):
        settings.target("prodction")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="cannot read it: No such file or directory"):
        load_settings(tmp_path / "auditor.toml", {})
    (tmp_path / "auditor.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_settings(tmp_path / "auditor.toml", {})


def test_settings_show_no_secret(load):
    load.secret("okta", "canary-one")
    text = MINIMAL.replace('token_env = "OKTA_TOKEN"', 'token_file = "okta"')
    settings = load(text, {"UNLEASH_TOKEN": "canary-two"})
    shown = f"{settings!r} {settings.targets[0].credentials()!r} {settings.store.url()!r}"
    assert "canary" not in shown
    assert stat.S_IMODE((load.folder / "okta").stat().st_mode) == 0o600
