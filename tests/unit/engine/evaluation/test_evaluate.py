import dataclasses
import weakref
from collections.abc import Callable, Iterator

import pytest

from auditor.domain import okta
from auditor.domain.collections import APP, MAPPINGS, MissingData, MissingReason
from auditor.domain.context import RuleContext
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.engine.evaluation.evaluate import evaluate, fingerprint
from auditor.engine.evaluation.verdicts import Evaluated, VerdictStatus
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Transition
from auditor.rule.binding import BoundRule
from auditor.rule.definition import NoParams, Params, rule
from auditor.rule.results import (
    Affected,
    Attested,
    Cleared,
    Evidence,
    MissingDataReason,
    NeedsAttestation,
    NotApplicable,
    Note,
    Passed,
    Remediation,
    Result,
    RuleFailed,
    Undecidable,
    Unknown,
    Violation,
)
from auditor.rule.severity import Basis, Family, Severity
from auditor.rule.texts.reason_text import reason_text
from tests.support.builders.findings import hours

APP_SEEN = okta.App(id="0oa1", label="Unleash", name="scim_app")
FORBIDDEN = MissingData(why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/mappings", status=403)
TARGET = Target(
    name="production",
    org_url="https://acme.okta.com",
    app_id="0oa1",
    unleash_url="https://unleash.example.com",
)
SNAPSHOT = Snapshot(
    target=TARGET,
    taken_at=hours(0),
    read={APP.name: APP_SEEN},
    missing={MAPPINGS.name: FORBIDDEN},
)


def bound(
    check: Callable[[RuleContext], Iterator[Result]], id_: str = "some-rule", needs=(), sticky=False
) -> BoundRule:
    def with_params(world: RuleContext, _: Params) -> Iterator[Result]:
        """Promise something.

        Because.
        """
        return check(world)

    made = rule(
        id=id_,
        severity=Severity.HIGH,
        family=Family.CONNECTION,
        guide="Okta 3",
        evidence="what it sees",
        remediation="fix it",
        requires=needs,
        params=NoParams,
        resolves_on_success=sticky,
    )(with_params)
    return BoundRule(rule=made, params=NoParams(), ceiling=None, version="v1")


def rule_with(*results: Result) -> BoundRule:
    return bound(lambda _: iter(results))


def evaluate_rules(*rules: BoundRule) -> Evaluated:
    return evaluate(SNAPSHOT, rules)


BREACH = Violation(subject="s", message="it is wrong")
GAP = Unknown(reason=Undecidable(why="the API does not report it"))
TODO = NeedsAttestation(subject="s", todo="check the connector")
ATTESTED = Attested(subject="s", by="IAM", until="2026-12-31")
SEEN = Passed(basis=Basis.OBSERVED, note=Note(code="pushed"))
NOT_HERE = NotApplicable(reason=Note(code="scim-off"))


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ((), VerdictStatus.PASS),
        ((BREACH, GAP, TODO), VerdictStatus.FAIL),
        ((GAP, TODO, SEEN), VerdictStatus.UNKNOWN),
        ((TODO, ATTESTED), VerdictStatus.NEEDS_ATTESTATION),
        ((ATTESTED, SEEN), VerdictStatus.ATTESTED),
        ((SEEN, NOT_HERE), VerdictStatus.PASS),
        ((NOT_HERE,), VerdictStatus.NOT_APPLICABLE),
        ((Cleared(subjects=frozenset({"s"})),), VerdictStatus.PASS),
    ],
)
def test_the_verdict_is_the_worst_result(results, status):
    assert evaluate_rules(rule_with(*results)).verdicts[0].status is status


def test_a_pass_without_a_result_rests_on_what_the_api_reports():
    assert evaluate_rules(rule_with()).verdicts[0].basis is Basis.REPORTED


def test_a_pass_states_its_basis():
    verdict = evaluate_rules(rule_with(SEEN)).verdicts[0]
    assert (verdict.basis, verdict.reasons) == (Basis.OBSERVED, (Note(code="pushed"),))


