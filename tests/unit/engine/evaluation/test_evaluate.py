import dataclasses
from collections.abc import Callable, Iterator

import pytest

from auditor.domain import okta
from auditor.domain.collections import APP, MAPPINGS, MissingData, MissingReason
from auditor.domain.context import RuleContext
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.engine.evaluation.evaluate import KEPT_AFFECTED, evaluate, fingerprint
from auditor.engine.evaluation.verdicts import Evaluated, VerdictStatus
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Transition
from auditor.rule.binding import BoundRule
from auditor.rule.definition import NoParams, Params, rule
from auditor.rule.reason_text import reason_text
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
    Result,
    RuleFailed,
    Undecidable,
    Unknown,
    Violation,
)
from auditor.rule.severity import Basis, Family, Severity
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
        remediation="mend it",
        requires=needs,
        params=NoParams,
        resolves_on_success=sticky,
    )(with_params)
    return BoundRule(rule=made, params=NoParams(), ceiling=None, version="v1")


def says(*results: Result) -> BoundRule:
    return bound(lambda _: iter(results))


def judged(*rules: BoundRule) -> Evaluated:
    return evaluate(SNAPSHOT, rules)


BREACH = Violation(subject="s", message="it is wrong")
GAP = Unknown(reason=Undecidable(why="nobody knows"))
TODO = NeedsAttestation(subject="s", todo="look at the connector")
VOUCHED = Attested(subject="s", by="IAM", until="2026-12-31")
SEEN = Passed(basis=Basis.OBSERVED, note=Note(code="pushed"))
NOT_HERE = NotApplicable(reason=Note(code="scim-off"))


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ((), VerdictStatus.PASS),
        ((BREACH, GAP, TODO), VerdictStatus.FAIL),
        ((GAP, TODO, SEEN), VerdictStatus.UNKNOWN),
        ((TODO, VOUCHED), VerdictStatus.NEEDS_ATTESTATION),
        ((VOUCHED, SEEN), VerdictStatus.ATTESTED),
        ((SEEN, NOT_HERE), VerdictStatus.PASS),
        ((NOT_HERE,), VerdictStatus.NOT_APPLICABLE),
        ((Cleared(subject="s"),), VerdictStatus.PASS),
    ],
)
def test_the_verdict_is_the_worst_answer(results, status):
    assert judged(says(*results)).verdicts[0].status is status


def test_a_plain_pass_is_what_the_api_reports():
    assert judged(says()).verdicts[0].basis is Basis.REPORTED


def test_a_pass_states_what_it_rests_on():
    verdict = judged(says(SEEN)).verdicts[0]
    assert (verdict.basis, verdict.reasons) == (Basis.OBSERVED, (Note(code="pushed"),))


def test_a_failing_rule_also_says_where_it_is_blind():
    assert judged(says(BREACH, GAP)).verdicts[0].reasons == (GAP.reason,)


def test_a_rule_without_what_it_needs_is_blind_and_says_why():
    evaluated = judged(bound(lambda _: iter(()), needs={MAPPINGS}))
    verdict = evaluated.verdicts[0]
    assert (verdict.status, evaluated.unknown_rules) == (
        VerdictStatus.UNKNOWN,
        frozenset({"some-rule"}),
    )
    missing = SNAPSHOT.missing[MAPPINGS.name]
    assert verdict.reasons == (MissingDataReason(collection="okta.mappings", missing=missing),)


def test_asking_for_the_unseen_makes_blind_and_keeps_what_was_said_before():
    def check(world: RuleContext) -> Iterator[Result]:
        yield BREACH
        if world[MAPPINGS]:
            yield Violation(subject="never", message="never reached")

    evaluated = judged(bound(check))
    assert [finding.subject for finding in evaluated.findings] == ["s"]
    assert evaluated.unknown_rules == {"some-rule"}


def test_a_rule_that_breaks_is_blind_and_silences_no_other():
    def breaks(_: RuleContext) -> Iterator[Result]:
        msg = "ada@example.com"
        raise ValueError(msg)

    evaluated = judged(bound(breaks), bound(lambda _: iter((BREACH,)), "other-rule"))
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

    evaluated = judged(bound(exits), bound(lambda _: iter((BREACH,)), "other-rule"))
    assert [verdict.status for verdict in evaluated.verdicts] == [
        VerdictStatus.UNKNOWN,
        VerdictStatus.FAIL,
    ]
    (reason,) = evaluated.verdicts[0].reasons
    assert isinstance(reason, RuleFailed)
    assert reason.error == kind.__name__


