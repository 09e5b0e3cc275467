import json

import pytest

from auditor.domain import okta
from auditor.domain.collections import MissingReason
from auditor.domain.okta import LogEvent, LogTarget
from auditor.domain.unleash import SsoSettings
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Basis, Severity
from tests.support.builders.contexts import (
    ADA,
    AT,
    CONTRACTOR_TYPE,
    JUST_NOW,
    LONG_AGO,
    MAPPING_ID,
    USER_TYPE,
    app,
    assignment,
    assignment_of,
    clean_snapshot,
    event,
    log,
    mapping,
    missing,
    on_app,
    schema,
    schema_attribute,
    target,
    user_type,
)
from tests.support.builders.findings import reasons_of

RULE = "email-not-login"
UNDECIDABLE = "user.login != null ? user.login : user.email"
TWO_ADDRESSES = {"okta_email": "ada@corp.example"}
"""A user whose email in Okta is not the login, so that the two values differ."""


def edit(minutes_ago: float, *besides: LogTarget) -> LogEvent:
    of_the_mapping = on_app(id=MAPPING_ID)
    return event("directory.mapping.update", *besides, of_the_mapping, minutes_ago=minutes_ago)


def verdict_of(expression, *people, **collections):
    return clean_snapshot(mappings=[mapping(email=expression)], assignments=people, **collections)


@pytest.mark.parametrize("expression", ["user.login", "(user.login)", "${source.login}"])
def test_the_login_passes(ask, expression):
    verdict = ask(RULE, verdict_of(expression, assignment())).verdicts[0]
    assert (verdict.status, verdict.basis) == (VerdictStatus.PASS, Basis.REPORTED)


def test_the_login_in_another_case_passes_with_a_note(ask):
    verdict = ask(RULE, verdict_of("String.toLowerCase(user.login)")).verdicts[0]
    assert verdict.status is VerdictStatus.PASS
    assert "in lower case; Unleash ignores case" in reasons_of(verdict)


@pytest.mark.parametrize("expression", ["user.email", "'x@example.com'", "user.firstName + '@x'"])
def test_another_value_is_a_latent_finding_while_no_user_is_affected(check, expression):
    status, [finding] = check(RULE, verdict_of(expression, assignment()))
    assert status is VerdictStatus.FAIL
    assert (finding.subject, finding.attribute) == (USER_TYPE, "")
    assert finding.severity is Severity.HIGH
    assert finding.affected == ()


def test_affected_users_are_listed_by_name_and_make_the_finding_critical(check):
    people = [
        assignment_of("Cy", okta_email="cy@corp.example"),
        assignment_of("Bo", okta_email="bo@corp.example"),
        assignment_of("Di", okta_email="DI@example.com"),
    ]
    _, [finding] = check(RULE, verdict_of("user.email", *people))
    assert finding.severity is Severity.CRITICAL
    assert [each.name for each in finding.affected] == ["Bo Berg", "Cy Berg"]
    detail = "Okta sends bo@corp.example; the login is bo@example.com"
    assert finding.affected[0].detail == detail
    assert 'user type "User"' in finding.message


@pytest.mark.parametrize(
    ("changes", "affected"),
    [
        ({}, 1),
        ({"status": "STAGED"}, 1),
        ({"status": "UNHEARD_OF"}, 1),
        ({"user_type_id": None}, 1),
        ({"status": "DEPROVISIONED"}, 0),
        ({"user_status": "SUSPENDED"}, 0),
        ({"user_type_id": CONTRACTOR_TYPE}, 0),
        ({"login": None}, 0),
        ({"email": None, **TWO_ADDRESSES}, 1),
        ({"email": "ada@example.com", **TWO_ADDRESSES}, 1),
        ({"user_status": "STAGED"}, 1),
    ],
)
def test_only_assigned_users_of_the_user_type_are_affected(check, changes, affected):
    person = assignment(**{"okta_email": "ada@corp.example"} | changes)
    _, [finding] = check(RULE, verdict_of("user.email", person))
    assert finding.affected_count == affected


def test_an_email_that_was_not_sent_yet_is_not_guessed_for_another_expression(check):
    person = assignment(email=None, **TWO_ADDRESSES)
    _, [finding] = check(RULE, verdict_of("user.secondEmail", person))
    assert finding.affected_count == 0


