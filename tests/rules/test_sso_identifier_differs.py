import pytest

from auditor.domain import unleash
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.results import RootCause
from auditor.rule.severity import Basis, Severity
from tests.support.builders.contexts import (
    APP_ID,
    BO,
    CONTRACTOR_TYPE,
    JUST_NOW,
    USER_TYPE,
    app,
    assignment,
    assignment_of,
    clean_snapshot,
    mapping,
    missing,
    target,
)
from tests.support.builders.findings import reasons_of

RULE = "sso-identifier-differs"
ON, OFF = unleash.SsoSettings(enabled=True), unleash.SsoSettings(enabled=False)
SAML_ONLY = {"saml": ON, "oidc": OFF}
OIDC_ONLY = {"saml": OFF, "oidc": ON}
UNREPORTED = {"saml": missing(), "oidc": missing(), "statistics": missing()}
TWO_ADDRESSES = assignment(okta_email="ada@corp.example")
"""A user whose email in Okta is not the login."""

SWA = app(sign_on_mode="AUTO_LOGIN", saml_subject=None)


@pytest.mark.parametrize(
    ("subject", "email", "root"),
    [
        (
            "${user.login}",
            "user.email",
            RootCause(rule="email-not-login", subject=USER_TYPE, lists_users=False),
        ),
        ("${user.email}", "user.login", None),
        ("${user.employeeNumber}", "user.email", None),
    ],
)
def test_the_root_cause_is_the_email_mapping_if_sso_asserts_the_login(check, subject, email, root):
    snapshot = clean_snapshot(app=app(saml_subject=subject), mappings=[mapping(email=email)])
    _, (finding,) = check(RULE, snapshot)
    assert finding.root_cause == root


def test_a_wrong_mapping_is_named_with_the_users_that_are_listed_there(check):
    snapshot = clean_snapshot(
        app=app(saml_subject="${user.login}"),
        mappings=[mapping(email="user.email")],
        assignments=[TWO_ADDRESSES],
    )
    _, (finding,) = check(RULE, snapshot)
    assert finding.message == (
        "SAML asserts ${user.login}, but SCIM sends user.email. The cause is the email mapping: "
        "1 user is listed under `email-not-login`."
    )


