"""The setup of Slack: a test message, the scopes, the manifest."""

import pytest

from auditor.notify.slack.app_setup import REASONS_BY_SCOPE, manifest, try_out
from auditor.sandbox.slack.records import ALL_SCOPES


@pytest.fixture
def now(clock):
    return lambda: clock[-1]


def test_a_test_message_is_posted_in_each_configured_channel(slack, configure, now):
    calls = slack.add_channel("on-call")
    settings = configure(bot='[[slack.route]]\nseverity = "critical"\nchannel = "#on-call"')
    trial = try_out(settings.slack, now)
    assert trial.bot == "auditor in Sandbox"
    assert trial.posted == ("#provisioning-drift", "#on-call")
    assert (trial.missing, trial.errors) == ({}, ())
    assert len(calls.messages) == 1
    assert "This is a test message of the auditor." in slack.transcript()


def test_a_missing_scope_is_named_with_its_use(slack, configure, now):
    slack.tokens[slack.token] = ALL_SCOPES - {"files:write", "groups:history"}
    trial = try_out(configure().slack, now)
    assert trial.missing == {
        each: REASONS_BY_SCOPE[each] for each in ("groups:history", "files:write")
    }
    assert trial.posted


def test_an_unusable_channel_does_not_prevent_the_other(slack, configure, now):
    slack.add_channel("closed", joined=False)
    settings = configure(bot='[[slack.route]]\nseverity = "critical"\nchannel = "#closed"')
    trial = try_out(settings.slack, now)
    assert trial.posted == ("#provisioning-drift",)
    (error,) = trial.errors
    assert error.startswith("Slack: #closed: chat.postMessage: not_in_channel (invite the app")


def test_a_wrong_token_is_reported(slack, configure, now):
    slack.tokens.clear()
    trial = try_out(configure().slack, now)
    assert trial.errors[0].startswith("Slack: auth.test: invalid_auth (the token is wrong")
    assert not trial.posted


def test_a_webhook_is_tested_too(slack, configure, now):
    settings = configure('[slack]\nwebhook_url_env = "HOOK"\n')
    assert try_out(settings.slack, now).posted == ("the webhook's channel",)
    assert len(slack.channel.messages) == 1
    slack.fail("webhook", "no_service")
    assert try_out(settings.slack, now).errors[0].startswith("Slack: the webhook: no_service (")


def test_the_manifest_requests_only_the_scopes_that_are_used():
    wanted = manifest()["oauth_config"]["scopes"]["bot"]
    assert set(wanted) == set(REASONS_BY_SCOPE) <= ALL_SCOPES
    assert not any(scope.startswith(("users", "im", "admin")) for scope in wanted)
