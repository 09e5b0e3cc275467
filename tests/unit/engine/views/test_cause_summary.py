from msgspec.structs import replace

from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.views.cause_summary import headline_of, summarize_causes
from auditor.rule.results import Affected, Remediation, RootCause
from auditor.rule.severity import Severity
from tests.support.builders.findings import evaluated, finding, hours

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


def test_the_headline_counts_causes_findings_and_accounts():
    assert headline_of(2, 142, 711) == "2 causes, 142 findings, 711 accounts affected"
    assert headline_of(1, 1, 1) == "1 cause, 1 finding, 1 account affected"