class TestSaml:
    @pytest.mark.parametrize(
        ("subject", "template", "email"),
        [
            ("${user.userName}", "${source.login}", "user.login"),
            ("${user.login}", "${source.email}", "user.login"),
            ("${user.userName}", "${source.login}", "String.toLowerCase(user.login)"),
            ("${user.userName}", "${source.email}", "user.email"),
            ("${user.email}", "${source.login}", "user.email"),
        ],
    )
    def test_passes_when_both_values_are_equal(self, check, subject, template, email):
        signs_in = app(saml_subject=subject, username_template=template)
        snapshot = clean_snapshot(
            app=signs_in, mappings=[mapping(email=email)], assignments=[TWO_ADDRESSES]
        )
        assert check(RULE, snapshot) == (VerdictStatus.PASS, ())

    @pytest.mark.parametrize(
        ("subject", "template", "email"),
        [
            ("${user.userName}", "${source.email}", "user.login"),
            ("${user.email}", "${source.login}", "user.login"),
            ("${user.userName}", "${source.login}", "user.email"),
            ("${user.employeeNumber}", "${source.login}", "user.login"),
            ("${user.firstName}@example.com", "${source.login}", "user.login"),
        ],
    )
    def test_fails_when_the_values_differ(self, check, subject, template, email):
        signs_in = app(saml_subject=subject, username_template=template)
        snapshot = clean_snapshot(app=signs_in, mappings=[mapping(email=email)], assignments=[])
        status, [finding] = check(RULE, snapshot)
        assert (status, finding.subject, finding.attribute) == (VerdictStatus.FAIL, APP_ID, "saml")
        assert finding.severity is Severity.HIGH

    @pytest.mark.parametrize(
        ("subject", "email", "pushed", "affected"),
        [
            ("${user.email}", "user.login", "ada@example.com", 1),
            ("${user.email}", "user.login", "ADA@corp.example", 0),
            ("${user.login}", "user.email", "ada@corp.example", 1),
            ("${user.login}", "user.email", "Ada@example.com", 0),
            ("${user.login}", "user.email", None, 0),
            ("${user.employeeNumber}", "user.login", "ada@example.com", 0),
        ],
    )
    def test_affected_users_are_those_with_another_pushed_email(
        self, check, subject, email, pushed, affected
    ):
        person = assignment(email=pushed, okta_email="ada@corp.example")
        mappings = [mapping(email=email)]
        snapshot = clean_snapshot(
            app=app(saml_subject=subject), mappings=mappings, assignments=[person]
        )
        assert check(RULE, snapshot)[1][0].affected_count == affected

    def test_an_affected_user_is_shown_with_both_values(self, check):
        person = assignment(email="ada@corp.example", okta_email="ada@corp.example")
        snapshot = clean_snapshot(
            app=app(saml_subject="${user.login}"),
            mappings=[mapping(email="user.email")],
            assignments=[person],
        )
        _, [finding] = check(RULE, snapshot)
        assert [each.detail for each in finding.affected] == [
            "SSO asserts ada@example.com; SCIM sends ada@corp.example"
        ]

    def test_user_types_with_opposite_faults_need_both_remediations(self, check):
        by_email = mapping(source_id=CONTRACTOR_TYPE, userName="user.email")
        _, [finding] = check(RULE, clean_snapshot(mappings=[mapping(email="user.email"), by_email]))
        assert finding.root_cause is None
        assert len(finding.remediation.steps) == 4
        assert "Map email to user.login" in finding.remediation.steps[-1]

    def test_all_user_types_share_one_finding(self, check):
        contractors = mapping(source_id=CONTRACTOR_TYPE)
        other = assignment_of("Cy", user_type_id=CONTRACTOR_TYPE, okta_email="cy@corp.example")
        snapshot = clean_snapshot(
            app=app(saml_subject="${user.email}"),
            mappings=[mapping(), contractors],
            assignments=[TWO_ADDRESSES, other],
        )
        _, [finding] = check(RULE, snapshot)
        assert finding.affected_count == 2
        assert finding.message.startswith("SAML asserts ${user.email}, but SCIM sends user.login.")

    def test_fails_without_the_users(self, check):
        snapshot = clean_snapshot(app=app(saml_subject="${user.email}"), assignments=missing())
        status, [finding] = check(RULE, snapshot)
        assert (status, finding.affected_count) == (VerdictStatus.FAIL, 0)

    @pytest.mark.parametrize(
        ("subject", "template", "email"),
        [
            (None, "${source.login}", "user.login"),
            ("${user.userName}", None, "user.login"),
            ("${user.userName}", '${fn:substringBefore(source.login, "@")}', "user.login"),
            ("${user.userName}", "${source.login}", "user.login ?: user.email"),
        ],
    )
    def test_is_unknown_when_the_values_cannot_be_compared(self, ask, subject, template, email):
        signs_in = app(saml_subject=subject, username_template=template)
        evaluated = ask(RULE, clean_snapshot(app=signs_in, mappings=[mapping(email=email)]))
        assert evaluated.unknown_subjects == {(RULE, APP_ID)}
        assert evaluated.verdicts[0].status is VerdictStatus.UNKNOWN

    @pytest.mark.parametrize(
        ("gave", "status"),
        [("ada@example.com", VerdictStatus.PASS), ("ada@corp.example", VerdictStatus.FAIL)],
    )
    def test_an_undecidable_expression_is_evaluated_by_its_results(self, check, gave, status):
        person = assignment(email=gave, okta_email="ada@corp.example", updated_at=JUST_NOW)
        mappings = [mapping(email="user.login ?: user.email")]
        assert check(RULE, clean_snapshot(mappings=mappings, assignments=[person]))[0] is status

    def test_a_mapped_username_counts_if_the_same_app_provisions(self, check):
        mappings = [mapping(userName="user.email")]
        assert check(RULE, clean_snapshot(mappings=mappings))[0] is VerdictStatus.FAIL
        other = app(id="0oaSignOn00000000001")
        elsewhere = clean_snapshot(
            mappings=mappings, sso_app=other, target=target(sso_app_id=other.id)
        )
        assert check(RULE, elsewhere) == (VerdictStatus.PASS, ())

    def test_a_missing_subject_is_stated(self, ask):
        verdict = ask(RULE, clean_snapshot(app=app(saml_subject=None))).verdicts[0]
        assert "nothing and user.login cannot be compared from their text" in reasons_of(verdict)

    def test_only_the_configured_app_counts(self, check):
        other = app(id="0oaSignOn00000000001", saml_subject="${user.email}")
        snapshot = clean_snapshot(app=SWA, sso_app=other, target=target(sso_app_id=other.id))
        _, [finding] = check(RULE, snapshot)
        assert finding.subject == other.id

    def test_counts_unless_saml_is_known_to_be_off_in_unleash(self, check):
        wrong = app(saml_subject="${user.email}")
        assert check(RULE, clean_snapshot(app=wrong, **UNREPORTED))[0] is VerdictStatus.FAIL
        assert check(RULE, clean_snapshot(app=wrong, **OIDC_ONLY))[0] is VerdictStatus.PASS