def test_missing_assignments_leave_the_finding_critical(check):
    snapshot = clean_snapshot(mappings=[mapping(email="user.email")], assignments=missing())
    status, [finding] = check(RULE, snapshot)
    assert (status, finding.severity) == (VerdictStatus.FAIL, Severity.CRITICAL)
    assert "the assignments could not be read" in finding.message


def test_each_user_type_is_evaluated_separately(check):
    contractors = mapping(
        mapping_id="prmContractor0000001", source_id=CONTRACTOR_TYPE, email="user.email"
    )
    types = [user_type(), user_type(id=CONTRACTOR_TYPE, display_name="Contractor")]
    status, [finding] = check(
        RULE, clean_snapshot(mappings=[mapping(), contractors], user_types=types)
    )
    assert status is VerdictStatus.FAIL
    assert finding.subject == CONTRACTOR_TYPE
    assert 'user type "Contractor"' in finding.message


def test_missing_user_types_make_nothing_unknown(check):
    snapshot = clean_snapshot(mappings=[mapping(email="user.email")], user_types=missing())
    status, [finding] = check(RULE, snapshot)
    assert status is VerdictStatus.FAIL
    assert f"user type {USER_TYPE}" in finding.message


def test_mappings_of_other_apps_are_ignored(check):
    other = mapping(email="user.email")
    other = type(other)(
        id="prmOther", source_id=USER_TYPE, target_id="0oaOther", properties=other.properties
    )
    assert check(RULE, clean_snapshot(mappings=[mapping(), other])) == (VerdictStatus.PASS, ())


def test_an_alias_of_email_is_evaluated_as_email(check):
    attributes = schema(
        schema_attribute("mail", external_name="emails.^[primary==true].value"), without="email"
    )
    snapshot = clean_snapshot(
        mappings=[mapping(email=None, mail="user.email")], app_schema=attributes
    )
    _, [finding] = check(RULE, snapshot)
    assert '"mail": {"expression": "user.login"' in finding.remediation.api


@pytest.mark.parametrize("mappings", [[], [mapping(email=None)]])
def test_without_an_email_mapping_the_rule_is_not_applicable(check, mappings):
    assert check(RULE, clean_snapshot(mappings=mappings)) == (VerdictStatus.NOT_APPLICABLE, ())


def test_an_email_that_may_have_another_name_is_unknown(ask):
    snapshot = clean_snapshot(
        mappings=[mapping(email=None, mail="user.email")], app_schema=missing()
    )
    assert ask(RULE, snapshot).unknown_subjects == {(RULE, USER_TYPE)}


def test_missing_mappings_are_unknown(check):
    assert check(RULE, clean_snapshot(mappings=missing())) == (VerdictStatus.UNKNOWN, ())


