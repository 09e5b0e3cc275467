"""What rests on an inferred fact alone: no pass of a critical rule, no violation above medium.

docs/inferred-facts.md lists the facts. Each fact has a world here in which it alone decides.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from auditor.domain.okta import LogTarget
from auditor.domain.unleash import ScimAnswer, ScimEndpoint, SsoSettings
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.resources import shipped
from auditor.rule.loader import load_rules
from auditor.rule.severity import Basis, Severity
from tests.support.builders.contexts import (
    AT,
    CONTRACTOR_TYPE,
    app,
    assignment,
    clean_snapshot,
    event,
    log,
    mapping,
    on_app,
    on_person,
    recovery,
    user,
    users,
)

RULES = load_rules([shipped("rules")])
DOCS = Path(__file__).parents[2] / "docs" / "inferred-facts.md"
TWO_FACED = assignment(okta_email="ada@corp.example")
BY_OIDC = {
    "saml": SsoSettings(enabled=False, auto_create=False),
    "oidc": SsoSettings(enabled=True, auto_create=False),
    "app": app(sign_on_mode="OPENID_CONNECT"),
}
DOWN = ScimEndpoint(url="https://u.example/scim", answer=ScimAnswer.HTML, status=200, at=AT)

VIOLATIONS = {
    "OIDC asserts the primary email: SSO differs": (
        "sso-identifier-differs",
        {**BY_OIDC, "assignments": [TWO_FACED]},
    ),
    "OIDC asserts the primary email: the wrong email": (
        "email-not-login",
        {**BY_OIDC, "mappings": [mapping(email="user.email")], "assignments": [TWO_FACED]},
    ),
    "OIDC asserts the primary email: the account": (
        "login-mismatch",
        {
            **BY_OIDC,
            "assignments": [TWO_FACED],
            "users": users(user(email="ada@corp.example"), recovery()),
        },
    ),
    "Unleash answers a SCIM request without a token": (
        "scim-endpoint-down",
        {"scim_endpoint": DOWN},
    ),
    "each user type has its own mapping": (
        "user-type-unmapped",
        {"assignments": [assignment(user_type_id=CONTRACTOR_TYPE)]},
    ),
}


@pytest.mark.parametrize(("rule", "changes"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_an_inferred_fact_alone_supports_no_violation_above_medium(check, rule, changes):
    status, findings = check(rule, clean_snapshot(**changes))
    assert status is VerdictStatus.FAIL
    assert all(each.severity.rank <= Severity.MEDIUM.rank for each in findings)
    # The documented consequence of a missing mapping is that nothing is guaranteed.
    assert all(re.search(r"\bcan\b|not guaranteed", each.message) for each in findings)


LINKED = {"app": app(updated_at=AT - timedelta(days=40))}
PASSES = {
    "a linked account shows the address": ("scim-base-url-wrong", LINKED),
    "a linked account shows the authentication": ("connector-auth-not-header", LINKED),
    "a feature stands for two switches": ("push-flag-off", {}),
    "an answer without a token": ("scim-endpoint-down", {}),
}


@pytest.mark.parametrize(("rule", "changes"), PASSES.values(), ids=PASSES)
def test_an_inferred_fact_alone_supports_a_proxy_pass_of_no_critical_rule(ask, rule, changes):
    (verdict,) = ask(rule, clean_snapshot(**changes)).verdicts
    assert (verdict.status, verdict.basis) == (VerdictStatus.PASS, Basis.PROXY)
    assert RULES[rule].rule.severity is not Severity.CRITICAL


def test_oidc_alone_proves_no_admin_path(check):
    """The other path is disproven, and the member's only match is the inferred identifier."""
    without_recovery = {
        **BY_OIDC,
        "users": users(user(email="ada@corp.example")),
        "assignments": [TWO_FACED],
    }
    assert (
        check("admin-unreachable", clean_snapshot(**without_recovery))[0] is VerdictStatus.UNKNOWN
    )


def test_ids_that_do_not_match_show_no_leaver(check):
    accounts = users(user(scim_id="1"), user(id=13, email="cy@example.com", scim_id="2"))
    assert check("user-not-removed", clean_snapshot(users=accounts)) == (VerdictStatus.UNKNOWN, ())


def test_a_schedule_without_a_date_leaves_the_account_unknown(check):
    scheduled = event(
        "application.provision.user.delete.schedule",
        LogTarget(id="00uCy000000000000000", type="User", login="cy@example.com"),
        on_app(),
    )
    accounts = users(user(), user(id=13, email="cy@example.com", scim_id="cy"), recovery())
    left = event(
        "application.user_membership.remove",
        on_person("00uCy000000000000000", login="cy@example.com"),
        on_app(),
        minutes_ago=90,
    )
    snapshot = clean_snapshot(users=accounts, assignments=[assignment()], log=log(left, scheduled))
    assert check("user-not-removed", snapshot) == (VerdictStatus.UNKNOWN, ())


def rows():
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    cells = [line.split("|")[1:-1] for line in lines if line.startswith("| ")]
    return [row for row in cells if len(row) == 3 and "`" in row[1]]


def test_the_table_names_rules_that_exist_and_what_the_fact_decides():
    for fact, rules, effect in rows():
        named = re.findall(r"`([a-z-]+)`", rules)
        assert named, fact
        assert set(named) <= RULES.keys(), fact
        assert effect.strip(), fact


def test_every_rule_that_states_an_inference_is_in_the_table():
    """A rule whose file has the word "inferred", or a world above, is a rule of the table."""
    listed = {name for _, rules, _ in rows() for name in re.findall(r"`([a-z-]+)`", rules)}
    stated = {
        rule_id
        for rule_id, loaded in RULES.items()
        if "inferred" in loaded.path.read_text(encoding="utf-8").lower()
    }
    shown = {rule for rule, _ in (*VIOLATIONS.values(), *PASSES.values())}
    assert stated | shown | {"admin-unreachable", "user-not-removed"} <= listed
