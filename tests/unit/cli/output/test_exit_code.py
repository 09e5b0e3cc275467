import pytest

from auditor.cli.output.exit_code import ExitCode, exit_codes, worst
from auditor.domain.waivers import Waiver
from auditor.engine.evaluation.verdicts import Evaluated, VerdictStatus
from auditor.engine.findings.reconcile import reconcile
from auditor.rule.severity import Severity
from tests.support.builders.findings import START, evaluated, finding, remember

OK, FINDINGS, UNUSABLE = ExitCode.OK, ExitCode.FINDINGS, ExitCode.UNUSABLE
NOT_EVALUATED, NOT_DELIVERED = ExitCode.NOT_EVALUATED, ExitCode.NOT_DELIVERED

HIGH, MEDIUM = finding(), finding(severity=Severity.MEDIUM)
WAIVER = Waiver(
    rule="push-flag-off", owner="iam", reason="known", expires=START.date(), subject="*"
)


def codes(
    results: Evaluated, *waivers: Waiver, delivered: bool = True, fail_on: Severity = Severity.HIGH
) -> frozenset[ExitCode]:
    reconciled = reconcile((), results, None, target="production", at=START, waivers=waivers)
    return exit_codes(results, reconciled, delivered=delivered, fail_on=fail_on)


@pytest.mark.parametrize(
    ("results", "fail_on", "wanted"),
    [
        (evaluated(), Severity.LOW, set()),
        (evaluated(HIGH), Severity.HIGH, {FINDINGS}),
        (evaluated(HIGH), Severity.CRITICAL, set()),
        (evaluated(MEDIUM), Severity.HIGH, set()),
        (evaluated(MEDIUM), Severity.MEDIUM, {FINDINGS}),
        (evaluated(finding(within_grace=True)), Severity.LOW, set()),
        (evaluated(unknown_rules=("push-flag-off",)), Severity.HIGH, {NOT_EVALUATED}),
        (evaluated(unknown_rules=("push-flag-off",)), Severity.CRITICAL, set()),
        (
            evaluated(HIGH, unknown=(("push-flag-off", "x"),)),
            Severity.HIGH,
            {FINDINGS, NOT_EVALUATED},
        ),
        (
            evaluated(statuses={"push-flag-off": VerdictStatus.NEEDS_ATTESTATION}),
            Severity.LOW,
            set(),
        ),
    ],
)
def test_the_exit_codes_of_an_audit(results, fail_on, wanted):
    assert codes(results, fail_on=fail_on) == wanted


def test_a_waived_finding_does_not_fail_the_audit():
    assert codes(evaluated(HIGH), WAIVER) == set()


def test_undelivered_notifications_have_an_exit_code():
    assert codes(evaluated(HIGH), delivered=False) == {FINDINGS, NOT_DELIVERED}


def test_a_finding_that_was_not_evaluated_still_fails_the_audit():
    before = evaluated(HIGH)
    memory = remember(reconcile((), before, None, target="production", at=START), before)
    results = evaluated(unknown_rules=("push-flag-off",))
    reconciled = reconcile(
        memory.known, results, memory.configurations, target="production", at=START
    )
    assert exit_codes(results, reconciled, delivered=True, fail_on=Severity.HIGH) == {
        FINDINGS,
        NOT_EVALUATED,
    }


@pytest.mark.parametrize(
    ("all_codes", "exit_zero", "wanted"),
    [
        ((), False, OK),
        ((OK,), False, OK),
        ((NOT_DELIVERED,), False, NOT_DELIVERED),
        ((NOT_DELIVERED, NOT_EVALUATED), False, NOT_EVALUATED),
        ((NOT_EVALUATED, FINDINGS), False, FINDINGS),
        ((FINDINGS, UNUSABLE), False, UNUSABLE),
        ((FINDINGS,), True, OK),
        ((FINDINGS, NOT_EVALUATED), True, NOT_EVALUATED),
        ((FINDINGS, NOT_DELIVERED), True, NOT_DELIVERED),
        ((FINDINGS, UNUSABLE), True, UNUSABLE),
    ],
)
def test_the_most_important_exit_code_is_returned(all_codes, exit_zero, wanted):
    assert worst(all_codes, exit_zero=exit_zero) is wanted