class TestAnUndecidableExpression:
    def test_fails_when_a_user_got_another_email(self, check):
        wrong = assignment(email="ada@corp.example", updated_at=JUST_NOW, **TWO_ADDRESSES)
        right = assignment_of("Bo", updated_at=JUST_NOW)
        status, [finding] = check(RULE, verdict_of(UNDECIDABLE, wrong, right))
        assert (status, finding.severity) == (VerdictStatus.FAIL, Severity.CRITICAL)
        assert [each.id for each in finding.affected] == [ADA]
        assert "1 of 2 differs" in finding.evidence[0].observed

    def test_passes_as_observed_when_a_user_with_another_email_got_the_login(self, ask):
        evaluated = ask(
            RULE, verdict_of(UNDECIDABLE, assignment(updated_at=JUST_NOW, **TWO_ADDRESSES))
        )
        verdict = evaluated.verdicts[0]
        assert (verdict.status, verdict.basis) == (VerdictStatus.PASS, Basis.OBSERVED)

    def test_is_unknown_when_email_and_login_of_all_users_are_equal(self, ask):
        evaluated = ask(RULE, verdict_of(UNDECIDABLE, assignment(updated_at=JUST_NOW)))
        assert evaluated.unknown_subjects == {(RULE, USER_TYPE)}
        assert evaluated.verdicts[0].status is VerdictStatus.UNKNOWN

    @pytest.mark.parametrize("about", [MAPPING_ID, USER_TYPE, "0oaUnleash0000000001"])
    def test_ignores_emails_from_before_the_mapping_changed(self, ask, about):
        stale = assignment(email="ada@corp.example", updated_at=JUST_NOW, **TWO_ADDRESSES)
        changed = event("directory.mapping.update", on_app(id=about), minutes_ago=1)
        evaluated = ask(RULE, verdict_of(UNDECIDABLE, stale, log=log(changed)))
        assert evaluated.unknown_subjects == {(RULE, USER_TYPE)}

    @pytest.mark.parametrize(
        "entries",
        [
            pytest.param([edit(60), edit(1)], id="the last change counts"),
            pytest.param([edit(5)], id="at that very moment, so before it for all one knows"),
            pytest.param([edit(1, on_app(id="prmOther"))], id="another thing is named besides"),
        ],
    )
    def test_ignores_emails_that_may_be_older_than_the_change(self, ask, entries):
        stale = assignment(email="ada@corp.example", updated_at=JUST_NOW, **TWO_ADDRESSES)
        evaluated = ask(RULE, verdict_of(UNDECIDABLE, stale, log=log(*entries)))
        assert evaluated.unknown_subjects == {(RULE, USER_TYPE)}

    def test_only_changes_of_this_mapping_count(self, check):
        wrong = assignment(email="ada@corp.example", updated_at=JUST_NOW, **TWO_ADDRESSES)
        changed = event("directory.mapping.update", on_app(id="prmOther"), minutes_ago=1)
        other = event("directory.app_user_profile.update", on_app(), minutes_ago=1)
        status, _ = check(RULE, verdict_of(UNDECIDABLE, wrong, log=log(changed, other)))
        assert status is VerdictStatus.FAIL

    def test_ignores_emails_from_before_the_start_of_the_log(self, ask):
        old = assignment(email="ada@corp.example", updated_at=LONG_AGO, **TWO_ADDRESSES)
        assert ask(RULE, verdict_of(UNDECIDABLE, old)).unknown_subjects == {(RULE, USER_TYPE)}

    @pytest.mark.parametrize("gap", ["assignments", "log"])
    def test_is_unknown_only_for_the_user_type_without_results(self, ask, gap):
        snapshot = clean_snapshot(
            mappings=[mapping(email=UNDECIDABLE), mapping(source_id=CONTRACTOR_TYPE)],
            **{gap: missing()},
        )
        evaluated = ask(RULE, snapshot)
        assert evaluated.unknown_subjects == {(RULE, USER_TYPE)}
        assert evaluated.unknown_rules == frozenset()
        assert "forbidden" in reasons_of(evaluated.verdicts[0])


def test_the_remediation_has_the_path_the_api_call_terraform_and_the_second_push(check):
    own = mapping(email="user.email", displayName="user.nickName")
    _, [finding] = check(RULE, clean_snapshot(mappings=[own], app=app(label="Unleash EU")))
    remediation = finding.remediation
    mappings = "Applications > Unleash EU > Provisioning > To App > Attribute Mappings"
    # Duplicates and recovery admins are checked before anything is pushed.
    assert "duplicate-identity" in remediation.steps[0]
    assert "recovery-admin-at-risk" in remediation.steps[0]
    assert mappings in remediation.steps[2]
    assert "Apply updates now" in remediation.steps[3]
    assert remediation.link.startswith(
        "https://acme-admin.okta.com/admin/app/acme_unleash_1/instance/"
    )
    path, _, body = remediation.api.partition(" {")
    assert path == f"POST /api/v1/mappings/{MAPPING_ID}"
    wanted = {"email": {"expression": "user.login", "pushStatus": "PUSH"}}
    assert json.loads("{" + body) == {"properties": wanted}
    assert remediation.terraform.count("push_status = ") == 5
    assert "delete_when_absent = true" in remediation.terraform
    assert '"user.nickName"' in remediation.terraform


def test_a_hundred_thousand_users_are_counted(check):
    people = [
        assignment(
            user_id=f"00u{n}", name=f"Person {n}", okta_email=f"{n}@corp.example", updated_at=AT
        )
        for n in range(100_000)
    ]
    _, [finding] = check(RULE, verdict_of("user.email", *people))
    assert finding.affected_count == 100_000
    assert len(finding.affected) == 100_000


