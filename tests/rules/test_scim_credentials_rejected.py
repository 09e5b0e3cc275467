from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.okta import LogTarget
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Basis, Severity
from tests.support.builders.contexts import (
    APP_ID,
    AT,
    clean_snapshot,
    event,
    log,
    missing,
    on_app,
    on_person,
)
from tests.support.builders.findings import reasons_of

RULE = "scim-credentials-rejected"
FAILURE = "application.integration.authentication_failure"
PUSH = "application.provision.user.push_profile"


def failed(minutes_ago, **changes):
    return event(FAILURE, on_app(), minutes_ago=minutes_ago, **{"result": "FAILURE"} | changes)


def pushed(minutes_ago, kind=PUSH, **changes):
    return event(kind, on_person(), on_app(), minutes_ago=minutes_ago, **changes)


def test_a_log_without_events_passes_and_closes_nothing(ask):
    evaluated = ask(RULE)
    assert evaluated.verdicts[0].status is VerdictStatus.PASS
    assert evaluated.cleared == {}
    assert evaluated.resolves_on_success == {RULE}


def test_failures_without_a_later_success_fail(check):
    status, [finding] = check(RULE, clean_snapshot(log=log(pushed(90), failed(60), failed(30))))
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
def test_a_later_success_of_any_kind_closes_the_finding(ask, kind):
    evaluated = ask(RULE, clean_snapshot(log=log(failed(60), pushed(30, kind))))
    assert evaluated.findings == ()
    assert evaluated.cleared == {RULE: {APP_ID}}


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
def test_other_events_do_not_close_the_finding(ask, no_success):
    evaluated = ask(RULE, clean_snapshot(log=log(failed(60), no_success)))
    assert len(evaluated.findings) == 1
    assert evaluated.cleared == {}


def test_a_success_at_the_time_of_the_failure_passes(ask):
    evaluated = ask(RULE, clean_snapshot(log=log(failed(60), pushed(60))))
    assert (evaluated.findings, evaluated.cleared) == ((), {RULE: {APP_ID}})


def test_failures_before_the_last_success_are_ignored(check):
    _, [finding] = check(RULE, clean_snapshot(log=log(failed(90), pushed(60), failed(30))))
    assert finding.since == AT - timedelta(minutes=30)


def test_failures_of_other_apps_are_ignored(check):
    other = failed(30, targets=(on_app(id="0oaOther"),))
    assert check(RULE, clean_snapshot(log=log(other))) == (VerdictStatus.PASS, ())


def test_the_app_is_found_at_any_position_of_the_event_targets(check):
    assert check(RULE, clean_snapshot(log=log(failed(30, targets=(on_person(), on_app())))))[1]


def test_without_the_log_the_rule_is_unknown(check):
    assert check(RULE, clean_snapshot(log=missing())) == (VerdictStatus.UNKNOWN, ())


def failed_push(minutes_ago, reason, user_id="00uAda00000000000001"):
    return event(
        PUSH,
        on_person(user_id),
        on_app(),
        minutes_ago=minutes_ago,
        result="FAILURE",
        reason=reason,
        id=f"{user_id}-{minutes_ago}",
    )


@pytest.mark.parametrize(
    "reason",
    [
        "Unauthorized. Errors reported by remote server",
        "HTTP 401",
        "Token is invalid or expired",
        "Invalid SCIM token",
    ],
)
def test_a_failed_push_can_show_rejected_credentials_by_its_reason(check, reason):
    _, [finding] = check(RULE, clean_snapshot(log=log(pushed(90), failed_push(60, reason))))
    assert finding.subject == APP_ID
    assert reason in finding.evidence[0].observed


def test_a_failed_credential_check_counts(check):
    failed_check = event("application.configuration.update", on_app(), result="FAILURE")
    assert len(check(RULE, clean_snapshot(log=log(failed_check)))[1]) == 1


def test_a_403_counts_only_for_two_subjects_or_with_a_failed_check(check):
    one = failed_push(60, "403 Forbidden")
    again = failed_push(50, "403 Forbidden")
    assert check(RULE, clean_snapshot(log=log(one, again))) == (VerdictStatus.UNKNOWN, ())
    other = failed_push(40, "403 Forbidden", "00uBo000000000000001")
    assert len(check(RULE, clean_snapshot(log=log(one, other)))[1]) == 1
    failed_check = event("application.configuration.update", on_app(), minutes_ago=30)
    _, [finding] = check(RULE, clean_snapshot(log=log(one, failed_check)))
    assert "2 failures" in finding.message


