"""Attestations and waivers, from the configuration to Slack."""

from datetime import timedelta

from auditor.clock import utc_now


def test_an_attestation_that_expires_soon_is_reported_once_by_the_next_audit(commands):
    commands.audit()
    ends = utc_now().date() + timedelta(days=13)
    with commands.config.open("a") as file:
        file.write(
            '[[attestation]]\nrule = "unique-identifier-not-email"\nby = "Ro Ott"\n'
            f'on = 2020-01-01\nexpires = {ends}\nevidence = "OPS-1"\n'
        )
    for _ in range(2):
        commands.audit()
    transcript = commands.sandbox.slack.transcript()
    title = f"The attestation of unique-identifier-not-email by Ro Ott expires on {ends}."
    assert transcript.count(title) == 1


def test_an_expired_attestation_is_a_manual_check_and_not_an_incident(commands):
    with commands.config.open("a") as file:
        file.write(
            '[[attestation]]\nrule = "unique-identifier-not-email"\nby = "Ro Ott"\n'
            'on = 2020-01-01\nexpires = 2020-03-31\nevidence = "OPS-1"\n'
        )
    code, printed = commands("run", "--format", "json")
    assert code == 0
    assert '"needs_attestation"' in printed
    assert "Ro Ott" not in commands.sandbox.slack.transcript()


def test_a_waived_finding_is_listed_and_neither_sent_nor_failing(commands):
    with commands.config.open("a") as file:
        file.write(
            '[[waiver]]\nrule = "provisioning-off"\nowner = "Ro Ott"\n'
            'reason = "a migration"\nexpires = 2999-01-01\n'
        )
    commands.audit()
    commands.world.set_features([])
    code, printed = commands("run")
    assert (code, "1 waived" in printed) == (0, True)
    code, printed = commands("run", "-v")
    assert (code, "by Ro Ott until 2999-01-01" in printed) == (0, True)
    assert "provisioning-off" not in commands.sandbox.slack.transcript()