def test_the_severity_is_medium_while_sso_asserts_the_same_value(check):
    asserts_email = app(saml_subject="${user.email}")
    affected = assignment(okta_email="ada@corp.example")
    _, [finding] = check(RULE, verdict_of("user.email", affected, app=asserts_email))
    assert finding.severity is Severity.MEDIUM
    assert finding.message.endswith("Change both together.")


@pytest.mark.parametrize("expression", [None, "", "   "])
def test_a_mapping_without_an_expression_is_unmapped(check, expression):
    empty = mapping(email=okta.MappedAttribute(expression=expression, push_status="PUSH"))
    assert check(RULE, clean_snapshot(mappings=[empty])) == (VerdictStatus.NOT_APPLICABLE, ())
    _, [missing_email] = check("attribute-missing", clean_snapshot(mappings=[empty]))
    assert missing_email.attribute == "email"


def test_a_create_only_mapping_needs_create_and_update_while_users_are_affected(check):
    create_only = okta.MappedAttribute(expression="user.email", push_status="DONT_PUSH")
    affected = assignment(okta_email="ada@corp.example")
    wrong = clean_snapshot(mappings=[mapping(email=create_only)], assignments=[affected])
    _, [finding] = check(RULE, wrong)
    assert finding.evidence[1].observed == "Create only"
    assert any("Create and update" in step for step in finding.remediation.steps)


def test_emails_that_no_push_has_computed_yet_are_unknown_and_not_fine(check):
    _, [finding] = check(RULE, verdict_of("user.secondEmail", assignment()))
    assert finding.severity is Severity.HIGH
    assert "no email was computed by this mapping yet" in finding.message
    _, [finding] = check(RULE, verdict_of("user.secondEmail", assignment(), log=missing()))
    assert finding.severity is Severity.CRITICAL
    assert "the System Log could not be read" in finding.message
    _, [finding] = check(RULE, verdict_of("user.secondEmail"))
    assert "No assigned user is affected today." in finding.message


@pytest.mark.parametrize("sso_app_id", [None, "0oaSso"])
def test_a_wrong_mapping_is_critical_while_the_sso_app_cannot_be_read(check, sso_app_id):
    person = assignment(okta_email="ada@corp.example")
    unread = {"sso_app": missing()} if sso_app_id else {"app": missing(), "sso_app": missing()}
    snapshot = clean_snapshot(
        target=target(sso_app_id=sso_app_id),
        mappings=[mapping(email="user.email")],
        assignments=[person],
        **unread,
    )
    status, (finding,) = check(RULE, snapshot)
    assert (status, finding.severity) == (VerdictStatus.FAIL, Severity.CRITICAL)


@pytest.mark.parametrize(
    ("status", "emails", "number"),
    [
        ("PUSH", TWO_ADDRESSES, 1),
        ("DONT_PUSH", TWO_ADDRESSES, 2),
        ("DONT_PUSH", {}, 1),
    ],
)
def test_create_only_is_evidence_only_while_users_are_affected(check, status, emails, number):
    sent = okta.MappedAttribute(expression="user.email", push_status=status)
    snapshot = clean_snapshot(mappings=[mapping(email=sent)], assignments=[assignment(**emails)])
    _, [finding] = check(RULE, snapshot)
    assert len(finding.evidence) == number


def test_the_users_are_being_counted_until_the_next_full_audit(check):
    left = missing(MissingReason.LEFT_TO_FULL_AUDIT)
    _, [finding] = check(
        RULE, clean_snapshot(mappings=[mapping(email="user.email")], assignments=left)
    )
    assert "The affected users are being counted." in finding.message


def test_oidc_that_does_not_assert_the_sent_email_makes_it_critical(check):
    oidc = SsoSettings(enabled=True, auto_create=False)
    snapshot = verdict_of("'x@example.com'", assignment(email="x@example.com"), oidc=oidc)
    _, [finding] = check(RULE, snapshot)
    assert finding.severity in {Severity.CRITICAL, Severity.HIGH}


def test_the_reason_of_a_schema_that_could_not_be_read_is_stated(ask):
    hidden = clean_snapshot(
        mappings=[mapping(email=None, primaryEmail="user.login")], app_schema=missing()
    )
    evaluated = ask(RULE, hidden)
    assert evaluated.verdicts[0].status is VerdictStatus.UNKNOWN
    assert "forbidden" in reasons_of(evaluated.verdicts[0])