EMAIL = ("okta.mappings", f"mapping[{USER_TYPE}].email.expression")
USERNAME = ("okta.mappings", f"mapping[{USER_TYPE}].userName.expression")
SUBJECT = "app.subjectNameIdTemplate"
BY_EMAIL = {"saml_subject": "${user.email}"}
BY_NUMBER = {"saml_subject": "${user.employeeNumber}"}
ASSERT = ("Auto-create users", "Application username format", "SAML subject")
MAP = ("Map email to user.login",)


class TestTheSideThatIsNotTheLogin:
    @pytest.mark.parametrize(
        ("sign_on", "mapped", "fields", "steps"),
        [
            ({}, {"email": "user.email"}, [EMAIL], MAP),
            ({}, {"userName": "user.email"}, [USERNAME], ASSERT),
            (BY_EMAIL, {}, [("okta.app", SUBJECT)], ASSERT),
            (
                {"username_template": "${source.email}"},
                {},
                [("okta.app", "app.userNameTemplate")],
                ASSERT,
            ),
            (BY_NUMBER, {"email": "user.email"}, [EMAIL, ("okta.app", SUBJECT)], ASSERT + MAP),
        ],
    )
    def test_only_that_side_is_the_evidence_and_in_the_remediation(
        self, check, sign_on, mapped, fields, steps
    ):
        snapshot = clean_snapshot(app=app(**sign_on), mappings=[mapping(**mapped)])
        _, [finding] = check(RULE, snapshot)
        assert [(each.collection, each.field) for each in finding.evidence] == fields
        pairs = zip(steps, finding.remediation.steps, strict=True)
        assert all(words in step for words, step in pairs)

    def test_that_side_may_be_in_the_sso_app(self, check):
        other = app(id="0oaSignOn00000000001", **BY_EMAIL)
        snapshot = clean_snapshot(app=SWA, sso_app=other, target=target(sso_app_id=other.id))
        _, [finding] = check(RULE, snapshot)
        assert [(each.collection, each.field) for each in finding.evidence] == [
            ("okta.sso_app", SUBJECT)
        ]

    def test_oidc_asserts_the_email_in_okta(self, check):
        _, [finding] = check(RULE, clean_snapshot(assignments=[TWO_ADDRESSES], **OIDC_ONLY))
        (seen,) = finding.evidence
        assert (seen.collection, seen.observed) == (
            "okta.assignments",
            "Primary email (user.email)",
        )

    def test_the_remediation_includes_user_types_with_equal_values(self, check):
        agree = mapping(source_id=CONTRACTOR_TYPE, email="user.email", userName="user.email")
        _, [finding] = check(RULE, clean_snapshot(mappings=[mapping(email="user.email"), agree]))
        assert len(finding.remediation.steps) == 4
        assert [(each.collection, each.field) for each in finding.evidence] == [EMAIL]


