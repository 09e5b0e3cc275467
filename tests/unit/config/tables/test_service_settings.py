from datetime import UTC, datetime, timedelta

import pytest

from auditor.config.loading import load_settings
from auditor.config.rule_settings import rules_for
from auditor.engine.findings.deadlines import DEFAULT_DEADLINES
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
def error_of(load):
    def error_of(text):
        with pytest.raises(ConfigError) as caught:
            load(text).check_secrets()
        return str(caught.value).partition("auditor.toml: ")[2]

    return error_of


def test_the_default_is_every_hour_and_every_monday(load):
    settings = load('[schedule]\nspread = "1m"')
    schedule = settings.targets[0].schedule
    shift = schedule.audit.shift
    assert timedelta() <= shift <= timedelta(minutes=1)
    assert schedule.audit.after(MONDAY) == MONDAY + timedelta(minutes=7) + shift
    assert schedule.report.after(MONDAY) == MONDAY + timedelta(hours=6, minutes=30) + shift


def test_a_target_can_have_its_own_schedule(load):
    own = MINIMAL + '[target.schedule]\naudit = "0 3 * * *"\ntime_zone = "Europe/Berlin"\n'
    schedule = load('[schedule]\naudit = "*/5 * * * *"\nreport = "never"', own).targets[0].schedule
    assert schedule.report is None
    assert schedule.audit.after(MONDAY) == MONDAY + timedelta(hours=2) + schedule.audit.shift


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[schedule]\naudit = "99 99 x"', 'schedule.audit: "99 99 x": 3 fields'),
        (
            '[schedule]\ntime_zone = "Mars/Base"',
            'schedule.time_zone: "Mars/Base" is not a time zone',
        ),
        ('[schedule]\nspread = "soon"', 'schedule.spread: "soon" is not a duration'),
        ('[serve]\noperations = "9187"', 'serve.operations: "9187" is not an address'),
        ('[serve]\nreports = "0.0.0.0:80"', "serve.reports: the report site has no login"),
        (
            '[serve]\nreports = "0.0.0.0:80"\npassword_env = "WORD"',
            "serve.trusted_hosts: is missing",
        ),
        ('[serve]\nuser_header = "X-User"', "serve.proxies: is missing"),
        ('[serve]\npassword = "open"', "serve.password: a secret must not be in this file"),
        ('[heartbeat]\nurl = "https://x"', "heartbeat.url: a secret must not be in this file"),
        (
            "[watch]\ninterval_seconds = 5",
            "watch.interval_seconds: 5 is too small (write 15 or more)",
        ),
        ('[watch]\npause = "soon"', 'watch.pause: "soon" is not a duration'),
        ('[watch]\nenabled = "no"', "watch.enabled: expected true or false, got text"),
        ("[watch]\ninterval = 60", "watch.interval: unknown key"),
        (
            "[watch]\nmax_debounce_seconds = 10",
            "watch.max_debounce_seconds: is less than debounce_seconds (20)",
        ),
        (
            "[watch]\ndebounce_seconds = 61",
            "watch.max_debounce_seconds: is less than debounce_seconds (61)",
        ),
        ("[heartbeat]", "heartbeat: no url"),
        ('[metrics]\npush = "pushgateway:9091"', "metrics.push: is not a web address"),
        ('[sla]\nhigh = "soon"', 'sla.high: "soon" is not a duration'),
        ('[sla]\nugly = "1d"', "sla.ugly: unknown key"),
    ],
)
def test_an_error_names_its_key(error_of, text, expected):
    assert error_of(text).startswith(expected)


def test_the_longest_wait_of_the_watch_may_be_the_wait_after_each_event(load):
    times = load("[watch]\ndebounce_seconds = 60").watch.times
    assert times.debounce == times.max_debounce == timedelta(minutes=1)


def test_a_report_site_with_a_login_may_be_reachable(load):
    text = '[serve]\nreports = "0.0.0.0:80"\npassword_env = "WORD"\ntrusted_hosts = ["a.example"]'
    assert str(load(text).serve.reports) == "0.0.0.0:80"


def test_a_failure_has_a_heartbeat_address_of_its_own(load):
    heartbeat = load('[heartbeat]\nurl_env = "PING"').heartbeat
    assert heartbeat.address(good=True).reveal() == "https://ping.example/1"
    assert heartbeat.address(good=False).reveal() == "https://ping.example/1/fail"


def test_deadlines_and_owners_reach_the_report(load):
    text = '[sla]\nhigh = "2 days"\n[owners]\ndefault = "iam"\nemail-not-login = "sso"'
    deadlines = load(text).deadlines("staging")
    assert deadlines.due_at(Severity.HIGH, MONDAY) == MONDAY + timedelta(days=2)
    assert deadlines.within[Severity.LOW] == DEFAULT_DEADLINES[Severity.LOW]
    assert deadlines.owner_of("email-not-login") == "sso"
    assert deadlines.owner_of("scim-disabled") == "iam"


def test_the_owner_of_a_rule_comes_before_the_owner_of_a_target(load):
    settings = load('[owners]\ndefault = "iam"\nproduction = "ops"\nemail-not-login = "sso"')
    rules_for(settings, settings.targets[0])
    deadlines = settings.deadlines("production")
    assert deadlines.owner_of("email-not-login") == "sso"
    assert deadlines.owner_of("scim-disabled") == "ops"
    assert settings.deadlines("staging").owner_of("scim-disabled") == "iam"


def test_an_owner_of_no_rule_is_refused(load):
    settings = load('[owners]\nemail-not-logn = "sso"')
    with pytest.raises(
        ConfigError, match=r"owners\.email-not-logn: no rule or target has the name"
    ):
        rules_for(settings, settings.targets[0])
