"""Outages while Slack is answered: the database, Slack itself, and Okta's rate limit."""

import json
from functools import partial
from itertools import islice

import pytest
from sqlalchemy import create_engine, text

from auditor.serve.slack import slack_answers
from auditor.serve.slack.slack_answers import MAX_PAUSE_SECONDS, connection_pauses
from auditor.store import open_store
from tests.support.interactive_slack import InteractiveInstallation
from tests.support.processes.service_process import eventually, installation  # noqa: F401  (a fixture)

WINDOW_SECONDS = 5


@pytest.fixture
def home(installation, monkeypatch):  # noqa: F811
    return InteractiveInstallation(installation, monkeypatch)


@pytest.fixture
def on_postgres(home, postgres_url, monkeypatch):
    monkeypatch.setenv("DATABASE", postgres_url)
    home.configure('[store]\nurl_env = "DATABASE"')
    with open_store(postgres_url, migrate=True):
        pass
    return home


def end_sessions(url):
    """End all other sessions of the database, as a restart of the server does; count them."""
    engine = create_engine(url)
    with engine.begin() as connection:
        ended = connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        ).all()
    engine.dispose()
    return len(ended)


def test_after_the_loss_of_the_database_what_was_confirmed_is_applied(
    on_postgres, postgres_url, monkeypatch
):
    monkeypatch.setattr(slack_answers, "TAKEOVER_SECONDS", 0.5)
    home = on_postgres
    root = home.break_push()
    with open_store(postgres_url) as store, home.serving():
        with store.targets.lease("sandbox"):  # the first action waits
            assert home.clicker().click(root, "more", "Assign to me").wait()
            eventually(home.actions)
            assert end_sessions(postgres_url) > 1
        opened = home.slack.socket_mode.opened
        eventually(lambda: home.outcomes() == [("assign", "done")])
        # the lease of the answering process ended with its session: it connects again
        eventually(partial(_is_connected_again, home, opened))
        assert home.clicker().click(root, "more", "Recheck").wait()
        eventually(lambda: home.outcomes() == [("assign", "done"), ("recheck", "done")])
        eventually(lambda: len(home.replies(root)) == 2)
    assert len([each for each in home.replies(root) if "Taken by" in each]) == 1


def _is_connected_again(home, opened):
    return home.slack.socket_mode.opened > opened and home.slack.socket_mode.connections == 1


def test_the_pauses_between_attempts_double_up_to_a_minute():
    assert list(islice(connection_pauses(), 9)) == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert MAX_PAUSE_SECONDS == 60


def test_each_failed_attempt_waits_longer(home, capfd, monkeypatch):
    monkeypatch.setattr(slack_answers, "FIRST_PAUSE_SECONDS", 0.1)
    home.slack.fail("apps.connections.open", "internal_error", times=3)
    with home.serving():
        pass
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line[:1] == "{"]
    failed = [each for each in lines if each.get("event") == "slack_connection_failed"]
    assert [each["seconds"] for each in failed] == [0.1, 0.2, 0.4]


def test_a_recheck_stays_within_the_auditors_share_of_oktas_rate_limit(home):
    """An audit spent half of the limit; the recheck waits for the next window."""
    home.world.rate_limit_seconds = 1
    root = home.break_push()
    with home.serving():
        before = len(_requests_for_features(home))
        home.world.rate_limits["features"] = 2
        home.world.rate_limit_seconds = WINDOW_SECONDS
        home.audit()
        assert home.clicker().click(root, "more", "Recheck").wait()
        eventually(lambda: any("Recheck by" in each for each in home.replies(root)))
    asked = _requests_for_features(home)[before:]
    assert len(asked) == 2
    assert len({each.at.timestamp() // WINDOW_SECONDS for each in asked}) == 2


def _requests_for_features(home):
    return [each for each in home.installation.sandbox.requests if each.path.endswith("/features")]
