import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Basis, Severity
from auditor.rule.texts.reason_text import reason_text
from tests.support.builders.contexts import (
    FEATURES,
    LONG_AGO,
    app,
    capabilities,
    clean_snapshot,
    event,
    log,
    missing,
    on_app,
    on_person,
)
from tests.support.builders.findings import reasons_of

RULE = "push-flag-off"
BY_FEATURE = {
    "PUSH_NEW_USERS": "create-users",
    "PUSH_PROFILE_UPDATES": "update-attributes",
    "PUSH_USER_DEACTIVATION": "deactivate-users",
    "GROUP_PUSH": "push-groups",
}
BY_CAPABILITY = {
    "create": "create-users",
    "update": "update-attributes",
    "deactivate": "deactivate-users",
}
PUSHES = {
    "create-users": "application.provision.user.push",
    "update-attributes": "application.provision.user.push_profile",
    "deactivate-users": "application.provision.user.deactivate",
    "push-groups": "application.provision.group_push.push_memberships",
}


def pushed(kind, **changes):
    return event(kind, on_person(), on_app(), **changes)


def test_all_four_features_pass_by_proxy(ask):
    verdict = ask(RULE).verdicts[0]
    assert (verdict.status, verdict.basis) == (VerdictStatus.PASS, Basis.PROXY)


@pytest.mark.parametrize(("feature", "subject"), BY_FEATURE.items())
def test_an_absent_feature_fails(check, feature, subject):
    status, [finding] = check(RULE, clean_snapshot(app=app(features=FEATURES - {feature})))
    assert (status, finding.subject) == (VerdictStatus.FAIL, subject)
    assert finding.severity is Severity.HIGH
    (evidence,) = finding.evidence
    assert (evidence.observed, evidence.expected) == ("Off (feature missing)", "On")
    assert evidence.field == f"app.features[{feature}]"


@pytest.mark.parametrize("subject", ["create-users", "update-attributes"])
def test_both_names_of_a_switch_are_stated(check, subject):
    _, findings = check(RULE, clean_snapshot(app=app(features=frozenset({"SCIM_PROVISIONING"}))))
    message = next(each.message for each in findings if each.subject == subject)
    assert message.count(" or ") == 1


def test_unknown_features_are_ignored(check):
    features = FEATURES | {"AUTO_CONFIRM_IMPORTS", "NEVER_HEARD_OF"}
    assert check(RULE, clean_snapshot(app=app(features=features)))[0] is VerdictStatus.PASS


@pytest.mark.parametrize(("field", "subject"), BY_CAPABILITY.items())
def test_capabilities_override_features(check, field, subject):
    off = clean_snapshot(capabilities=capabilities(**{field: "DISABLED"}))
    status, [finding] = check(RULE, off)
    assert (status, finding.subject) == (VerdictStatus.FAIL, subject)
    evidence = finding.evidence[0]
    assert (evidence.collection, evidence.expected) == ("okta.capabilities", "On")
    assert evidence.observed == "Off (capability disabled)"
    on = clean_snapshot(capabilities=capabilities(), app=app(features=frozenset({"GROUP_PUSH"})))
    assert check(RULE, on)[1] == ()


@pytest.mark.parametrize("state", [None, "UNHEARD_OF"])
def test_features_decide_when_capabilities_have_no_value(check, state):
    snapshot = clean_snapshot(
        capabilities=capabilities(create=state), app=app(features=FEATURES - {"PUSH_NEW_USERS"})
    )
    assert [each.subject for each in check(RULE, snapshot)[1]] == ["create-users"]


def test_capabilities_alone_leave_the_group_push_unknown(ask):
    evaluated = ask(RULE, clean_snapshot(app=missing(), capabilities=capabilities()))
    assert evaluated.unknown_subjects == {(RULE, "push-groups")}


def test_a_pass_has_the_basis_of_its_weakest_part(ask):
    events = [pushed(kind) for kind in PUSHES.values()]
    assert ask(RULE, clean_snapshot(log=log(*events))).verdicts[0].basis is Basis.OBSERVED
    snapshot = clean_snapshot(log=log(*events[2:]), capabilities=capabilities())
    assert ask(RULE, snapshot).verdicts[0].basis is Basis.REPORTED
    assert ask(RULE, clean_snapshot(log=log(*events[1:]))).verdicts[0].basis is Basis.PROXY


@pytest.mark.parametrize(
    "no_proof",
    [
        {"result": "FAILURE"},
        {"targets": (on_person(), on_app(id="0oaOther"))},
        {"published_at": LONG_AGO},
    ],
)
def test_only_a_later_success_of_this_app_is_an_observation(ask, no_proof):
    events = [pushed(kind) for kind in PUSHES.values()]
    events[0] = pushed(PUSHES["create-users"], **no_proof)
    assert ask(RULE, clean_snapshot(log=log(*events))).verdicts[0].basis is Basis.PROXY


@pytest.mark.parametrize("gap", [{"app": app(updated_at=None)}, {"log": missing()}])
def test_without_dates_the_rule_passes_as_a_proxy(ask, gap):
    events = log(*(pushed(kind) for kind in PUSHES.values()))
    verdict = ask(RULE, clean_snapshot(**{"log": events} | gap)).verdicts[0]
    assert (verdict.status, verdict.basis) == (VerdictStatus.PASS, Basis.PROXY)


@pytest.mark.parametrize("features", [frozenset(), frozenset({"GROUP_PUSH", "IMPORT_NEW_USERS"})])
def test_without_provisioning_the_rule_is_not_applicable(check, features):
    assert check(RULE, clean_snapshot(app=app(features=features))) == (
        VerdictStatus.NOT_APPLICABLE,
        (),
    )


