"""Titles of causes: what they name and count, and how long they are."""

import pytest
from msgspec.structs import replace

from auditor.engine.causes.cause_title import (
    cause_title,
    lead_title,
    message_for_many,
    problem_title,
    rules_with_kinds,
)
from auditor.engine.findings.tracked_findings import FindingTransition, Transition
from tests.support.builders.findings import finding, tracked
from tests.support.builders.reports import EMAIL_EVIDENCE


def titles_of(rule, *, names=(), findings=1, evidence=(), titles=(), **parts):
    """Return title and short title of a cause that a finding of ``rule`` leads."""
    parts = {"kind": "", "subject": "s", "attribute": ""} | parts
    counted = {"findings": findings, "evidence": evidence, "titles": dict(titles)}
    return lead_title(rule, names=names, **parts, **counted)


@pytest.mark.parametrize(
    ("findings", "title"),
    [
        (1, "1 leaver keeps an Unleash account"),
        (2, "2 leavers keep Unleash accounts"),
        (1200, "1,200 leavers keep Unleash accounts"),
    ],
)
def test_leavers_are_counted(findings, title):
    assert titles_of("user-not-removed", findings=findings) == (title, "Leavers keep accounts")


def test_a_suspended_user_is_no_leaver():
    titles = {"user-not-removed/suspended": "A suspended user keeps an account"}
    title, _ = titles_of("user-not-removed", kind="suspended", titles=titles)
    assert title == "A suspended user keeps an account"


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (("Sailors",), 'The push of the group "Sailors" fails'),
        (("",), "The push of a group fails"),
        (("Sailors", "Pilots"), "The push of 2 groups fails"),
        (("", "Pilots"), "The push of 2 groups fails"),
    ],
)
def test_groups_are_named_or_counted(names, title):
    found = titles_of("group-push-failing", kind="error", names=names, findings=len(names))
    assert found == (title, "Group push fails")


@pytest.mark.parametrize(
    ("kind", "title", "short"),
    [
        ("inactive", 'The push of the group "Sailors" is inactive', "Group push is inactive"),
        ("members", 'The members of the group "Sailors" differ in Unleash', "Group members differ"),
        ("new kind", 'The push of the group "Sailors" fails', "Group push fails"),
    ],
)
def test_a_group_push_is_titled_by_its_kind(kind, title, short):
    assert titles_of("group-push-failing", kind=kind, names=("Sailors",)) == (title, short)


def test_a_long_name_of_a_group_is_shortened_so_that_the_title_fits():
    name = "Sailors of the Baltic and the North Sea"
    title, _ = titles_of("group-push-failing", kind="members", names=(name,))
    assert title == 'The members of the group "Sailors … Sea" differ in Unleash'
    assert len(title) <= 60


@pytest.mark.parametrize(
    ("length", "title"), [(60, "x" * 60), (61, "x" * 59 + "…"), (90, "x" * 59 + "…")]
)
def test_a_title_is_cut_at_60_characters(length, title):
    assert titles_of("a", titles={"a": "x" * length})[0] == title


@pytest.mark.parametrize(("length", "short"), [(32, "x" * 32), (33, "x" * 31 + "…")])
def test_a_short_title_is_cut_at_32_characters(length, short):
    assert titles_of("a", titles={"a": "x" * length})[1] == short


@pytest.mark.parametrize(
    ("evidence", "source"),
    [
        ((EMAIL_EVIDENCE,), "user.email"),
        ((replace(EMAIL_EVIDENCE, expression=""),), "another attribute"),
        ((), "another attribute"),
    ],
)
def test_a_wrong_email_mapping_names_the_expression_that_is_mapped(evidence, source):
    title = f"Email is mapped from {source}, not the login"
    assert titles_of("email-not-login", evidence=evidence) == (title, "Email mapping")


def test_a_long_expression_is_cut():
    long = replace(EMAIL_EVIDENCE, expression="user.login + " * 10)
    title, _ = titles_of("email-not-login", evidence=(long,))
    assert len(title) == 60


