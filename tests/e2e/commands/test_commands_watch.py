"""``auditor watch``: poll the logs and audit what is due."""

import pytest

from tests.support.drift import break_email

AT_ONCE = "\n[watch]\ndebounce_seconds = 0\n"


@pytest.fixture
def watched(commands):
    """Audit a clean target, with a watch that waits for no further event."""
    commands.audit()
    commands.config.write_text(commands.config.read_text() + AT_ONCE)
    return commands


def test_once_polls_and_audits_what_is_due(watched):
    break_email(watched.world)
    code, printed = watched("watch", "--once")
    assert (code, printed) == (0, "")
    (target,) = watched.json("findings", "--rule", "email-not-login")
    (found,) = target["findings"]
    assert (found["is_counting"], found["affected_count"] > 0) == (False, True)


def test_once_without_an_event_audits_nothing(watched):
    code, printed = watched("watch", "--once")
    assert (code, printed) == (0, "")
    assert watched.errors == ""


def test_an_unusable_configuration_is_one_line_of_the_log(watched):
    watched.config.write_text(watched.config.read_text() + "interval_seconds = 1\n")
    code, _ = watched("watch", "--once")
    assert code == 2
    assert "watch.interval_seconds" in watched.errors
