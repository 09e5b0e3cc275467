from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.waivers import Waiver
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.views.cause_summary import headline_of, summarize_causes
from auditor.rule.results import Affected, Remediation, RootCause
from auditor.rule.severity import Severity
from tests.support.builders.findings import evaluated, finding, hours
from tests.support.builders.incidents import incident

SENT_TITLE = "Email is mapped from user.email, not the login"
EMAIL_TITLE = "Email is mapped from another attribute, not the login"
DEADLINES = Deadlines(owner="IAM", owners={"user-not-removed": "HR"})


def summaries(*findings):
    seen = evaluated(*findings)
    reconciled = reconcile((), seen, None, target="production", at=hours(0))
    reconciled, causes = assign_causes(reconciled, seen, (), {}, at=hours(0))
    return summarize_causes(reconciled, causes, {}, DEADLINES)


def person(number: int) -> Affected:
    return Affected(id=f"00u{number}", name=f"Person {number}")


ROOT = RootCause(rule="email-not-login", subject="oty1")
MAPPED = finding("email-not-login", "oty1", severity=Severity.CRITICAL)


def test_a_cause_counts_grouped_findings_and_each_user_once():
    people = [
        finding("login-mismatch", each.id, affected=(each,), root_cause=ROOT)
        for each in map(person, range(150))
    ]
    causes = summaries(MAPPED, *people, finding(affected=(person(1),)))
    assert [each.findings for each in causes] == [151, 1]
    assert [each.affected for each in causes] == [150, 1]


def test_the_owner_and_the_due_date_are_those_of_the_worst_finding():
    (cause,) = summaries(finding("user-not-removed", "7", severity=Severity.CRITICAL))
    assert (cause.owner, cause.due_at) == ("HR", hours(24))


def test_one_remediation_lists_all_accounts():
    leavers = [
        replace(
            finding("user-not-removed", each.id, affected=(each,), root_cause=ROOT),
            remediation=Remediation(
                steps=(f"Remove {each.name}.",), for_many="Remove these {n} accounts: {list}."
            ),
        )
        for each in map(person, range(3))
    ]
    seen, later = evaluated(MAPPED, *leavers), evaluated(*leavers, rules=("email-not-login",))
    first = reconcile((), seen, None, target="production", at=hours(0))
    first, causes = assign_causes(first, seen, (), {}, at=hours(0))
    known = [each.after for each in first.transitions]
    second = reconcile(known, later, seen.configurations, target="production", at=hours(1))
    second, causes = assign_causes(second, later, (), causes, at=hours(1))
    (cause,) = summarize_causes(second, causes, {})
    assert cause.title == "3 leavers keep Unleash accounts"
    assert cause.remediation
    assert cause.remediation.steps == ("Remove these 3 accounts: Person 0, Person 1, Person 2.",)


def test_the_headline_counts_causes_findings_and_users():
    assert headline_of(2, 142, 711, grouped=0) == "2 causes, 142 findings, 711 users affected"
    assert headline_of(1, 1, 1, grouped=0) == "1 cause, 1 finding, 1 user affected"
    many = headline_of(2, 3000, 711, grouped=1500)
    assert many == "2 causes, 3,000 findings (1,500 grouped), 711 users affected"


@pytest.mark.parametrize(
    ("found", "title"),
    [
        ((), SENT_TITLE),
        ((MAPPED,), EMAIL_TITLE),
        ((MAPPED, replace(MAPPED, id="2", subject="oty2")), EMAIL_TITLE),
    ],
    ids=["nothing", "one finding", "both findings"],
)
def test_a_cause_keeps_the_title_of_its_incident_if_no_finding_was_evaluated(found, title):
    both = (MAPPED, replace(MAPPED, id="2", subject="oty2"))
    seen = evaluated(*both)
    first = reconcile((), seen, None, target="production", at=hours(0))
    known = [replace(each.after, cause=MAPPED.id) for each in first.transitions]
    later = evaluated(*found, unknown_rules=("email-not-login",))
    second = reconcile(known, later, seen.configurations, target="production", at=hours(1))
    _, causes = assign_causes(first, seen, (), {}, at=hours(0))
    incidents = {MAPPED.id: incident(MAPPED.id, title=SENT_TITLE)}
    (cause,) = summarize_causes(second, causes, {}, incidents=incidents)
    assert (cause.title, cause.findings) == (title, 2)


def test_a_cause_without_an_incident_has_a_title_though_nothing_was_evaluated():
    seen = evaluated(MAPPED)
    first = reconcile((), seen, None, target="production", at=hours(0))
    first, causes = assign_causes(first, seen, (), {}, at=hours(0))
    known = [each.after for each in first.transitions]
    later = evaluated(unknown_rules=("email-not-login",))
    second = reconcile(known, later, seen.configurations, target="production", at=hours(1))
    (cause,) = summarize_causes(second, causes, {})
    assert (cause.title, cause.owner, cause.due_at) == (EMAIL_TITLE, None, None)


def test_a_cause_whose_findings_are_all_accepted_is_not_listed():
    waiver = Waiver(rule="email-not-login", owner="iam", reason="known", expires=hours(48).date())
    seen = evaluated(MAPPED, finding())
    reconciled = reconcile((), seen, None, target="production", at=hours(0), waivers=(waiver,))
    reconciled, causes = assign_causes(reconciled, seen, (), {}, at=hours(0))
    assert [each.rules for each in summarize_causes(reconciled, causes, {})] == [("push-flag-off",)]


def test_the_due_date_counts_from_the_time_at_which_the_finding_opened():
    seen = evaluated(finding(within_grace=True))
    pending = reconcile((), seen, None, target="production", at=hours(0))
    known = [each.after for each in pending.transitions]
    opened = reconcile(known, seen, seen.configurations, target="production", at=hours(2))
    opened, causes = assign_causes(opened, seen, (), {}, at=hours(2))
    (cause,) = summarize_causes(opened, causes, {}, DEADLINES)
    assert cause.due_at == hours(2) + timedelta(days=7)
    assert cause.opened_at == hours(2)


def test_the_worst_cause_comes_first_then_the_one_that_affects_more_users():
    causes = summaries(
        finding("a", affected=(person(1),)),
        finding("b", affected=(person(1), person(2))),
        finding("c", severity=Severity.CRITICAL),
    )
    assert [each.rules for each in causes] == [("c",), ("b",), ("a",)]