PROBLEMS = {
    "r": "Of the rule",
    "r/kind": "Of the kind",
    "r/attribute": "Of the attribute",
    "r/subject": "Of the subject",
}


@pytest.mark.parametrize(
    ("parts", "title"),
    [
        ({}, "Of the rule"),
        ({"subject": "subject"}, "Of the subject"),
        ({"subject": "subject", "attribute": "attribute"}, "Of the attribute"),
        ({"subject": "subject", "attribute": "attribute", "kind": "kind"}, "Of the kind"),
        ({"kind": "other", "subject": "subject"}, "Of the subject"),
        ({"kind": "other"}, "Of the rule"),
    ],
)
def test_a_problem_is_titled_by_kind_or_else_by_attribute_or_subject(parts, title):
    assert problem_title("r", PROBLEMS, **parts) == title


@pytest.mark.parametrize(
    ("rule", "title"),
    [("email-not-login", "Email not login"), ("scim-base-url-wrong", "SCIM base URL wrong")],
)
def test_a_rule_that_no_longer_exists_is_named_by_its_id(rule, title):
    assert problem_title(rule, {}) == title


MANY = {"a/one/many": "{n} users differ.", "a/two/many": "{n} users differ.", "b/one/many": "B."}


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        ([("a", "one")], ""),
        ([("a", "one"), ("a", "two")], "2 users differ."),
        ([("a", "one")] * 1200, "1,200 users differ."),
        ([("a", "one"), ("b", "one")], ""),
        ([("a", "one"), ("a", "three")], ""),
    ],
)
def test_several_findings_have_one_message_only_if_one_text_fits_all(findings, message):
    assert message_for_many(findings, MANY) == message


def still_open(found, name="", *, is_found=True):
    """Return an open finding of a cause, whether this audit found it or not."""
    return FindingTransition(
        transition=Transition.STILL_OPEN,
        after=tracked(found, subject_name=name),
        finding=found if is_found else None,
    )


MAPPING = replace(finding("email-not-login", "oty1"), evidence=(EMAIL_EVIDENCE,))
GROUPS = [finding("group-push-failing", number) for number in ("gPm1", "gPm2")]


def test_a_cause_has_the_title_of_the_finding_that_leads_it_wherever_it_stands():
    open_ = [still_open(finding("sso-identifier-differs", "0oa1")), still_open(MAPPING)]
    assert cause_title(MAPPING.id, open_, {})[0] == (
        "Email is mapped from user.email, not the login"
    )


def test_a_cause_whose_lead_is_resolved_has_the_title_of_the_worst_open_finding():
    open_ = [still_open(finding("sso-identifier-differs", "0oa1")), still_open(MAPPING)]
    assert cause_title("resolved", open_, {})[0] == "SSO and SCIM send different identifiers"


def test_a_lead_that_this_audit_did_not_find_has_no_evidence_in_its_title():
    (title, _) = cause_title(MAPPING.id, [still_open(MAPPING, is_found=False)], {})
    assert title == "Email is mapped from another attribute, not the login"


def test_only_the_findings_of_the_leading_rule_are_named_and_counted():
    first, second = GROUPS
    leaver = finding("user-not-removed", "7")
    open_ = [still_open(first, "Sailors"), still_open(leaver, "Ada")]
    assert cause_title(first.id, open_, {})[0] == 'The push of the group "Sailors" fails'
    assert cause_title(leaver.id, open_, {})[0] == "1 leaver keeps an Unleash account"
    both = [*open_, still_open(second, "Pilots")]
    assert cause_title(first.id, both, {})[0] == "The push of 2 groups fails"


def test_a_rule_with_a_message_for_many_has_kinds_only_if_a_kind_has_a_title():
    titles = {
        "a": "A",
        "a//many": "{n} A",
        "b": "B",
        "b/kind": "B of a kind",
        "b/kind/many": "{n} B",
    }
    assert rules_with_kinds(titles) == {"b"}
