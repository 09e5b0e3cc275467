"""The rule recovery-admin-at-risk: each kind of risk for a recovery admin."""

from datetime import timedelta

import pytest
from msgspec import UNSET

from auditor.domain.unleash import AdminCount, Users
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADMIN_ROLE,
    AT,
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
    user,
    users,
)
from tests.support.builders.findings import reasons_of

RULE = "recovery-admin-at-risk"
MONTHS_AGO = AT - timedelta(days=90)


def kinds(findings):
    return [(each.subject, each.attribute, each.severity) for each in findings]


BREACHES = {
    "adopted by email": (
        {"users": users(user(), recovery(email="ADA@example.com"))},
        ("2", "adopted", Severity.HIGH),
    ),
    "adopted by login": (
        {
            "users": users(recovery(email="ada@new.example.com")),
            "assignments": [assignment(login="ada@new.example.com")],
        },
        ("2", "adopted", Severity.HIGH),
    ),
    "adopted by username": (
        {"users": users(user(), recovery(email=None, username="ada@example.com"))},
        ("2", "adopted", Severity.HIGH),
    ),
    "a leaver and an assigned user": (
        {
            "users": users(recovery(email="bo@example.com")),
            "assignments": [assignment_of("Bo"), assignment_of("Bo", status="SUSPENDED")],
        },
        ("2", "adopted", Severity.HIGH),
    ),
    "an assigned user and a leaver": (
        {
            "users": users(recovery(email="bo@example.com")),
            "assignments": [assignment_of("Bo", status="SUSPENDED"), assignment_of("Bo")],
        },
        ("2", "adopted", Severity.HIGH),
    ),
    "SCIM-managed": (
        {"users": users(user(root_role=ADMIN_ROLE))},
        ("11", "scim-managed", Severity.MEDIUM),
    ),
    "not seen for 90 days": (
        {"users": users(user(), recovery(seen_at=MONTHS_AGO))},
        ("2", "stale", Severity.MEDIUM),
    ),
    "never seen since its creation": (
        {"users": users(user(), recovery(seen_at=None, created_at=MONTHS_AGO))},
        ("2", "stale", Severity.MEDIUM),
    ),
    "the default account": (
        {"users": users(user(), recovery(username="admin", email=None))},
        ("2", "default-admin", Severity.MEDIUM),
    ),
}


@pytest.mark.parametrize(("changes", "expected"), BREACHES.values(), ids=BREACHES)
def test_a_risk_fails(check, changes, expected):
    _, findings = check(RULE, clean_snapshot(**changes))
    assert expected in kinds(findings)
    assert {each.attribute for each in findings} <= {expected[1], "single"}


TWO_GROUPS = {
    "groups": [group(), group(id=2, name="Second admins", scim_id="scim-group-second")],
    "group_push": [group_push(), group_push(id="gPmSecond", source_group_id="00gSecond")],
    "pushed_groups": [pushed_group(), pushed_group(id="00gSecond", name="Second admins")],
}
ACCEPTED = {
    "a clean target": {},
    "two recovery accounts, no group": {
        "groups": [],
        "users": users(recovery(), recovery(id=4)),
        "admin_count": AdminCount(password=2, no_password=0),
    },
    "seen 89 days ago": {"users": users(user(), recovery(seen_at=MONTHS_AGO + timedelta(days=1)))},
    "young and never seen": {"users": users(user(), recovery(seen_at=None))},
    "an admin by group only": {"users": users(user(), recovery())},
    "untried, but without_admins logs in with a password": {
        "users": users(user(), recovery(seen_at=MONTHS_AGO), recovery(id=4, username="x")),
        "instance": instance(password_login_disabled=True),
        **TWO_GROUPS,
    },
}


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_a_safe_admin_passes(check, changes):
    assert check(RULE, clean_snapshot(**changes)) == (VerdictStatus.PASS, ())


def test_a_leaver_does_not_adopt_an_admin(check):
    left = [assignment(), assignment_of("Bo", status="DEPROVISIONED")]
    _, findings = check(
        RULE,
        clean_snapshot(users=users(user(), recovery(email="bo@example.com")), assignments=left),
    )
    assert kinds(findings) == []


SINGLE = {
    "the group": (
        {"users": users(user()), "admin_count": AdminCount(password=0, no_password=0)},
        "1",
    ),
    "the account": ({"groups": []}, "2"),
    "without_admins knows which account": (
        {
            "groups": [],
            "users": users(recovery(), recovery(id=4)),
            "admin_count": AdminCount(password=1, no_password=1),
        },
        "instance",
    ),
}