def test_ctrl_c_in_a_rule_ends_the_audit():
    def stopped(_: RuleContext) -> Iterator[Result]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judged(bound(stopped))


def test_a_reason_that_is_a_sentence_is_an_error_of_the_rule():
    def check(_: RuleContext) -> Iterator[Result]:
        yield Unknown(reason="the moon is full")  # type: ignore[arg-type]

    (reason,) = judged(bound(check)).verdicts[0].reasons
    assert isinstance(reason, RuleFailed)
    assert reason.error == "TypeError"


def test_identity_is_rule_subject_and_attribute_and_never_the_wording():
    reworded = Violation(subject="s", message="said otherwise", severity=Severity.LOW)
    other = Violation(subject="s", message="it is wrong", attribute="title")
    first, again, another = (
        judged(says(each)).findings[0].id for each in (BREACH, reworded, other)
    )
    assert first == again != another


def test_a_findings_name_stays_the_same_from_version_to_version():
    assert fingerprint("email-not-login", "oty1", "") == "4b0009c27f452dbb"
    assert fingerprint("extra-attribute", "oty1", "nickName") == "33b3f23f19355b5c"


def test_the_configuration_caps_how_severe_the_verdict_is():
    plain = says(BREACH)
    capped = dataclasses.replace(plain, ceiling=Severity.LOW)
    assert [judged(each).verdicts[0].severity for each in (plain, capped)] == [
        Severity.HIGH,
        Severity.LOW,
    ]


def test_the_affected_are_counted_and_the_first_hundred_kept():
    people = tuple(Affected(id=str(number), name=f"P{number}") for number in range(250))
    (finding,) = judged(says(Violation(subject="s", message="m", affected=people))).findings
    assert (finding.affected_count, finding.affected) == (250, people[:KEPT_AFFECTED])


def test_findings_of_one_rule_beyond_the_limit_keep_identity_counts_and_paths_only():
    path = Evidence.of(MAPPINGS, "mapping[oty1].email", "Email", observed="x", expected="y")
    person = Affected(id="00u1", name="Ada")
    many = [
        Violation(subject=str(n), message="m", evidence=(path,), affected=(person,))
        for n in range(3)
    ]
    within, _, beyond = evaluate(SNAPSHOT, [says(*many)], max_detailed=1).findings
    assert (within.has_details, within.message, within.affected) == (True, "m", (person,))
    assert (beyond.has_details, beyond.message, beyond.affected) == (False, "", ())
    assert beyond.affected_count == 1
    assert [(each.field, each.observed) for each in beyond.evidence] == [
        ("mapping[oty1].email", "")
    ]


@pytest.mark.parametrize(("before", "after"), [(1, 1000), (1000, 1)])
def test_crossing_the_limit_resolves_and_opens_nothing(before, after):
    rule = says(*(Violation(subject=str(n), message="m") for n in range(3)))
    first, second = (evaluate(SNAPSHOT, [rule], max_detailed=each) for each in (before, after))
    opened = reconcile((), first, None, target="production", at=hours(0))
    known = [each.after for each in opened.transitions]
    again = reconcile(known, second, first.configurations, target="production", at=hours(1))
    assert [each.transition for each in again.transitions] == [Transition.STILL_OPEN] * 3
    assert [each.shift for each in again.transitions] == [None] * 3


def test_the_unknown_is_kept_by_subject():
    evaluated = judged(
        says(Unknown(subject="00u1", reason=Undecidable(why="two accounts match")), TODO)
    )
    assert evaluated.unknown_subjects == {("some-rule", "00u1"), ("some-rule", "s")}
    assert evaluated.unknown_rules == frozenset()


def test_findings_come_worst_first():
    low = Violation(subject="a", message="m", severity=Severity.LOW)
    critical = Violation(subject="z", message="m", severity=Severity.CRITICAL)
    assert [f.subject for f in judged(says(low, critical)).findings] == ["z", "a"]
