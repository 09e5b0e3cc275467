"""The headline of a target without open findings, in its exact words."""

import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import State
from auditor.engine.views.target_report.report_headline import TargetStatus
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import bound, finding, report, verdict
from tests.support.reported_rules import WAIVER, failing

RULES = tuple(bound(f"rule-{number}") for number in range(3))


@pytest.mark.parametrize(("unknown", "text"), [(1, "1 of 3 rules was"), (2, "2 of 3 rules were")])
def test_the_headline_counts_the_rules_that_were_not_evaluated(unknown, text):
    reasons = (missing_reason("okta.log"),)
    verdicts = tuple(
        verdict(each.id, VerdictStatus.UNKNOWN, reasons=reasons) for each in RULES[:unknown]
    )
    headline = report(rules=RULES, verdicts=verdicts).headline
    assert (headline.status, headline.verdict) == (
        TargetStatus.INCOMPLETE,
        f"{text} not evaluated.",
    )


def test_an_attested_rule_counts_as_passed():
    seen = report(rules=RULES, verdicts=(verdict("rule-0", VerdictStatus.ATTESTED),))
    assert (seen.completeness.passed, seen.completeness.evaluated) == (3, 3)
    assert seen.headline.verdict == "All 3 applicable rules passed."


def test_numbers_above_one_have_a_plural():
    subjects = ("one", "two")
    seen = report(
        *(finding(subject=each, waived=True, waiver=WAIVER) for each in subjects),
        *(finding("rule-0", each, state=State.PENDING) for each in subjects),
        rules=(*RULES, bound()),
        verdicts=(
            *failing("push-flag-off", "rule-0"),
            *(verdict(each.id, VerdictStatus.NEEDS_ATTESTATION) for each in RULES[1:]),
        ),
    )
    assert str(seen.headline) == (
        "Pass: No open findings. 0 of 4 rules passed. 2 rules need a manual check. "
        "2 findings are accepted by a waiver. 2 violations are in the grace period."
    )
    assert "2 need attestation" in str(seen.completeness)


def test_a_target_of_which_no_rule_was_evaluated_is_incomplete():
    manual = tuple(verdict(each.id, VerdictStatus.NEEDS_ATTESTATION) for each in RULES)
    headline = report(rules=RULES, verdicts=manual).headline
    assert str(headline) == (
        "Incomplete: No rule could be evaluated. The state of the target is unknown."
    )
