"""The problem title of each kind of finding, and the title of its cause."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.privacy import pseudonymize
from auditor.domain.unleash import AdminCount
from auditor.engine.causes.cause_title import (
    MAX_TITLE_LENGTH,
    cause_title,
    message_for_many,
    problem_titles,
)
from auditor.engine.findings.reconcile import reconcile
from auditor.resources import shipped
from auditor.rule.loader import load_rules
from tests.support.builders.contexts import (
    ADA_ACCOUNT,
    ADMIN_ROLE,
    AT,
    BO_ACCOUNT,
    FEATURES,
    app,
    assignment,
    assignment_of,
    clean_snapshot,
    group,
    group_push,
    mapping,
    missing,
    pushed_group,
    recovery,
    schema,
    schema_attribute,
    user,
    user_of,
    users,
)

RULES = {rule_id: loaded.rule for rule_id, loaded in load_rules([shipped("rules")]).items()}
TITLES = problem_titles(RULES.values())
UNSENT = schema_attribute("title", external_namespace="")
SUSPENDED = {"user_status": "SUSPENDED", "user_status_changed_at": AT - timedelta(days=3)}
MAPPED_TITLE = mapping(title="user.title")


def with_push(status="ACTIVE", **changes):
    return clean_snapshot(group_push=[group_push(status=status)], **changes)


def with_accounts(*accounts, assigned=()):
    return clean_snapshot(users=users(user(), *accounts), assignments=[assignment(), *assigned])


def without_feature(name):
    return clean_snapshot(app=app(features=FEATURES - {name}))


KINDS = {
    "admin-unreachable/no-users": clean_snapshot(
        users=users(), admin_count=AdminCount(password=0, no_password=0)
    ),
    "app-not-usable/inactive": clean_snapshot(app=app(status="INACTIVE")),
    "app-not-usable/no-scim": clean_snapshot(
        app=app(sign_on_mode="WS_FEDERATION", features=frozenset())
    ),
    "attribute-missing/schema": clean_snapshot(app_schema=schema(without="emailType")),
    "extra-attribute/not-sent": clean_snapshot(mappings=[MAPPED_TITLE], app_schema=schema(UNSENT)),
    "extra-attribute/schema": clean_snapshot(
        app_schema=schema(schema_attribute("badge", custom=True))
    ),
    "group-push-failing/error": with_push("ERROR"),
    "group-push-failing/inactive": with_push("INACTIVE"),
    "group-push-failing/members": with_push(
        groups=[group(member_ids=frozenset({ADA_ACCOUNT, BO_ACCOUNT}))]
    ),
    "provisioning-error/staged": clean_snapshot(assignments=[assignment(status="STAGED")]),
    "provisioning-error/approved": clean_snapshot(assignments=[assignment(status="APPROVED")]),
    "provisioning-error/revoked": clean_snapshot(assignments=[assignment(status="REVOKED")]),
    "provisioning-error/out-of-sync": clean_snapshot(
        assignments=[assignment(sync_state="OUT_OF_SYNC")]
    ),
    "push-flag-off/create-users": without_feature("PUSH_NEW_USERS"),
    "push-flag-off/update-attributes": without_feature("PUSH_PROFILE_UPDATES"),
    "push-flag-off/deactivate-users": without_feature("PUSH_USER_DEACTIVATION"),
    "push-flag-off/push-groups": without_feature("GROUP_PUSH"),
    "recovery-admin-at-risk/adopted": with_accounts(recovery(email="ADA@example.com")),
    "recovery-admin-at-risk/scim-managed": clean_snapshot(users=users(user(root_role=ADMIN_ROLE))),
    "recovery-admin-at-risk/stale": with_accounts(recovery(seen_at=AT - timedelta(days=90))),
    "recovery-admin-at-risk/default-admin": with_accounts(recovery(username="admin", email=None)),
    "recovery-admin-at-risk/single": clean_snapshot(groups=[]),
    "user-not-removed/admin": with_accounts(user_of("Cy", 13, root_role=ADMIN_ROLE), recovery()),
    "user-not-removed/suspended": with_accounts(
        user_of("Cy", 13), recovery(), assigned=[assignment_of("Cy", **SUSPENDED)]
    ),
}


def titles_of(evaluated):
    """Return the title and the short title of each open finding as a cause of its own."""
    reconciled = reconcile((), evaluated, None, target="t", at=AT, grace=timedelta(0))
    return [cause_title(each.after.id, (each,), TITLES) for each in reconciled.open]


def test_the_table_has_every_kind_that_a_rule_declares():
    assert KINDS.keys() == {key for key in TITLES if "/" in key and not key.endswith("/many")}


@pytest.mark.parametrize(("key", "snapshot"), KINDS.items(), ids=KINDS)
def test_a_violation_of_a_kind_selects_its_problem_title(check, key, snapshot):
    rule, _, kind = key.partition("/")
    _, findings = check(rule, snapshot)
    assert kind in {word for each in findings for word in (each.kind, each.attribute, each.subject)}


GROUP_TITLES = {
    "error": 'The push of the group "Unleash admins" fails',
    "inactive": 'The push of the group "Unleash admins" is inactive',
    "members": 'The members of the group "Unleash admins" differ in Unleash',
}


@pytest.mark.parametrize(("kind", "title"), GROUP_TITLES.items())
def test_the_title_of_a_group_push_names_the_group(ask, kind, title):
    snapshot = KINDS[f"group-push-failing/{kind}"]
    assert [found for found, _ in titles_of(ask("group-push-failing", snapshot))] == [title]


def test_a_long_name_of_a_group_loses_its_middle(ask):
    long = pushed_group(name="Department of Ships and Sailing Admins")
    ((title, _),) = titles_of(ask("group-push-failing", with_push("ERROR", pushed_groups=[long])))
    assert len(title) == MAX_TITLE_LENGTH
    assert title.startswith('The push of the group "Department')
    assert title.endswith('Admins" fails')


@pytest.mark.parametrize("expression", ["user.email", "'a' + user.email"])
def test_the_title_of_an_email_mapping_has_the_expression_and_no_observed_text(ask, expression):
    evaluated = ask("email-not-login", clean_snapshot(mappings=[mapping(email=expression)]))
    (finding,) = evaluated.findings
    reworded = [replace(each, observed="other words") for each in finding.evidence]
    evaluated = replace(evaluated, findings=(replace(finding, evidence=tuple(reworded)),))
    ((title, _),) = titles_of(evaluated)
    assert title == f"Email is mapped from {expression}, not the login"


def test_the_title_has_a_pseudonym_with_privacy_ids(ask):
    hidden = pseudonymize(with_push("ERROR"))
    ((title, _),) = titles_of(ask("group-push-failing", hidden))
    assert title.startswith('The push of the group "group-')
    assert "Unleash admins" not in title


def test_a_finding_that_was_not_evaluated_keeps_the_name_in_the_title(ask):
    evaluated = ask("group-push-failing", with_push("ERROR"))
    first = reconcile((), evaluated, None, target="t", at=AT)
    unknown = ask("group-push-failing", clean_snapshot(group_push=missing()))
    known = (each.after for each in first.transitions)
    (again,) = reconcile(known, unknown, None, target="t", at=AT).open
    assert again.finding is None
    assert cause_title(again.after.id, (again,), TITLES)[0] == GROUP_TITLES["error"]


def test_a_suspended_user_is_no_leaver_in_the_title(ask):
    found = titles_of(ask("user-not-removed", KINDS["user-not-removed/suspended"]))
    assert [title for title, _ in found] == ["Suspended users keep Unleash access"]


MANY = {
    "login-mismatch": ("", "1,200 users have an Unleash email that differs from the Okta login. "),
    "user-not-provisioned": ("", "1,200 assigned users have no Unleash account. "),
    "user-not-removed": (
        "deactivated",
        "1,200 unassigned or deactivated users keep Unleash accounts. ",
    ),
    "unmanaged-user": ("", "1,200 Unleash accounts are not managed by SCIM. "),
    "duplicate-identity": ("", "1,200 users have several Unleash accounts. "),
    "provisioning-error": ("failed-push", "Okta's last push failed for 1,200 users. "),
    "not-steady": ("", "Okta pushed the profiles of 1,200 users repeatedly without a change. "),
}


@pytest.mark.parametrize(("rule", "found"), MANY.items())
def test_several_findings_of_one_kind_have_one_message(rule, found):
    kind, begin = found
    text = message_for_many([(rule, kind)] * 1200, TITLES)
    assert text.startswith(begin)
    assert text.endswith(".")
    assert len(text) <= 220
    assert message_for_many([(rule, kind)], TITLES) == ""


NO_COMMON_MESSAGE = {
    "two rules": [("login-mismatch", ""), ("unmanaged-user", "")],
    "two kinds": [("user-not-removed", "deactivated"), ("user-not-removed", "revoked")],
    "a kind without a text": [("user-not-removed", "suspended")] * 2,
    "a sign-on that works": [("login-mismatch", "sign-on-works")] * 2,
    "a rule without a text": [("extra-attribute", "")] * 2,
}


@pytest.mark.parametrize("findings", NO_COMMON_MESSAGE.values(), ids=NO_COMMON_MESSAGE)
def test_findings_without_a_text_that_fits_all_have_no_common_message(findings):
    assert message_for_many(findings, TITLES) == ""


def test_an_admin_among_leavers_fits_the_message_for_many():
    kinds = [("user-not-removed", "admin"), ("user-not-removed", "unassigned")]
    assert message_for_many(kinds, TITLES).startswith("2 unassigned or deactivated users")


def test_a_mismatch_under_which_the_sign_on_works_is_a_kind_of_its_own(check):
    person = assignment(okta_email="ada@corp.example", email="ada@corp.example")
    snapshot = clean_snapshot(
        app=app(saml_subject="${user.email}"),
        assignments=[person],
        users=users(user(email="ada@corp.example"), recovery()),
    )
    _, (finding,) = check("login-mismatch", snapshot)
    assert finding.kind == "sign-on-works"