class TestOpenIdConnect:
    def test_fails_for_users_whose_email_is_not_the_login(self, check):
        people = [TWO_ADDRESSES, assignment_of("Bo", user_id=BO)]
        status, [finding] = check(RULE, clean_snapshot(assignments=people, **OIDC_ONLY))
        assert (status, finding.subject, finding.attribute) == (VerdictStatus.FAIL, APP_ID, "oidc")
        # That OIDC asserts the primary email is inferred.
        assert finding.severity is Severity.MEDIUM
        assert "can assert" in finding.message
        assert [each.detail for each in finding.affected] == [
            "SSO asserts ada@corp.example; SCIM sends ada@example.com"
        ]

    def test_passes_as_observed_when_every_email_is_the_login(self, ask):
        same_but_for_case = assignment(okta_email="ADA@example.com")
        verdict = ask(RULE, clean_snapshot(assignments=[same_but_for_case], **OIDC_ONLY)).verdicts[
            0
        ]
        assert (verdict.status, verdict.basis) == (VerdictStatus.PASS, Basis.OBSERVED)

    def test_passes_when_the_email_is_pushed(self, check):
        snapshot = clean_snapshot(
            mappings=[mapping(email="user.email")], assignments=[TWO_ADDRESSES], **OIDC_ONLY
        )
        assert check(RULE, snapshot) == (VerdictStatus.PASS, ())

    def test_is_evaluated_beside_saml(self, check):
        snapshot = clean_snapshot(assignments=[TWO_ADDRESSES], saml=ON, oidc=ON)
        assert [each.attribute for each in check(RULE, snapshot)[1]] == ["oidc"]

    def test_counts_for_an_oidc_app_unless_oidc_is_known_to_be_off(self, check):
        signs_in = app(sign_on_mode="OPENID_CONNECT")
        snapshot = clean_snapshot(app=signs_in, assignments=[TWO_ADDRESSES], **UNREPORTED)
        assert check(RULE, snapshot)[0] is VerdictStatus.FAIL

    @pytest.mark.parametrize(
        ("oidc", "why"),
        [(missing(), "forbidden"), (unleash.SsoSettings(), "oidc does not")],
    )
    def test_is_unknown_for_another_app_unless_oidc_is_known_to_be_on(self, ask, oidc, why):
        verdict = ask(
            RULE, clean_snapshot(assignments=[TWO_ADDRESSES], **UNREPORTED | {"oidc": oidc})
        ).verdicts[0]
        assert verdict.status is VerdictStatus.UNKNOWN
        assert why in reasons_of(verdict)

    def test_is_unknown_for_an_undecidable_expression(self, ask):
        undecidable = [mapping(email="user.login ?: user.email")]
        assert ask(RULE, clean_snapshot(mappings=undecidable, **OIDC_ONLY)).unknown_subjects == {
            (RULE, APP_ID)
        }

    def test_is_unknown_without_the_users(self, check):
        assert check(RULE, clean_snapshot(assignments=missing(), **OIDC_ONLY)) == (
            VerdictStatus.UNKNOWN,
            (),
        )


def test_a_user_type_without_a_pushed_email_is_ignored(check):
    unmapped = mapping(email=None)
    assert check(RULE, clean_snapshot(mappings=[unmapped])) == (VerdictStatus.PASS, ())
    wrong = mapping(source_id=CONTRACTOR_TYPE, email="user.email")
    assert check(RULE, clean_snapshot(mappings=[unmapped, wrong]))[0] is VerdictStatus.FAIL


def test_an_app_without_sso_needs_an_attestation(check):
    assert check(RULE, clean_snapshot(app=SWA, **SAML_ONLY)) == (
        VerdictStatus.NEEDS_ATTESTATION,
        (),
    )


def test_without_sso_the_rule_is_not_applicable(check):
    snapshot = clean_snapshot(app=app(saml_subject="${user.email}"), saml=OFF, oidc=OFF)
    assert check(RULE, snapshot) == (VerdictStatus.NOT_APPLICABLE, ())


@pytest.mark.parametrize("gap", ["app", "mappings"])
def test_without_the_app_or_the_mappings_the_rule_is_unknown(check, gap):
    assert check(RULE, clean_snapshot(**{gap: missing()})) == (VerdictStatus.UNKNOWN, ())


def test_without_the_configured_app_the_rule_is_unknown(check):
    snapshot = clean_snapshot(sso_app=missing(), target=target(sso_app_id="0oaSignOn00000000001"))
    assert check(RULE, snapshot) == (VerdictStatus.UNKNOWN, ())
