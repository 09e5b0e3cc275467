"""The two paths for admins, each proven, disproven and unknown, through the real loader."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import UNSET

from auditor.domain.collections import MissingReason
from auditor.domain.target import OtherSource
from auditor.domain.unleash import (
    Access,
    AdminCount,
    PasswordLogin,
    ServiceAccount,
    SsoSettings,
    Statistics,
    Users,
)
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.results import RootCause
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADMIN_ROLE,
    AT,
    LONG_AGO,
    assignment,
    assignment_of,
    attestation,
    clean_snapshot,
    group,
    group_push,
    instance,
    missing,
    pushed_group,
    recovery,
    target,
    user,
    users,
)
from tests.support.builders.findings import reasons_of

RULE = "admin-unreachable"

NO_GROUP: dict[str, Any] = {"groups": []}
NO_ACCOUNT = {"users": users(user()), "admin_count": AdminCount(password=0, no_password=0)}
FORBIDDEN = missing(status=403)


PASSWORD_LOGIN_IS_OFF = {"instance": instance(password_login_disabled=True)}


@pytest.mark.parametrize("changes", [{}, NO_GROUP], ids=["both ways", "the account only"])
def test_a_clean_target_passes_with_the_reason(ask, changes):
    verdict = ask(RULE, clean_snapshot(**changes)).verdicts[0]
    assert verdict.status is VerdictStatus.PASS
    assert "at least 1 of 1 recovery admins have a password" in reasons_of(verdict)


ONE_PATH_IS_ENOUGH = {
    "the group does not exist": NO_GROUP,
    "the account does not exist": NO_ACCOUNT,
    "the groups cannot be seen": {"groups": FORBIDDEN, "access": FORBIDDEN},
    "the group's push is in error": {"group_push": [group_push(status="ERROR")]},
    "the admins cannot be counted": {"admin_count": FORBIDDEN},
    "password login is off": PASSWORD_LOGIN_IS_OFF,
    "an admin by group only": NO_ACCOUNT,
}


@pytest.mark.parametrize("changes", ONE_PATH_IS_ENOUGH.values(), ids=ONE_PATH_IS_ENOUGH)
def test_one_proven_path_is_enough_in_any_state_of_the_other(check, changes):
    assert check(RULE, clean_snapshot(**changes)) == (VerdictStatus.PASS, ())


ACCOUNT_FAILS = {
    "no user is an admin": NO_ACCOUNT,
    "password login is off": PASSWORD_LOGIN_IS_OFF,
    "password login is off, by its own settings": {
        "instance": instance(password_login_disabled=None),
        "password_login": PasswordLogin(disabled=True),
    },
    "password login is off, by the statistics": {
        "instance": FORBIDDEN,
        "password_login": FORBIDDEN,
        "statistics": Statistics(password_login_enabled=False),
    },
    "managed by SCIM": {"users": users(user(), recovery(scim_id="scim-9"))},
    "its email is assigned": {"users": users(user(), recovery(email="ada@example.com"))},
    "its email is assigned, in another case": {
        "users": users(user(), recovery(email="ada@example.com")),
        "assignments": [assignment(email="ADA@Example.com", login="a@b.example")],
    },
    "its email is the login of an assigned user": {
        "users": users(user(), recovery(email="ada@old.example.com")),
        "assignments": [assignment(login="Ada@old.example.com")],
    },
    "its username is assigned": {"users": users(user(), recovery(username="ADA@example.com"))},
    "its email is assigned in another app": {
        "other_assignments": [assignment_of("Cy", email="break-glass@vault.example.org")]
    },
    "no admin has a password": {"admin_count": AdminCount(password=0, no_password=1)},
}


@pytest.mark.parametrize("changes", ACCOUNT_FAILS.values(), ids=ACCOUNT_FAILS)
def test_neither_a_group_nor_an_account_fails(check, changes):
    status, findings = check(RULE, clean_snapshot(**NO_GROUP | changes))
    assert (status, [each.subject for each in findings]) == (VerdictStatus.FAIL, ["instance"])
    assert findings[0].severity is Severity.CRITICAL


GROUP_FAILS = {
    "no group": NO_GROUP,
    "another root role": {"groups": [group(root_role=2)]},
    "no root role": {"groups": [group(root_role=None)]},
    "not managed by SCIM": {"groups": [group(scim_id=None)]},
    "no member": {"groups": [group(member_ids=frozenset())]},
    "no member, with every user assigned": {
        "groups": [group(member_ids=frozenset())],
        "assignments": FORBIDDEN,
    },
    "its member is not listed": {"groups": [group(member_ids=frozenset({99}))]},
    "its member is no Okta user": {
        "groups": [group(member_ids=frozenset({5}))],
        "users": users(user(), user(id=5, scim_id=None, email="x@y.example", username="x")),
    },
    "its member left": {"assignments": [assignment(status="DEPROVISIONED")]},
    "its member is suspended": {"assignments": [assignment(user_status="SUSPENDED")]},
    "its member is on the way": {"assignments": [assignment(status="STAGED")]},
    "its push is inactive": {"group_push": [group_push(status="INACTIVE")]},
    "its push is in error": {"group_push": [group_push(status="ERROR")]},
    "a push that is off, without a name": {
        "group_push": [group_push(status="INACTIVE")],
        "pushed_groups": FORBIDDEN,
    },
    "nothing is pushed": {"group_push": []},
    "its member has another email than SSO asserts": {
        "assignments": [assignment(username="ada@new.example", login="ada@new.example")]
    },
    "no single sign-on": {"saml": SsoSettings(enabled=False)},
    "open source has no groups": {
        "groups": missing(MissingReason.NOT_ON_THIS_EDITION, status=404),
        "access": Access(users=(), groups=(group(),)),
    },
}


@pytest.mark.parametrize("changes", GROUP_FAILS.values(), ids=GROUP_FAILS)
def test_no_account_and_a_group_without_a_reachable_member_fails(check, changes):
    status, findings = check(RULE, clean_snapshot(**NO_ACCOUNT | changes))
    assert (status, [each.subject for each in findings]) == (VerdictStatus.FAIL, ["instance"])


UNKNOWN_ACCOUNT = {
    "password login: unleash.ui_config: forbidden": {
        "instance": FORBIDDEN,
        "password_login": FORBIDDEN,
        "statistics": FORBIDDEN,
    },
    "password login: unleash.ui_config does not state it": {
        "instance": instance(password_login_disabled=None),
        "password_login": FORBIDDEN,
        "statistics": FORBIDDEN,
    },
    "which users are admins: unleash.users: forbidden": {"users": FORBIDDEN},
    "has lost its rights": {"users": FORBIDDEN, "access": FORBIDDEN},
    "unleash.users contains no root role Admin": {
        "users": Users(users=(user(), recovery()), roles=())
    },
    "an admin has a password: unleash.admin_count: forbidden": {"admin_count": FORBIDDEN},
    "okta.assignments: timeout": {"assignments": missing(MissingReason.TIMEOUT)},
    "1 Okta assignment has no login, so an overlap is unknown": {
        "assignments": [assignment(login=None)]
    },
    "okta.other_assignments: forbidden": {
        "target": target(also_provisioned_by=(OtherSource(app_id="0oaOther"),)),
        "other_assignments": FORBIDDEN,
    },
    "the admin count covers 2 direct admins, but the user list has 1": {
        "admin_count": AdminCount(password=1, no_password=1)
    },
    "whether a recovery admin has a password; 1 of 2 direct admins have one": {
        "users": users(user(root_role=ADMIN_ROLE), recovery()),
        "admin_count": AdminCount(password=1, no_password=1),
    },
    "it is unknown whether SCIM manages Break glass": {
        "users": users(user(), recovery(scim_id=UNSET))
    },
    "contains no root role of 1 account": NO_ACCOUNT
    | {"users": users(user(root_role=None)), "admin_count": FORBIDDEN},
}


@pytest.mark.parametrize(("reason", "changes"), UNKNOWN_ACCOUNT.items(), ids=UNKNOWN_ACCOUNT)
def test_an_undetermined_account_is_unknown_and_the_missing_data_is_named(ask, reason, changes):
    evaluated = ask(RULE, clean_snapshot(**NO_GROUP | changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


def test_a_list_that_timed_out_is_no_sign_of_a_lockout(ask):
    late = missing(MissingReason.TIMEOUT)
    assert "lost its rights" not in reasons_of(
        ask(RULE, clean_snapshot(**NO_GROUP, users=late)).verdicts[0]
    )


def test_an_unknown_result_leaves_only_the_undetermined_finding_open(ask):
    partly = ask(RULE, clean_snapshot(**NO_GROUP, admin_count=FORBIDDEN))
    assert (partly.unknown_subjects, partly.unknown_rules) == ({(RULE, "instance")}, frozenset())
    wholly = ask(RULE, clean_snapshot(users=FORBIDDEN, access=FORBIDDEN))
    assert (wholly.unknown_subjects, wholly.unknown_rules) == (frozenset(), {RULE})


UNKNOWN_GROUP = {
    "which groups have the Admin root role: unleash.users: forbidden": {"users": FORBIDDEN},
    "the Admin root role: unleash.users contains no root role Admin": {
        "users": Users(users=(user(),), roles=())
    },
    "unleash.groups: forbidden": {"groups": FORBIDDEN, "access": FORBIDDEN},
    "whether SCIM manages the group": {
        "groups": FORBIDDEN,
        "access": Access(users=(user(),), groups=(group(scim_id=UNSET, member_ids=None),)),
    },
    "the members of the group Unleash admins are not listed": {"groups": [group(member_ids=None)]},
    "okta.group_push: forbidden": {"group_push": FORBIDDEN},
    "okta.pushed_groups: forbidden": {"pushed_groups": FORBIDDEN},
    "the push status NEW_STATUS of Unleash admins is unknown": {
        "group_push": [group_push(status="NEW_STATUS")]
    },
    "the push status of Okta of Unleash admins is unknown": {
        "group_push": [group_push(status=None)]
    },
    "okta.assignments: forbidden": {"assignments": FORBIDDEN},
    "whether Ada Lind is active in Okta": {"assignments": [assignment(status="IMPLICIT")]},
    "it is unknown which Okta user Ada Lind is": {
        "assignments": [],
        "other_assignments": [assignment()],
    },
    "SAML sign-on: unleash.saml: forbidden": {"saml": FORBIDDEN, "statistics": FORBIDDEN},
    "no counterpart was found for the push": {"pushed_groups": [pushed_group(name="Sailors")]},
    "OIDC sign-on: unleash.oidc: forbidden": {
        "saml": missing(),
        "oidc": FORBIDDEN,
        "statistics": Statistics(saml_enabled=False, oidc_enabled=False),
    },
    "unleash.saml reports it as on, but unleash.statistics reports it as off": {
        "statistics": Statistics(saml_enabled=False)
    },
    "OIDC sign-on: unleash.oidc does not state it": {
        "saml": SsoSettings(enabled=False),
        "oidc": SsoSettings(),
        "statistics": Statistics(),
    },
}


@pytest.mark.parametrize(("reason", "changes"), UNKNOWN_GROUP.items(), ids=UNKNOWN_GROUP)
def test_an_undetermined_group_is_unknown_and_the_missing_data_is_named(ask, reason, changes):
    evaluated = ask(RULE, clean_snapshot(**NO_ACCOUNT | changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


def test_two_groups_that_may_share_a_name_make_the_member_unknown(ask):
    twins = [
        assignment(external_id=None),
        assignment_of("Bo", external_id=None, email="ada@example.com"),
    ]
    evaluated = ask(RULE, clean_snapshot(**NO_ACCOUNT | {"assignments": twins}))
    assert evaluated.verdicts[0].status is VerdictStatus.UNKNOWN


def test_a_name_in_another_case_is_the_same_group(check):
    pushed = [pushed_group(name="UNLEASH ADMINS")]
    assert check(RULE, clean_snapshot(**NO_ACCOUNT, pushed_groups=pushed)) == (
        VerdictStatus.PASS,
        (),
    )


SIGN_ON = {
    "OIDC": {"saml": SsoSettings(enabled=False), "oidc": SsoSettings(enabled=True)},
    "SAML, in another case": {"users": users(user(email="ADA@example.com"))},
}


@pytest.mark.parametrize("changes", SIGN_ON.values(), ids=SIGN_ON)
def test_a_pushed_member_can_sign_in_with_either_sso_protocol(check, changes):
    assert check(RULE, clean_snapshot(**NO_ACCOUNT | changes)) == (VerdictStatus.PASS, ())


def test_an_account_without_email_is_a_recovery_account(check):
    accounts = users(user(), recovery(email=None))
    assert check(RULE, clean_snapshot(**NO_GROUP, users=accounts)) == (VerdictStatus.PASS, ())


def test_a_password_count_that_covers_the_recovery_accounts_proves_one(check):
    changes = {
        "users": users(user(root_role=ADMIN_ROLE), recovery(), recovery(id=4)),
        "admin_count": AdminCount(password=2, no_password=1),
    }
    assert check(RULE, clean_snapshot(**NO_GROUP | changes)) == (VerdictStatus.PASS, ())


UNCOUNTED = NO_GROUP | {
    "users": users(user(root_role=ADMIN_ROLE), recovery()),
    "admin_count": AdminCount(password=1, no_password=1),
}


@pytest.mark.parametrize("rule", [RULE, "recovery-admin-at-risk"])
@pytest.mark.parametrize("subject", ["2", None])
def test_an_attestation_of_a_test_login_proves_the_account(check, rule, subject):
    signed = attestation(rule, subject)
    assert check(RULE, clean_snapshot(**UNCOUNTED), attestations=[signed]) == (
        VerdictStatus.ATTESTED,
        (),
    )


def test_an_unknown_account_states_how_to_attest_it(ask):
    because = reasons_of(ask(RULE, clean_snapshot(**UNCOUNTED)).verdicts[0])
    assert because.endswith(
        "sign in as this account and attest the test: rule recovery-admin-at-risk, "
        "Break glass, subject 2"
    )


def test_an_unknown_verdict_states_that_no_admin_access_is_proven(ask):
    assert "no admin access is proven" in reasons_of(
        ask(RULE, clean_snapshot(**UNCOUNTED)).verdicts[0]
    )
    assert "no admin access is proven" not in reasons_of(ask(RULE).verdicts[0])


def test_no_attestation_is_requested_while_password_login_is_off(ask):
    groups_unseen = PASSWORD_LOGIN_IS_OFF | {"groups": missing(), "access": missing()}
    because = reasons_of(ask(RULE, clean_snapshot(**groups_unseen)).verdicts[0])
    assert "attest the test" not in because


def test_a_proven_group_needs_no_attestation(check):
    both = clean_snapshot(**UNCOUNTED | {"groups": [group()]})
    assert check(RULE, both, attestations=[attestation(RULE, "2")]) == (VerdictStatus.PASS, ())


NO_MATCHING_ATTESTATION = {
    "another account": attestation(RULE, "11"),
    "expired": attestation(RULE, "2", expires=AT.date() - timedelta(days=1)),
    "another target": attestation(RULE, "2", target="staging"),
    "older than the account": attestation(RULE, "2", on=LONG_AGO.date() - timedelta(days=1)),
}


@pytest.mark.parametrize("signed", NO_MATCHING_ATTESTATION.values(), ids=NO_MATCHING_ATTESTATION)
def test_an_attestation_of_another_subject_has_no_effect(check, signed):
    assert check(RULE, clean_snapshot(**UNCOUNTED), attestations=[signed]) == (
        VerdictStatus.UNKNOWN,
        (),
    )


def test_a_fact_from_the_api_overrides_an_attestation(check):
    counted = clean_snapshot(**NO_GROUP, admin_count=AdminCount(password=0, no_password=1))
    status, findings = check(RULE, counted, attestations=[attestation(RULE, "2")])
    assert (status, len(findings)) == (VerdictStatus.FAIL, 1)


NO_USER = {"users": users(), "admin_count": AdminCount(password=0, no_password=0)}


def test_no_user_at_all_is_a_separate_finding_that_explains_the_other(check):
    status, findings = check(RULE, clean_snapshot(**NO_USER))
    assert status is VerdictStatus.FAIL
    assert {each.subject: each.root_cause for each in findings} == {
        "no-users": None,
        "instance": RootCause(rule=RULE, subject="no-users"),
    }
    assert {each.severity for each in findings} == {Severity.CRITICAL}


def test_only_the_user_list_proves_that_there_is_no_user(check):
    empty = clean_snapshot(users=FORBIDDEN, access=Access(users=(), groups=()))
    assert check(RULE, empty) == (VerdictStatus.UNKNOWN, ())


OIDC_ONLY = {"saml": SsoSettings(enabled=False), "oidc": SsoSettings(enabled=True)}


def test_an_inferred_identifier_alone_proves_no_path(check):
    two_values = [assignment(okta_email="ada@corp.example")]
    of_primary_email = NO_ACCOUNT | OIDC_ONLY | {"assignments": two_values}
    assert check(RULE, clean_snapshot(**of_primary_email)) == (VerdictStatus.UNKNOWN, ())
    account = users(user(email="ada@corp.example"))
    assert check(RULE, clean_snapshot(**of_primary_email | {"users": account})) == (
        VerdictStatus.UNKNOWN,
        (),
    )


def test_a_linked_group_with_another_name_is_found_by_its_target_group(check):
    linked = {
        "group_push": [group_push(target_group_id="00gTarget00000000001")],
        "pushed_groups": [
            pushed_group(name="Okta admins"),
            pushed_group(id="00gTarget00000000001", name="Unleash admins", member_ids=None),
        ],
    }
    assert check(RULE, clean_snapshot(**NO_ACCOUNT | linked)) == (VerdictStatus.PASS, ())


def test_service_accounts_are_reported_but_are_not_a_path(check):
    robots = [
        ServiceAccount(id=21, name="ci", root_role=ADMIN_ROLE),
        ServiceAccount(id=22),
        ServiceAccount(id=23),
    ]
    _, (finding,) = check(RULE, clean_snapshot(**NO_ACCOUNT | NO_GROUP, service_accounts=robots))
    assert "1 admin service account exists, but works through the API only." in finding.message


def test_a_finding_states_why_neither_path_works(check):
    _, (finding,) = check(RULE, clean_snapshot(**NO_GROUP, users=users(recovery(scim_id="scim-9"))))
    assert [each.observed for each in finding.evidence] == [
        "SCIM manages Break glass",
        "No group has the Admin root role",
    ]
    assert finding.remediation
    assert finding.remediation.link == "https://unleash.example.com/admin/users"