def test_a_failing_rule_also_states_what_is_unknown():
    assert evaluate_rules(rule_with(BREACH, GAP)).verdicts[0].reasons == (GAP.reason,)


def test_missing_data_is_the_first_of_several_reasons():
    lacks = MissingDataReason(collection=MAPPINGS.name, missing=FORBIDDEN)
    verdict = evaluate_rules(rule_with(GAP, Unknown(reason=lacks))).verdicts[0]
    assert verdict.reasons == (lacks, GAP.reason)


def test_a_rule_without_its_collections_is_unknown_and_states_the_reason():
    evaluated = evaluate_rules(bound(lambda _: iter(()), needs={MAPPINGS}))
    verdict = evaluated.verdicts[0]
    assert (verdict.status, evaluated.unknown_rules) == (
        VerdictStatus.UNKNOWN,
        frozenset({"some-rule"}),
    )
    missing = SNAPSHOT.missing[MAPPINGS.name]
    assert verdict.reasons == (MissingDataReason(collection="okta.mappings", missing=missing),)


def test_reading_a_missing_collection_makes_the_rule_unknown_and_keeps_earlier_results():
    def check(world: RuleContext) -> Iterator[Result]:
        yield BREACH
        if world[MAPPINGS]:
            yield Violation(subject="never", message="never reached")

    evaluated = evaluate_rules(bound(check))
    assert [finding.subject for finding in evaluated.findings] == ["s"]
    assert evaluated.unknown_rules == {"some-rule"}


def test_a_rule_that_raises_is_unknown_and_other_rules_are_evaluated():
    def breaks(_: RuleContext) -> Iterator[Result]:
        msg = "ada@example.com"
        raise ValueError(msg)

    evaluated = evaluate_rules(bound(breaks), bound(lambda _: iter((BREACH,)), "other-rule"))
    assert [verdict.status for verdict in evaluated.verdicts] == [
        VerdictStatus.UNKNOWN,
        VerdictStatus.FAIL,
    ]
    (reason,) = evaluated.verdicts[0].reasons
    assert isinstance(reason, RuleFailed)
    assert (reason.error, type(reason.line)) == ("ValueError", int)
    assert "ada@example.com" not in reason_text(reason)


@pytest.mark.parametrize("kind", [SystemExit, BaseException, RecursionError])
def test_a_rule_that_exits_is_unknown_and_the_audit_goes_on(kind):
    def exits(_: RuleContext) -> Iterator[Result]:
        raise kind

    evaluated = evaluate_rules(bound(exits), bound(lambda _: iter((BREACH,)), "other-rule"))
    assert [verdict.status for verdict in evaluated.verdicts] == [
        VerdictStatus.UNKNOWN,
        VerdictStatus.FAIL,
    ]
    (reason,) = evaluated.verdicts[0].reasons
    assert isinstance(reason, RuleFailed)
    assert reason.error == kind.__name__


def test_ctrl_c_during_a_rule_ends_the_audit():
    def stopped(_: RuleContext) -> Iterator[Result]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_rules(bound(stopped))


def test_a_rule_that_returns_a_sentence_as_the_reason_is_an_error():
    def check(_: RuleContext) -> Iterator[Result]:
        yield Unknown(reason="the moon is full")  # type: ignore[arg-type]

    (reason,) = evaluate_rules(bound(check)).verdicts[0].reasons
    assert isinstance(reason, RuleFailed)
    assert reason.error == "TypeError"


def test_a_findings_identity_is_rule_subject_and_attribute_and_not_its_text():
    reworded = Violation(subject="s", message="another wording", severity=Severity.LOW)
    other = Violation(subject="s", message="it is wrong", attribute="title")
    first, again, another = (
        evaluate_rules(rule_with(each)).findings[0].id for each in (BREACH, reworded, other)
    )
    assert first == again != another


def test_a_findings_id_stays_the_same_between_versions():
    assert fingerprint("email-not-login", "oty1", "") == "4b0009c27f452dbb"
    assert fingerprint("extra-attribute", "oty1", "nickName") == "33b3f23f19355b5c"


