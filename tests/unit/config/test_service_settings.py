from datetime import UTC, datetime, timedelta

import pytest

from auditor.config.loading import load_settings
from auditor.engine.findings.deadlines import WITHIN
from auditor.errors import ConfigError
from auditor.rule.severity import Severity
from tests.support.builders.config_files import MINIMAL, SECRETS

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def load(tmp_path):
    def load(text="", table=MINIMAL):
        path = tmp_path / "auditor.toml"
        path.write_text(table + text)
        return load_settings(path, {**SECRETS, "PING": "https://ping.example/1", "WORD": "open"})

    return load


@pytest.fixture
def complaint(load):
    def complaint(text):
        with pytest.raises(ConfigError) as caught:
            load(text).check_secrets()
        return str(caught.value).partition("auditor.toml: ")[2]

    return complaint


def test_without_a_word_it_is_every_hour_and_every_monday(load):
    settings = load('[schedule]\nspread = "1m"')
    schedule = settings.targets[0].schedule
    shift = schedule.audit.shift
    assert timedelta() <= shift <= timedelta(minutes=1)
    assert schedule.audit.after(MONDAY) == MONDAY + timedelta(minutes=7) + shift
    assert schedule.report.after(MONDAY) == MONDAY + timedelta(hours=6, minutes=30) + shift


def test_a_target_has_its_own_where_it_says_so(load):
    own = MINIMAL + '[target.schedule]\naudit = "0 3 * * *"\ntime_zone = "Europe/Berlin"\n'
    schedule = load('[schedule]\naudit = "*/5 * * * *"\nreport = "never"', own).targets[0].schedule
    assert schedule.report is None
    assert schedule.audit.after(MONDAY) == MONDAY + timedelta(hours=2) + schedule.audit.shift


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[schedule]\naudit = "99 99 x"', "schedule.audit: '99 99 x': 3 fields"),
        ('[schedule]\ntime_zone = "Mars/Base"', "schedule.time_zone: no time zone is called"),
        ('[schedule]\nspread = "soon"', "schedule.spread: no span of time"),
        ('[serve]\noperations = "9187"', "serve.operations: '9187' is no address"),
        ('[serve]\nreports = "0.0.0.0:80"', "serve.reports: others could read the reports"),
        (
            '[serve]\nreports = "0.0.0.0:80"\npassword_env = "WORD"',
            "serve.trusted_hosts: missing",
        ),
        ('[serve]\nuser_header = "X-User"', "serve.proxies: missing"),
        ('[serve]\npassword = "open"', "serve.password: secrets are never kept in this file"),
        ('[heartbeat]\nurl = "https://x"', "heartbeat.url: secrets are never kept in this file"),
        ("[heartbeat]", "heartbeat: no url"),
        ('[metrics]\npush = "pushgateway:9091"', "metrics.push: not a web address"),
        ('[sla]\nhigh = "soon"', "sla.high: no span of time"),
        ('[sla]\nugly = "1d"', "sla.ugly: unknown key"),
    ],
)
def test_what_makes_no_sense_is_said_with_its_place(complaint, text, said):
    assert complaint(text).startswith(said)


def test_reports_may_be_shown_to_others_behind_a_login(load):
    text = '[serve]\nreports = "0.0.0.0:80"\npassword_env = "WORD"\ntrusted_hosts = ["a.example"]'
    assert str(load(text).serve.reports) == "0.0.0.0:80"


def test_the_heartbeat_hears_failure_at_an_address_of_its_own(load):
    heartbeat = load('[heartbeat]\nurl_env = "PING"').heartbeat
    assert heartbeat.address(good=True).reveal() == "https://ping.example/1"
    assert heartbeat.address(good=False).reveal() == "https://ping.example/1/fail"


def test_deadlines_and_owners_reach_the_report(load):
    text = '[sla]\nhigh = "2 days"\n[owners]\ndefault = "iam"\nemail-not-login = "sso"'
    deadlines = load(text).deadlines("staging")
    assert deadlines.due_at(Severity.HIGH, MONDAY) == MONDAY + timedelta(days=2)
    assert deadlines.within[Severity.LOW] == WITHIN[Severity.LOW]
    assert deadlines.owner_of("email-not-login") == "sso"
    assert deadlines.owner_of("scim-disabled") == "iam"


def test_a_target_has_its_owner_and_a_rule_goes_before_it(load):
    settings = load('[owners]\ndefault = "iam"\nproduction = "ops"\nemail-not-login = "sso"')
    settings.check_rules_named({"email-not-login"})
    deadlines = settings.deadlines("production")
    assert deadlines.owner_of("email-not-login") == "sso"
    assert deadlines.owner_of("scim-disabled") == "ops"
    assert settings.deadlines("staging").owner_of("scim-disabled") == "iam"


def test_an_owner_of_no_rule_is_refused(load):
    settings = load('[owners]\nemail-not-logn = "sso"')
    with pytest.raises(ConfigError, match=r"owners\.email-not-logn: no rule or target is called"):
        settings.check_rules_named({"email-not-login"})
