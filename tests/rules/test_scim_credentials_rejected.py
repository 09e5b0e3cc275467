from datetime import timedelta

import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    APP_ID,
    AT,
    event,
    log,
    missing,
    on_app,
    on_person,
    world,
)

RULE = "scim-credentials-rejected"
FAILURE = "application.integration.authentication_failure"
PUSH = "application.provision.user.push_profile"


def failed(minutes_ago, **changes):
    return event(FAILURE, on_app(), minutes_ago=minutes_ago, **{"result": "FAILURE"} | changes)


def pushed(minutes_ago, kind=PUSH, **changes):
    return event(kind, on_person(), on_app(), minutes_ago=minutes_ago, **changes)


def test_a_quiet_log_passes_and_closes_nothing(ask):
    evaluated = ask(RULE)
    assert evaluated.verdicts[0].status is VerdictStatus.PASS
    assert evaluated.cleared == frozenset()
    assert evaluated.resolves_on_success == {RULE}


def test_failures_without_a_success_since_fail(check):
    status, [finding] = check(RULE, world(log=log(pushed(90), failed(60), failed(30))))
    assert (status, finding.subject) == (VerdictStatus.FAIL, APP_ID)
    assert finding.severity is Severity.CRITICAL
    assert finding.since == AT - timedelta(minutes=60)
    assert "2 failures" in finding.message
    assert finding.evidence[0].observed == "2, the latest on 2026-11-02 11:30 UTC"
    assert not finding.within_grace


@pytest.mark.parametrize(
    "kind",
    [
        PUSH,
        "application.provision.user.push",
        "application.provision.user.deactivate",
        "application.provision.user.verify_exists",
        "application.provision.group_push.push_memberships",
    ],
)
def test_a_later_success_of_any_kind_closes_it(ask, kind):
    evaluated = ask(RULE, world(log=log(failed(60), pushed(30, kind))))
    assert evaluated.findings == ()
    assert evaluated.cleared == {(RULE, APP_ID)}


@pytest.mark.parametrize(
    "no_success",
    [
        pushed(30, result="FAILURE"),
        pushed(30, result=None),
        pushed(30, kind="application.user_membership.add"),
        pushed(30, targets=(on_person(), on_app(id="0oaOther"))),
        pushed(90),
    ],
)
def test_nothing_else_closes_it(ask, no_success):
    evaluated = ask(RULE, world(log=log(failed(60), no_success)))
    assert len(evaluated.findings) == 1
    assert evaluated.cleared == frozenset()


def test_a_failure_and_a_success_in_one_moment_are_no_failure_since(ask):
    evaluated = ask(RULE, world(log=log(failed(60), pushed(60))))
    assert (evaluated.findings, evaluated.cleared) == ((), {(RULE, APP_ID)})


def test_failures_before_the_last_success_are_forgotten(check):
    _, [finding] = check(RULE, world(log=log(failed(90), pushed(60), failed(30))))
    assert finding.since == AT - timedelta(minutes=30)


def test_failures_of_other_apps_are_nobodys_business(check):
    other = failed(30, targets=(on_app(id="0oaOther"),))
    assert check(RULE, world(log=log(other))) == (VerdictStatus.PASS, ())


def test_the_app_is_found_at_any_place_among_the_targets(check):
    assert check(RULE, world(log=log(failed(30, targets=(on_person(), on_app())))))[1]


def test_without_the_log_it_is_blind(check):
    assert check(RULE, world(log=missing())) == (VerdictStatus.UNKNOWN, ())