def test_the_configuration_limits_the_severity_of_the_verdict():
    plain = rule_with(BREACH)
    capped = dataclasses.replace(plain, ceiling=Severity.LOW)
    assert [evaluate_rules(each).verdicts[0].severity for each in (plain, capped)] == [
        Severity.HIGH,
        Severity.LOW,
    ]


def test_a_finding_lists_all_affected_users():
    people = tuple(Affected(id=str(number), name=f"P{number}") for number in range(250))
    (finding,) = evaluate_rules(
        rule_with(Violation(subject="s", message="m", affected=people))
    ).findings
    assert (finding.affected_count, finding.affected) == (250, people)


def test_findings_of_one_rule_beyond_the_limit_keep_only_identity_users_and_paths():
    path = Evidence.of(MAPPINGS, "mapping[oty1].email", "Email", observed="x", expected="y")
    person = Affected(id="00u1", name="Ada")
    many = [
        Violation(subject=str(n), message="m", evidence=(path,), affected=(person,))
        for n in range(3)
    ]
    within, _, beyond = evaluate(SNAPSHOT, [rule_with(*many)], max_detailed=1).findings
    assert (within.has_details, within.message, within.affected) == (True, "m", (person,))
    assert (beyond.has_details, beyond.message, beyond.affected) == (False, "", (person,))
    assert beyond.affected_count == 1
    assert [(each.field, each.observed) for each in beyond.evidence] == [
        ("mapping[oty1].email", "")
    ]


def test_details_beyond_the_limit_are_dropped_while_the_check_runs():
    alive: list[weakref.ref[Remediation]] = []

    class Traced(Remediation, frozen=True, kw_only=True, gc=True, weakref=True):
        pass

    def check(_: RuleContext) -> Iterator[Result]:
        for number in range(10):
            remediation = Traced(steps=(f"Fix {number}.",))
            alive.append(weakref.ref(remediation))
            yield Violation(subject=str(number), message="m", remediation=remediation)
            del remediation
            # the two that are kept, and the one that was yielded last
            assert sum(each() is not None for each in alive) <= 3

    assert len(evaluate(SNAPSHOT, [bound(check)], max_detailed=2).findings) == 10


def test_a_repeated_violation_does_not_count_twice_towards_the_limit():
    same, other = Violation(subject="s", message="m"), Violation(subject="t", message="m")
    found = evaluate(SNAPSHOT, [rule_with(same, same, other)], max_detailed=2).findings
    assert [(each.subject, each.has_details) for each in found] == [("s", True), ("t", True)]


@pytest.mark.parametrize(("before", "after"), [(1, 1000), (1000, 1)])
def test_crossing_the_limit_resolves_and_opens_nothing(before, after):
    rule = rule_with(*(Violation(subject=str(n), message="m") for n in range(3)))
    first, second = (evaluate(SNAPSHOT, [rule], max_detailed=each) for each in (before, after))
    opened = reconcile((), first, None, target="production", at=hours(0))
    known = [each.after for each in opened.transitions]
    again = reconcile(known, second, first.configurations, target="production", at=hours(1))
    assert [each.transition for each in again.transitions] == [Transition.STILL_OPEN] * 3
    assert [each.shift for each in again.transitions] == [None] * 3


def test_unknown_subjects_are_kept():
    evaluated = evaluate_rules(
        rule_with(Unknown(subject="00u1", reason=Undecidable(why="two accounts match")), TODO)
    )
    assert evaluated.unknown_subjects == {("some-rule", "00u1"), ("some-rule", "s")}
    assert evaluated.unknown_rules == frozenset()


def test_findings_are_sorted_by_severity():
    low = Violation(subject="a", message="m", severity=Severity.LOW)
    critical = Violation(subject="z", message="m", severity=Severity.CRITICAL)
    assert [f.subject for f in evaluate_rules(rule_with(low, critical)).findings] == ["z", "a"]
