"""``auditor lockout``: which admins can still sign in after a failure."""

import json


def outcomes(printed):
    (lockout,) = json.loads(printed)
    return {each["name"]: each["reachable"] for each in lockout["scenarios"]}


def test_every_failure_is_listed_with_its_answer(commands):
    code, printed = commands("lockout", "--format", "json")
    found = outcomes(printed)
    assert {
        "today",
        "okta-down",
        "sso-misconfigured",
        "password-login-off",
        "next-sync",
    } <= found.keys()
    assert code in {0, 1, 3}
    assert not (commands.folder / "auditor.db").exists()


def test_the_only_recovery_admin_is_named_as_a_single_point_of_failure(commands):
    commands.world.unleash.teams.clear()
    for account in list(commands.world.unleash.people)[1:]:
        if commands.world.unleash.is_admin(account):
            commands.world.remove_user(account)
    code, printed = commands("lockout")
    assert code == 1
    assert "out every admin." in printed
    assert "Recovery admin" in printed


def test_verbose_output_shows_every_path(commands):
    _, brief = commands("lockout")
    _, long = commands("lockout", "-v")
    assert len(long) > len(brief)
    assert "password" in long


def test_the_report_shows_the_matrix_of_the_last_audit(commands):
    commands.audit()
    (report,) = commands.json("report")
    code, printed = commands("lockout", "--format", "json")
    assert code in {0, 1, 3}
    shown = {each["name"]: each["reachable"] for each in report["admin_access"]["scenarios"]}
    assert shown == outcomes(printed)


def test_each_reason_of_unknown_answers_is_stated_once(commands):
    commands.world.okta_permissions.clear()
    code, printed = commands("lockout")
    assert code == 3
    scenarios, reasons = printed.split("Reasons of unknown answers")
    assert scenarios.count("unknown: 1") > 5
    assert "okta." not in scenarios
    assert reasons.count("okta.assignments: forbidden (403)") == 1
    hidden = [line for line in reasons.splitlines() if line.startswith("       - ")]
    assert len(hidden) == len(set(hidden)) > 2