@pytest.mark.parametrize(
    ("unseen", "why"),
    [(missing(), "forbidden"), (app(features=None), "contains no features of the app")],
)
def test_without_features_and_capabilities_all_four_are_unknown(ask, unseen, why):
    evaluated = ask(RULE, clean_snapshot(app=unseen))
    assert all(why in reason_text(reason) for reason in evaluated.verdicts[0].reasons)
    assert evaluated.unknown_subjects == {(RULE, subject) for subject in BY_FEATURE.values()}
    assert evaluated.verdicts[0].status is VerdictStatus.UNKNOWN


@pytest.mark.parametrize("feature", ["PUSH_PROFILE_UPDATES", "GROUP_PUSH"])
def test_one_contradicted_flag_disproves_the_features_of_all_four(ask, feature):
    success = pushed(PUSHES[BY_FEATURE[feature]])
    missing_two = FEATURES - {feature, "PUSH_NEW_USERS"}
    evaluated = ask(RULE, clean_snapshot(app=app(features=missing_two), log=log(success)))
    assert evaluated.findings == ()
    assert evaluated.unknown_subjects == {(RULE, name) for name in BY_FEATURE.values()}
    text = " ".join(reason_text(reason) for reason in evaluated.verdicts[0].reasons)
    assert f"({feature} missing), but a push of this kind succeeded on" in text


def test_a_capability_that_a_push_contradicts_is_unknown(ask):
    off = clean_snapshot(
        capabilities=capabilities(create="DISABLED"), log=log(pushed(PUSHES["create-users"]))
    )
    evaluated = ask(RULE, off)
    assert evaluated.unknown_subjects == {(RULE, "create-users")}


def test_the_log_dates_the_switch_of_deactivation(check):
    text = "Stop deprovisioning unassigned users"
    switch = event("application.lifecycle.update", on_app(), note=text, minutes_ago=90)
    _, (finding,) = check(RULE, clean_snapshot(log=log(switch)))
    assert finding.subject == "deactivate-users"
    assert finding.message.endswith("Turned off by Ro Ott on 2026-11-02 10:30 UTC.")


def test_a_failed_event_does_not_switch_a_flag_off(check):
    text = "Stop deprovisioning unassigned users"
    failed = event("application.lifecycle.update", on_app(), note=text, result="FAILURE")
    assert check(RULE, clean_snapshot(log=log(failed)))[0] is VerdictStatus.PASS


def test_a_task_completed_by_hand_proves_no_deactivation(ask):
    events = [pushed(kind) for kind in PUSHES.values()]
    events[2] = pushed("application.provision.user.deprovision")
    assert ask(RULE, clean_snapshot(log=log(*events))).verdicts[0].basis is Basis.PROXY


def test_a_push_after_a_dated_switch_contradicts_it(ask):
    text = "Stop deprovisioning unassigned users"
    switch = event("application.lifecycle.update", on_app(), note=text, minutes_ago=90)
    push = pushed(PUSHES["deactivate-users"], minutes_ago=30)
    evaluated = ask(RULE, clean_snapshot(log=log(switch, push)))
    assert evaluated.unknown_subjects == {(RULE, "deactivate-users")}
    reason = reasons_of(evaluated.verdicts[0])
    assert "to off on 2026-11-02 10:30 UTC, but a push of this kind succeeded on" in reason
    before = pushed(PUSHES["deactivate-users"], minutes_ago=120)
    assert len(ask(RULE, clean_snapshot(log=log(switch, before))).findings) == 1


def test_a_push_contradicts_a_missing_feature_while_the_date_of_the_change_is_unknown(ask):
    undated = app(features=FEATURES - {"PUSH_NEW_USERS"}, updated_at=None)
    evaluated = ask(RULE, clean_snapshot(app=undated, log=log(pushed(PUSHES["create-users"]))))
    assert (RULE, "create-users") in evaluated.unknown_subjects
    assert "it is unknown when the app last changed" in reasons_of(evaluated.verdicts[0])


def test_a_dated_switch_to_on_and_a_missing_feature_contradict_each_other(ask):
    switch = event(
        "application.lifecycle.update",
        on_app(),
        note="Deprovisioning unassigned users",
        minutes_ago=90,
    )
    without = app(features=FEATURES - {"PUSH_USER_DEACTIVATION"})
    evaluated = ask(RULE, clean_snapshot(app=without, log=log(switch)))
    assert evaluated.unknown_subjects == {(RULE, "deactivate-users")}
    assert "the System Log dates the switch to on since 2026" in reasons_of(evaluated.verdicts[0])
    assert "PUSH_USER_DEACTIVATION missing" in reasons_of(evaluated.verdicts[0])
    assert ask(RULE, clean_snapshot(log=log(switch))).verdicts[0].status is VerdictStatus.PASS


@pytest.mark.parametrize(
    ("feature", "tab"),
    [("PUSH_USER_DEACTIVATION", "create-n-update"), ("GROUP_PUSH", "tab-group-push")],
)
def test_the_link_opens_the_tab_of_the_flag(check, feature, tab):
    _, [finding] = check(RULE, clean_snapshot(app=app(features=FEATURES - {feature})))
    assert finding.remediation.link.endswith(tab)


@pytest.mark.parametrize("is_dated", [True, False])
def test_a_pass_states_whether_the_log_dates_the_switch(ask, is_dated):
    note = "Deprovisioning unassigned users" if is_dated else "Another change"
    switch = event("application.lifecycle.update", on_app(), note=note, minutes_ago=90)
    verdict = ask(RULE, clean_snapshot(log=log(switch))).verdicts[0]
    codes = {each.code: each.about for each in verdict.reasons}
    assert codes.get("switched-on") == ("PUSH_USER_DEACTIVATION" if is_dated else None)
    assert "feature-present" in codes