def test_failures_with_an_unclear_reason_and_no_success_are_unknown(ask):
    evaluated = ask(RULE, clean_snapshot(log=log(failed_push(60, "Something went wrong"))))
    assert evaluated.unknown_subjects == {(RULE, APP_ID)}
    healed = ask(RULE, clean_snapshot(log=log(failed_push(60, None), pushed(30))))
    assert healed.verdicts[0].status is VerdictStatus.PASS


def test_a_task_completed_by_hand_closes_nothing(ask):
    by_hand = pushed(30, kind="application.provision.user.deprovision")
    assert len(ask(RULE, clean_snapshot(log=log(failed(60), by_hand))).findings) == 1


def test_no_event_passes_as_a_proxy_and_a_success_as_observed(ask):
    assert ask(RULE).verdicts[0].basis is Basis.PROXY
    assert ask(RULE, clean_snapshot(log=log(pushed(30)))).verdicts[0].basis is Basis.OBSERVED


def test_a_failure_from_before_the_log_is_kept(check):
    earlier = replace(log(), earlier=(failed_push(20_000, "Unauthorized"),))
    assert len(check(RULE, clean_snapshot(log=earlier))[1]) == 1


def test_a_failure_that_the_service_explains_shows_no_rejected_credentials(ask):
    verdict = ask(RULE, clean_snapshot(log=log(failed_push(60, "409 Conflict")))).verdicts[0]
    assert (verdict.status, verdict.basis) == (VerdictStatus.PASS, Basis.PROXY)
    assert "contains failures, but none shows rejected credentials" in reasons_of(verdict)


def test_a_single_403_after_a_success_closes_nothing(ask):
    evaluated = ask(RULE, clean_snapshot(log=log(pushed(90), failed_push(60, "403 Forbidden"))))
    assert (evaluated.findings, evaluated.cleared) == ((), {})
    assert evaluated.unknown_subjects == {(RULE, APP_ID)}


def test_a_rejected_push_that_can_concern_another_app_is_unknown(ask):
    app_user = LogTarget(id="0uaAda", type="AppUser", login="ada@example.com")
    rejected = event(PUSH, app_user, result="FAILURE", reason="401 Unauthorized")
    elsewhere = replace(rejected, of_unknown_app=True)
    evaluated = ask(RULE, clean_snapshot(log=log(elsewhere)))
    assert evaluated.unknown_subjects == {(RULE, APP_ID)}
    assert not evaluated.cleared
    assert ask(RULE, clean_snapshot(log=log(elsewhere, pushed(30)))).cleared == {RULE: {APP_ID}}
    stranger = replace(elsewhere, targets=(replace(app_user, login="stranger@example.com"),))
    assert not ask(RULE, clean_snapshot(log=log(stranger))).unknown_subjects


def test_a_rejected_push_of_an_unknown_app_at_the_time_of_a_success_is_ignored(ask):
    app_user = LogTarget(id="0uaAda", type="AppUser", login="ada@example.com")
    elsewhere = event(
        PUSH, app_user, result="FAILURE", reason="401", minutes_ago=30, of_unknown_app=True
    )
    assert ask(RULE, clean_snapshot(log=log(elsewhere, pushed(30)))).cleared == {RULE: {APP_ID}}


def test_a_pass_without_a_success_states_since_when_the_log_was_read(ask):
    complete = replace(log(days=7), complete_since=AT - timedelta(days=2))
    (note,) = ask(RULE, clean_snapshot(log=complete)).verdicts[0].reasons
    assert (note.code, note.at) == ("no-connector-event", AT - timedelta(days=2))
    (note,) = ask(RULE, clean_snapshot(log=log(days=7))).verdicts[0].reasons
    assert note.at == AT - timedelta(days=7)


def test_one_failure_among_other_events_is_mentioned(ask):
    other = event("application.user_membership.add", on_person(), on_app(), minutes_ago=20)
    events = log(failed_push(60, "409 Conflict"), other)
    (note,) = ask(RULE, clean_snapshot(log=events)).verdicts[0].reasons
    assert note.code == "no-credential-failure"


def test_a_403_of_an_event_that_is_no_push_does_not_count(check):
    no_push = event(
        "application.user_membership.add", on_person(), on_app(), result="FAILURE", reason="403"
    )
    other = failed_push(40, "403 Forbidden", "00uBo000000000000001")
    assert check(RULE, clean_snapshot(log=log(no_push, other))) == (VerdictStatus.UNKNOWN, ())
