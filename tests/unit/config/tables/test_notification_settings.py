"""The tables [slack], [[webhook]] and [alerts]."""

from datetime import timedelta

import pytest

from auditor.config.loading import load_settings
from auditor.errors import ConfigError
from auditor.rule.severity import Severity

TARGET = """
[[target]]
name = "production"
okta = { org_url = "https://acme.okta.com", app_id = "0oaUnleash0000000001", token_env = "T" }
unleash = { url = "https://unleash.example.com", token_env = "T" }
"""
BOT = '[slack]\ntoken_env = "BOT"\nchannel = "#iam"\n'


@pytest.fixture
def load(tmp_path):
    def load(text: str):
        path = tmp_path / "auditor.toml"
        path.write_text(f"{text}\n{TARGET}")
        return load_settings(path, {"URL": "https://pager.example.com/x", "KEY": "k", "T": "t"})

    return load


def test_the_defaults(load):
    settings = load("")
    assert (settings.slack, settings.webhooks) == (None, ())
    alerts = settings.alerts
    assert (alerts.combine_above, alerts.not_evaluated_after) == (3, 3)
    assert (alerts.stale_after, alerts.expiry_notice) == (
        timedelta(hours=26),
        timedelta(days=14),
    )


def test_every_key_reaches_the_settings(load):
    settings = load(
        f"""{BOT}
        attach = "summary"
        mentions = {{ critical = ["@here", "S0123ABCD"], high = ["U0123ABCD"] }}
        [[slack.route]]
        target = "production"
        severity = "critical"
        channel = "#on-call"
        [alerts]
        combine_above = 9
        not_evaluated_after = 1
        stale_after = "3 hours"
        expiry_notice = "4 weeks"
        reminders = {{ critical = ["2 hours", "12h"], high = [] }}
        [[webhook]]
        name = "pager"
        url_env = "URL"
        secret_env = "KEY"
        """
    )
    slack = settings.slack
    assert not slack.attaches_reports
    assert slack.mentions["critical"] == ("@here", "S0123ABCD")
    (route,) = slack.routes
    assert (route.target, route.severity, route.channel) == ("production", "critical", "#on-call")
    assert settings.alerts.stale_after == timedelta(hours=3)
    assert settings.alerts.expiry_notice == timedelta(weeks=4)
    assert settings.alerts.remind_after == {
        Severity.CRITICAL: (timedelta(hours=2), timedelta(hours=12)),
        Severity.HIGH: (),
        Severity.MEDIUM: (timedelta(weeks=1),),
        Severity.LOW: (),
    }
    (webhook,) = settings.webhooks
    assert webhook.address().reveal() == "https://pager.example.com/x"
    assert webhook.secret.read_line().reveal() == "k"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f'{BOT}mentions = {{ critical = ["<!here>"] }}',
            'slack.mentions.critical[0]: "<!here>" is not a mention (write @here, or the id',
        ),
        (f"{BOT}mentions = {{ urgent = [] }}", "slack.mentions"),
        (
            f'{BOT}[[slack.route]]\nchannel = "#x"\ntarget = "producton"',
            'slack.route[0].target: no target has the name "producton" (did you mean',
        ),
        (
            f'{BOT}[[slack.route]]\nchannel = "#x"\nseverity = "urgent"',
            "slack.route[0].severity: expected one of low, medium, high, critical",
        ),
        (f'{BOT}[[slack.route]]\ntarget = "production"', "slack.route[0].channel: is missing"),
        (
            '[slack]\nwebhook_url_env = "URL"\n[[slack.route]]\nchannel = "#x"',
            "slack.route: an incoming webhook posts to one channel (use a bot token",
        ),
        (
            f'{BOT}operators = ["U0123ABCD"]',
            "slack.operators: no click arrives without an app token (set app_token_env or",
        ),
        (
            f'{BOT}app_token_env = "APP"',
            "slack.operators: no user can act on incidents (list ids of users",
        ),
        (
            f'{BOT}app_token_env = "APP"\noperators = ["@jo"]',
            'slack.operators[0]: "@jo" is not an id of a user or of a user group (write ids such',
        ),
        (
            '[slack]\nwebhook_url_env = "URL"\napp_token_env = "APP"\noperators = ["U0123ABCD"]',
            "slack.app_token_env: an incoming webhook has no buttons (use a bot token)",
        ),
        (
            f'{BOT}app_token_env = "APP"\napp_token_file = "app"\noperators = ["U0123ABCD"]',
            "slack: app_token_env and app_token_file are both set (keep one of them)",
        ),
        (
            f'{BOT}app_token = "xapp-1"\noperators = ["U0123ABCD"]',
            "slack.app_token: a secret must not be in this file",
        ),
        (
            '[[webhook]]\nname = "slack"\nurl_env = "URL"\nsecret_env = "KEY"',
            'webhook[0].name: "slack" is reserved (choose another name)',
        ),
        ('[[webhook]]\nname = "pager"\nurl_env = "URL"', "webhook[0]: no secret (set secret_env"),
        (
            '[[webhook]]\nname = "pager"\nurl = "https://x"',
            "webhook[0].url: a secret must not be in this file",
        ),
        ('[alerts]\nstale_after = "soon"', 'alerts.stale_after: "soon" is not a duration'),
        ('[alerts]\nreminders = { high = ["soon"] }', 'alerts.reminders.high[0]: "soon" is not a'),
        ("[alerts]\nreminders = { urgent = [] }", "alerts.reminders.urgent"),
        ("[alerts]\nnot_evaluated_after = 0", "alerts.not_evaluated_after"),
        ("[alerts]\ncombine_over = 1", "alerts.combine_over: unknown key (did you mean"),
    ],
)
def test_an_error_is_one_line_that_names_the_key(load, text, expected):
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_messages_have_buttons_only_with_an_app_token_and_operators(load):
    assert not load(BOT).slack.is_interactive
    keys = 'app_token_env = "APP"\noperators = ["U0123ABCD", "S0123ABCD"]'
    slack = load(f"{BOT}{keys}").slack
    assert slack.is_interactive
    assert slack.operators == ("U0123ABCD", "S0123ABCD")


def test_a_missing_app_token_is_reported_by_the_check(load):
    settings = load(f'{BOT}app_token_env = "APP"\noperators = ["U0123ABCD"]')
    with pytest.raises(ConfigError, match=r"slack.app_token_env: APP is not set"):
        settings.check_secrets()


def test_a_webhook_over_plain_http_is_refused(tmp_path):
    path = tmp_path / "auditor.toml"
    path.write_text(f'[[webhook]]\nname = "p"\nurl_env = "URL"\nsecret_env = "KEY"\n{TARGET}')
    settings = load_settings(path, {"URL": "http://pager.example.com", "KEY": "k", "T": "t"})
    with pytest.raises(ConfigError, match="is not https"):
        settings.check_secrets()


def test_a_missing_secret_is_reported_by_the_check(load):
    settings = load('[[webhook]]\nname = "p"\nurl_env = "URL"\nsecret_env = "GONE"')
    with pytest.raises(ConfigError, match="GONE is not set"):
        settings.check_secrets()
