import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    APP_ID,
    FEATURES,
    app,
    clean_snapshot,
    event,
    log,
    missing,
    on_app,
    on_person,
)
from tests.support.builders.findings import reasons_of

RULE = "app-not-usable"
BARE = frozenset({"IMPORT_NEW_USERS"})


@pytest.mark.parametrize(
    "mode", ["AUTO_LOGIN", "BROWSER_PLUGIN", "SECURE_PASSWORD_STORE", "SAML_2_0"]
)
def test_swa_and_saml_pass_with_or_without_features(check, mode):
    for features in (FEATURES, BARE, None):
        changed = app(sign_on_mode=mode, features=features)
        assert check(RULE, clean_snapshot(app=changed)) == (VerdictStatus.PASS, ())


@pytest.mark.parametrize("features", [FEATURES, frozenset({"PUSH_NEW_USERS"})])
@pytest.mark.parametrize("mode", ["OPENID_CONNECT", "BOOKMARK", "NEVER_HEARD_OF", None])
def test_another_sign_on_mode_passes_while_the_app_provisions(check, mode, features):
    changed = app(sign_on_mode=mode, features=features)
    assert check(RULE, clean_snapshot(app=changed)) == (VerdictStatus.PASS, ())


@pytest.mark.parametrize("mode", ["WS_FEDERATION", "BASIC_AUTH"])
def test_another_sign_on_mode_without_provisioning_fails(check, mode):
    status, [finding] = check(RULE, clean_snapshot(app=app(sign_on_mode=mode, features=BARE)))
    assert (status, finding.subject) == (VerdictStatus.FAIL, APP_ID)
    assert finding.severity is Severity.HIGH
    assert mode in finding.message


@pytest.mark.parametrize(
    ("unheard", "why"),
    [
        ({"sign_on_mode": "NEVER_HEARD_OF", "features": BARE}, "(NEVER_HEARD_OF)"),
        ({"sign_on_mode": None, "features": BARE}, "(none)"),
        ({"status": "NEVER_HEARD_OF"}, "the app status NEVER_HEARD_OF is unknown"),
    ],
)
def test_a_value_that_okta_adds_later_proves_neither(ask, unheard, why):
    evaluated = ask(RULE, clean_snapshot(app=app(**unheard)))
    assert (evaluated.findings, evaluated.unknown_subjects) == ((), {(RULE, APP_ID)})
    assert why in reasons_of(evaluated.verdicts[0])


@pytest.mark.parametrize("state", ["INACTIVE", "DELETED"])
def test_an_app_that_is_not_active_fails(check, state):
    status, [finding] = check(RULE, clean_snapshot(app=app(status=state, sign_on_mode="BOOKMARK")))
    assert (status, finding.subject) == (VerdictStatus.FAIL, APP_ID)
    assert f"is {state.lower()}." in finding.message
    assert finding.remediation.api == f"POST /api/v1/apps/{APP_ID}/lifecycle/activate"


@pytest.mark.parametrize(
    "unreported",
    [
        {"status": None},
        {"sign_on_mode": None, "features": None},
        {"sign_on_mode": "BOOKMARK", "features": None},
    ],
)
def test_a_field_that_okta_omits_is_unknown(ask, unreported):
    evaluated = ask(RULE, clean_snapshot(app=app(**unreported)))
    assert evaluated.unknown_subjects == {(RULE, APP_ID)}


def test_a_missing_app_is_unknown(check):
    assert check(RULE, clean_snapshot(app=missing())) == (VerdictStatus.UNKNOWN, ())


def test_oidc_apps_can_have_scim(check):
    assert (
        check(RULE, clean_snapshot(app=app(sign_on_mode="OPENID_CONNECT", features=BARE)))[1] == ()
    )


def test_a_successful_push_is_a_sign_of_scim(check):
    pushed = log(event("application.provision.user.push", on_person(), on_app()))
    bookmark = app(sign_on_mode="BOOKMARK", features=BARE)
    assert check(RULE, clean_snapshot(app=bookmark, log=pushed)) == (VerdictStatus.PASS, ())
    _, [finding] = check(RULE, clean_snapshot(app=bookmark))
    assert finding.message.startswith("This app shows no SCIM: Unleash uses a bookmark link")


def test_saml_1_1_is_saml(check):
    old = app(sign_on_mode="SAML_1_1", features=frozenset())
    assert check(RULE, clean_snapshot(app=old)) == (VerdictStatus.PASS, ())
