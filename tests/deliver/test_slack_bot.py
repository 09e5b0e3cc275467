"""Slack by a bot token, through the real SDK."""

from tests.unit.judging import finding


def test_smoke(life, slack):
    print(life.run())
    life.wait(hours=1)
    print(life.run(finding("email-not-login", "oty1")))
    life.wait(hours=1)
    print(life.run(finding("email-not-login", "oty1"), finding("email-not-login", "oty2")))
    life.wait(hours=30)
    print(life.run(finding("email-not-login", "oty1")))
    life.wait(hours=30)
    print(life.run(finding("email-not-login", "oty1")))
    life.wait(hours=30)
    print(life.run())
    print(slack.transcript())
    assert 0
