import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule import moment
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    APP_ID,
    LONG_AGO,
    app,
    clean_snapshot,
    event,
    log,
    missing,
    on_app,
    on_person,
)
from tests.support.builders.findings import reasons_of

RULE = "provisioning-off"


@pytest.mark.parametrize("feature", ["SCIM_PROVISIONING", "PUSH_NEW_USERS", "PUSH_UNHEARD_OF"])
def test_any_sign_of_provisioning_passes(check, feature):
    assert check(RULE, clean_snapshot(app=app(features=frozenset({feature})))) == (
        VerdictStatus.PASS,
        (),
    )


@pytest.mark.parametrize("features", [frozenset(), frozenset({"GROUP_PUSH", "IMPORT_NEW_USERS"})])
def test_no_sign_of_provisioning_fails(check, features):
    status, [finding] = check(RULE, clean_snapshot(app=app(features=features)))
    assert (status, finding.subject) == (VerdictStatus.FAIL, APP_ID)
    assert finding.severity is Severity.HIGH
    assert finding.evidence[0].observed == "None"


def test_unreported_features_are_unknown(ask):
    assert ask(RULE, clean_snapshot(app=app(features=None))).unknown_subjects == {(RULE, APP_ID)}


def test_a_missing_app_is_unknown(check):
    assert check(RULE, clean_snapshot(app=missing())) == (VerdictStatus.UNKNOWN, ())


def test_a_push_that_contradicts_the_features_is_unknown_with_both_quoted(ask):
    pushed = log(event("application.provision.user.push", on_person(), on_app()))
    off = app(features=frozenset({"IMPORT_NEW_USERS"}))
    evaluated = ask(RULE, clean_snapshot(app=off, log=pushed))
    assert evaluated.unknown_subjects == {(RULE, APP_ID)}
    reason = reasons_of(evaluated.verdicts[0])
    assert "(IMPORT_NEW_USERS), but a push succeeded on 2026-11-02 11:00 UTC" in reason


@pytest.mark.parametrize("kind", ["push", "reactivate"])
@pytest.mark.parametrize("changed_at", [LONG_AGO, None])
def test_any_push_contradicts_the_features_also_without_a_date(check, kind, changed_at):
    pushed = log(event(f"application.provision.user.{kind}", on_person(), on_app()))
    off = app(features=frozenset(), updated_at=changed_at)
    assert check(RULE, clean_snapshot(app=off, log=pushed)) == (VerdictStatus.UNKNOWN, ())


@pytest.mark.parametrize("updated_at", [LONG_AGO, None])
def test_the_evidence_states_since_when_no_push_succeeded(check, updated_at):
    _, [finding] = check(RULE, clean_snapshot(app=app(features=frozenset(), updated_at=updated_at)))
    (observed,) = [each.observed for each in finding.evidence if "pushes since" in each.label]
    assert observed == (f"None since {moment(updated_at)}" if updated_at else "None")
