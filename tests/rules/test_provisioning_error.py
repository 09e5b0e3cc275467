"""The rule provisioning-error: failed pushes, and the events that close a finding."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.okta import LogTarget
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADA,
    AT,
    BO,
    JUST_NOW,
    LONG_AGO,
    assignment,
    assignment_of,
    clean_snapshot,
    event,
    log,
    missing,
    on_app,
    on_person,
)
from tests.support.builders.findings import reasons_of

RULE = "provisioning-error"
USER = "application.provision.user"


def push(what="push_profile", *, ok=True, minutes_ago=60, who=ADA, app=None):
    return event(
        f"{USER}.{what}",
        app or on_app(),
        LogTarget(id="0uaAppUser", type="AppUser", name="Ada"),
        on_person(who, name="Ada L."),
        minutes_ago=minutes_ago,
        result="SUCCESS" if ok else "FAILURE",
        reason=None if ok else "409 Conflict",
    )


def with_log(*events, **okta):
    people = [assignment(**okta), assignment_of("Bo", user_id=BO)]
    return clean_snapshot(assignments=people, log=log(*events))


BREACHES = {
    "sync in error": (with_log(sync_state="ERROR"), None),
    "queued too long": (with_log(status="STAGED"), LONG_AGO),
    "queued since the assignment": (with_log(status="STAGED", status_changed_at=None), LONG_AGO),
    "an approval that waits for an admin": (with_log(status="APPROVED"), LONG_AGO),
    "a removal that waits for an admin": (with_log(status="REVOKED"), LONG_AGO),
    "a failure, then a task completed by hand": (
        with_log(push(ok=False), push("deprovision", minutes_ago=5)),
        AT - timedelta(minutes=60),
    ),
    "a failure of an app user, joined by the login": (
        with_log(
            event(
                f"{USER}.push_profile",
                LogTarget(id="0uaAppUser", type="AppUser", login="ADA@example.com"),
                result="FAILURE",
            )
        ),
        AT - timedelta(minutes=60),
    ),
    "a sync that is older than the failure": (
        with_log(push(ok=False), sync_state="SYNCHRONIZED"),
        AT - timedelta(minutes=60),
    ),
    "a failed push": (with_log(push(ok=False)), AT - timedelta(minutes=60)),
    "a failed deactivation of a leaver": (
        with_log(push("deactivate", ok=False), status="DEPROVISIONED"),
        AT - timedelta(minutes=60),
    ),
    "a success, then a failure": (
        with_log(push(minutes_ago=90), push(ok=False, minutes_ago=30)),
        AT - timedelta(minutes=30),
    ),
    "a failure, then a skipped push": (
        with_log(push(ok=False), event(f"{USER}.push", on_app(), on_person(), result="SKIPPED")),
        AT - timedelta(minutes=60),
    ),
    "a failure, then a check that the account exists": (
        with_log(push(ok=False), push("verify_exists", minutes_ago=5)),
        AT - timedelta(minutes=60),
    ),
    "a failure, then a success in another app": (
        with_log(push(ok=False), push(minutes_ago=5, app=on_app(id="0oaOther"))),
        AT - timedelta(minutes=60),
    ),
    "a failure at the moment of an Unleash event": (
        with_log(push("push", ok=False, minutes_ago=5), status_changed_at=JUST_NOW),
        JUST_NOW,
    ),
    "in error without the log": (
        clean_snapshot(assignments=[assignment(sync_state="ERROR")], log=missing()),
        None,
    ),
}


@pytest.mark.parametrize(("snapshot", "since"), BREACHES.values(), ids=BREACHES)
def test_a_failed_or_late_push_fails(check, snapshot, since):
    status, (finding,) = check(RULE, snapshot)
    assert (status, finding.subject, finding.severity) == (VerdictStatus.FAIL, ADA, Severity.MEDIUM)
    assert (finding.since, finding.within_grace) == (since, False)


def test_a_queued_push_without_a_date_is_within_the_grace_period(check):
    _, (finding,) = check(RULE, with_log(status="STAGED", status_changed_at=None, created_at=None))
    assert finding.within_grace


def test_a_failed_removal_without_an_assignment_has_the_name_in_the_log(check):
    _, (finding,) = check(
        RULE, clean_snapshot(log=log(push("deactivate", ok=False, who="00uGone")))
    )
    assert (finding.subject, finding.affected[0].name) == ("00uGone", "Ada L.")


ACCEPTED = {
    "a clean target": clean_snapshot(),
    "sync disabled, which is no error": with_log(sync_state="DISABLED"),
    "queued just now": with_log(status="STAGED", status_changed_at=JUST_NOW),
    "queued, but suspended in the meantime": with_log(status="STAGED", user_status="SUSPENDED"),
    "a failure, then a success": with_log(push(ok=False), push(minutes_ago=30)),
    "a failure, then a success of another kind": with_log(
        push("push", ok=False), push("reactivate", minutes_ago=30)
    ),
    "synchronized after the failure": with_log(
        push(ok=False), sync_state="SYNCHRONIZED", updated_at=JUST_NOW
    ),
    "a failure, then an Unleash event of the user": with_log(
        push("push", ok=False), status_changed_at=JUST_NOW
    ),
    "approved just now": with_log(status="APPROVED", status_changed_at=JUST_NOW),
    "a failure without a user": with_log(
        event(f"{USER}.push", on_app(), result="FAILURE", minutes_ago=60)
    ),
    "a failure in another app": with_log(push(ok=False, app=on_app(id="0oaOther"))),
}


@pytest.mark.parametrize("snapshot", ACCEPTED.values(), ids=ACCEPTED)
def test_no_failure_or_a_later_success_passes(check, snapshot):
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())


CLEARED = {
    "a push succeeded": with_log(push(minutes_ago=30)),
    "synchronized since the log begins": with_log(
        sync_state="SYNCHRONIZED", updated_at=JUST_NOW, email="ada@new.example"
    ),
    "the linked account has the sent email": with_log(),
    "provisioned since the log begins": with_log(status_changed_at=JUST_NOW),
    "provisioned as the log begins": with_log(status_changed_at=AT - timedelta(days=7)),
    "a leaver was deactivated": clean_snapshot(assignments=[], log=log(push("deactivate"))),
}


@pytest.mark.parametrize("snapshot", CLEARED.values(), ids=CLEARED)
def test_a_later_success_or_its_effect_clears(ask, snapshot):
    assert ask(RULE, snapshot).has_cleared(RULE, ADA)


NOT_CLEARED = {
    "another email was sent than the account has": with_log(email="ada@new.example"),
    "sync disabled": with_log(sync_state="DISABLED", email="ada@new.example"),
    "synchronized before the log begins": with_log(
        sync_state="SYNCHRONIZED", email="ada@new.example"
    ),
    "deprovisioned since the log begins": with_log(
        status="DEPROVISIONED", status_changed_at=JUST_NOW
    ),
    "active, but without a SCIM id": with_log(status_changed_at=JUST_NOW, external_id=None),
    "only verified": with_log(push("verify_exists"), email="ada@new.example"),
    "a completed task": with_log(push("deprovision"), email="ada@new.example"),
    "still failing": with_log(push(ok=False), sync_state="SYNCHRONIZED"),
    "without the log": clean_snapshot(log=missing()),
}


@pytest.mark.parametrize("snapshot", NOT_CLEARED.values(), ids=NOT_CLEARED)
def test_other_events_do_not_clear_a_finding(ask, snapshot):
    assert not ask(RULE, snapshot).has_cleared(RULE, ADA)


def test_an_app_user_that_matches_no_assignment_is_unknown(ask):
    stranger = LogTarget(id="0uaStranger", type="AppUser", login="cy@example.com")
    failed = event(f"{USER}.push", stranger, result="FAILURE")
    evaluated = ask(RULE, with_log(failed))
    assert evaluated.unknown_subjects == {(RULE, "0uaStranger")}
    assert "names only an app user" in reasons_of(evaluated.verdicts[0])


def of_unknown_app(*, login="ADA@example.com", minutes_ago=60, **changes):
    """A failed push that names an app user only, found by a search of the whole org."""
    app_user = LogTarget(id="0uaAda", type="AppUser", login=login)
    failed = event(f"{USER}.push_profile", app_user, minutes_ago=minutes_ago, result="FAILURE")
    return replace(failed, of_unknown_app=True, **changes)


def test_a_failure_that_can_concern_another_app_leaves_the_user_unknown(ask):
    evaluated = ask(RULE, with_log(of_unknown_app()))
    assert evaluated.unknown_subjects == {(RULE, ADA)}
    assert "names an app user, but not its app" in reasons_of(evaluated.verdicts[0])
    assert not evaluated.has_cleared(RULE, ADA)


def test_a_known_app_user_shows_the_app_of_an_event(check):
    pushed = event(
        f"{USER}.push",
        on_app(),
        LogTarget(id="0uaAda", type="AppUser"),
        on_person(ADA),
        minutes_ago=90,
    )
    status, (finding,) = check(RULE, with_log(pushed, of_unknown_app(login=None)))
    assert (status, finding.subject) == (VerdictStatus.FAIL, ADA)


SETTLED = {
    "a later push to this app": with_log(of_unknown_app(), push(minutes_ago=5)),
    "a later state": with_log(
        of_unknown_app(), sync_state="SYNCHRONIZED", updated_at=AT - timedelta(minutes=5)
    ),
    "a success": with_log(replace(of_unknown_app(), result="SUCCESS")),
    "another user": with_log(of_unknown_app(login="stranger@example.com")),
}


@pytest.mark.parametrize("snapshot", SETTLED.values(), ids=SETTLED)
def test_an_event_of_an_unknown_app_is_settled_by(check, snapshot):
    assert check(RULE, snapshot) == (VerdictStatus.PASS, ())


def test_a_success_at_the_same_time_does_not_show_which_came_last(ask):
    both = with_log(of_unknown_app(), push(minutes_ago=60))
    assert ask(RULE, both).unknown_subjects == {(RULE, ADA)}


def test_changes_that_are_not_pushed_yet_are_low(check):
    _, (finding,) = check(RULE, with_log(sync_state="OUT_OF_SYNC"))
    assert finding.severity is Severity.LOW
    assert finding.message.startswith("Okta has not pushed the latest changes of Ada Lind.")


SEEN = {
    "the log": (
        with_log(push(ok=False)),
        ("okta.log", "outcome", 'Failed on 2026-11-02 11:00 UTC: "409 Conflict"'),
    ),
    "a log without a reason": (
        with_log(replace(push(ok=False), reason=None)),
        ("okta.log", "outcome", 'Failed on 2026-11-02 11:00 UTC: "no reason given"'),
    ),
    "the assignment": (
        with_log(sync_state="ERROR"),
        ("okta.assignments", "status, syncState", "Error"),
    ),
}


@pytest.mark.parametrize(("snapshot", "seen"), SEEN.values(), ids=SEEN)
def test_the_evidence_has_the_value_and_its_source(check, snapshot, seen):
    _, (finding,) = check(RULE, snapshot)
    (evidence,) = finding.evidence
    assert (evidence.collection, evidence.field, evidence.observed) == seen


def test_a_finding_stays_open_without_events(ask):
    assert ask(RULE).resolves_on_success == {RULE}


@pytest.mark.parametrize("lost", ["assignments", "log"])
def test_the_rule_is_unknown_without_its_data(ask, lost):
    evaluated = ask(RULE, clean_snapshot(**{lost: missing()}))
    assert evaluated.verdicts[0].status is VerdictStatus.UNKNOWN
    assert evaluated.unknown_rules == {RULE}
    assert f"okta.{lost}: forbidden" in reasons_of(evaluated.verdicts[0])


def test_a_new_assignment_of_an_old_user_has_not_been_queued_for_long(check):
    queued = with_log(
        status="STAGED",
        created_at=JUST_NOW,
        status_changed_at=None,
        user_status_changed_at=LONG_AGO,
    )
    assert check(RULE, queued) == (VerdictStatus.PASS, ())


def test_a_failed_removal_without_a_login_stays_while_accounts_are_listed(check):
    failed = event(
        f"{USER}.deactivate",
        on_app(login="Unleash"),
        on_person("00uGone"),
        result="FAILURE",
        reason="409 Conflict",
    )
    status, (finding,) = check(RULE, with_log(failed))
    assert (status, finding.subject) == (VerdictStatus.FAIL, "00uGone")


@pytest.mark.parametrize(("number", "text"), [(1, "1 event:"), (2, "2 events:")])
def test_events_of_an_unknown_app_user_are_counted(ask, number, text):
    stranger = LogTarget(id="0uaStranger", type="AppUser", login="stranger@example.com")
    events = [
        event(f"{USER}.push_profile", stranger, on_app(), result="FAILURE", minutes_ago=minute)
        for minute in range(5, 5 + number)
    ]
    evaluated = ask(RULE, with_log(*events))
    assert (RULE, "0uaStranger") in evaluated.unknown_subjects
    assert text.removesuffix(":") in reasons_of(evaluated.verdicts[0])


@pytest.mark.parametrize(
    ("status", "expected"), [("REVOKED", "No assignment"), ("APPROVED", "Active")]
)
def test_the_expected_status_follows_from_what_waits(check, status, expected):
    _, (finding,) = check(RULE, with_log(status=status))
    assert finding.evidence[0].expected == expected
