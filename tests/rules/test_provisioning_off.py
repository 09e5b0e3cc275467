import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import APP_ID, app, missing, world

RULE = "provisioning-off"


@pytest.mark.parametrize("feature", ["SCIM_PROVISIONING", "PUSH_NEW_USERS", "PUSH_UNHEARD_OF"])
def test_any_sign_of_provisioning_passes(check, feature):
    assert check(RULE, world(app=app(features=frozenset({feature})))) == (VerdictStatus.PASS, ())


@pytest.mark.parametrize("features", [frozenset(), frozenset({"GROUP_PUSH", "IMPORT_NEW_USERS"})])
def test_none_fails(check, features):
    status, [finding] = check(RULE, world(app=app(features=features)))
    assert (status, finding.subject) == (VerdictStatus.FAIL, APP_ID)
    assert finding.severity is Severity.HIGH
    assert finding.evidence[0].observed == (", ".join(sorted(features)) or "none")


def test_untold_features_are_unknown(ask):
    assert ask(RULE, world(app=app(features=None))).unknown_subjects == {(RULE, APP_ID)}


def test_an_unseen_app_is_blind(check):
    assert check(RULE, world(app=missing())) == (VerdictStatus.UNKNOWN, ())