@pytest.mark.parametrize(("changes", "subject"), SINGLE.values(), ids=SINGLE)
def test_a_single_proven_path_is_a_low_finding(check, changes, subject):
    assert kinds(check(RULE, clean_snapshot(**changes))[1]) == [(subject, "single", Severity.LOW)]


@pytest.mark.parametrize(
    "gap",
    [{"admin_count": missing()}, {"groups": missing(), "access": missing()}],
    ids=["recovery accounts", "groups"],
)
def test_an_undetermined_path_may_be_a_second_path(check, gap):
    assert check(RULE, clean_snapshot(**gap)) == (VerdictStatus.UNKNOWN, ())


def test_with_two_proven_paths_an_undetermined_path_is_ignored(check):
    two_groups = clean_snapshot(admin_count=missing(), **TWO_GROUPS)
    assert check(RULE, two_groups) == (VerdictStatus.PASS, ())


NO_ADMIN_AT_RISK = {
    "an account that cannot log in": {
        "instance": instance(password_login_disabled=True),
        "groups": [],
    },
    "groups alone": {
        "users": users(user()),
        **TWO_GROUPS,
        "admin_count": AdminCount(password=0, no_password=0),
    },
}


@pytest.mark.parametrize("changes", NO_ADMIN_AT_RISK.values(), ids=NO_ADMIN_AT_RISK)
def test_the_rule_passes_while_an_account_or_a_path_exists(check, changes):
    assert check(RULE, clean_snapshot(**changes)) == (VerdictStatus.PASS, ())


def test_without_admins_the_rule_is_not_applicable(check):
    without_admins = {
        "users": users(user()),
        "groups": [],
        "admin_count": AdminCount(password=0, no_password=0),
    }
    assert check(RULE, clean_snapshot(**without_admins)) == (VerdictStatus.NOT_APPLICABLE, ())


def test_an_attestation_of_a_test_login_closes_a_stale_finding(check):
    stale = clean_snapshot(users=users(user(), recovery(seen_at=MONTHS_AGO, created_at=MONTHS_AGO)))
    signed = [attestation(RULE, "2")]
    assert check(RULE, stale, attestations=signed) == (VerdictStatus.ATTESTED, ())


WORDS = {
    "2026-08-04 (90 days ago)": recovery(seen_at=MONTHS_AGO),
    "Never; created 2026-08-04": recovery(seen_at=None, created_at=MONTHS_AGO),
    "ada@example.com is also the login or email of Ada Lind": recovery(
        email="ada@example.com", username="x"
    ),
    "Ada@example.com is also the login or email of Ada Lind": recovery(
        email=None, username="Ada@example.com"
    ),
}


@pytest.mark.parametrize(("seen", "account"), WORDS.items(), ids=WORDS)
def test_the_evidence_has_the_observed_value(check, seen, account):
    _, findings = check(RULE, clean_snapshot(users=users(user(), account)))
    assert seen in [each.evidence[0].observed for each in findings]


def test_stale_after_is_a_parameter(check):
    seen = clean_snapshot(users=users(user(), recovery(seen_at=AT - timedelta(days=10))))
    assert kinds(check(RULE, seen, stale_after=10)[1]) == [("2", "stale", Severity.MEDIUM)]
    assert check(RULE, seen, stale_after=11) == (VerdictStatus.PASS, ())


UNKNOWN = {
    "whether an admin has a password": {"admin_count": missing(), "groups": []},
    "unleash.users: forbidden": {"users": missing()},
    "okta.assignments: forbidden": {"assignments": missing(), "groups": []},
    "whether SCIM manages": {"users": users(user(), recovery(scim_id=UNSET)), "groups": []},
    "neither a last login nor a creation date is available": {
        "users": users(user(), recovery(seen_at=None, created_at=None))
    },
    "contains no root role Admin": {"users": Users(users=(user(), recovery()), roles=())},
}


@pytest.mark.parametrize(("reason", "changes"), UNKNOWN.items(), ids=UNKNOWN)
def test_an_undetermined_admin_is_unknown(ask, reason, changes):
    evaluated = ask(RULE, clean_snapshot(**changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


@pytest.mark.parametrize("email", ["ada@example.com", None])
def test_an_admin_that_scim_manages_is_named_by_its_email_or_label(check, email):
    managed = clean_snapshot(users=users(user(root_role=ADMIN_ROLE, email=email)))
    _, (finding, *_) = check(RULE, managed)
    assert "None" not in finding.message
    shown = finding.message + " ".join(each.observed for each in finding.evidence)
    shown += " ".join(finding.remediation.steps)
    assert (email or "Ada Lind") in shown
