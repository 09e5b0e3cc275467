from typing import Any

import msgspec

from auditor.domain.waivers import Waiver
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.views.audit_summary import Summary, summarize
from auditor.rule.results import Affected
from auditor.rule.severity import Severity
from auditor.rule.texts.reason_text import reason_text
from tests.support.builders.findings import START, TIMED_OUT, evaluated, finding, hours, remember
from tests.support.inspection.json_schema import schema_errors
from tests.support.session.process_groups import uses_json_schema

pytestmark = uses_json_schema

ADA = Affected(id="00u1", name="Ada Berg")
WAIVER = Waiver(rule="waived", owner="iam", reason="known", expires=hours(48).date())


def as_json(seen: Evaluated, before: Evaluated | None = None) -> Any:
    """Return what `--format json` prints of a run, after checking it against its own schema."""
    memory = PreviousAudits()
    if before:
        memory = remember(
            reconcile(memory.known, before, memory.configurations, target="production", at=START),
            before,
        )
    at = hours(2)
    reconciled = reconcile(
        memory.known, seen, memory.configurations, target="production", at=at, waivers=(WAIVER,)
    )
    summary = Summary(
        auditor="1.0",
        exit_code=1,
        fail_on=Severity.HIGH,
        targets=(summarize("production", at, reconciled),),
    )
    document = msgspec.json.decode(msgspec.json.encode(summary))
    assert schema_errors(document, msgspec.json.schema(Summary)) == []
    return document


def test_each_rule_has_its_verdict_and_its_findings():
    seen = evaluated(
        finding("email-not-login", "oty1", affected=(ADA,), affected_count=120),
        rules=("push-flag-off",),
        unknown_rules=("scim-disabled",),
    )
    (target,) = as_json(seen)["targets"]
    assert target["target"] == "production"
    assert target["rules"]["push-flag-off"] == {
        "verdict": "pass",
        "severity": "high",
        "basis": None,
        "reasons": [],
        "findings": [],
    }
    assert target["rules"]["scim-disabled"]["verdict"] == "unknown"
    assert target["rules"]["scim-disabled"]["reasons"] == [reason_text(TIMED_OUT)]
    (found,) = target["rules"]["email-not-login"]["findings"]
    assert found["subject"] == "oty1"
    assert (found["state"], found["change"], found["novelty"]) == ("open", "new", "baseline")
    assert found["affected"] == {
        "count": 120,
        "listed": [{"id": "00u1", "name": "Ada Berg", "detail": ""}],
    }
    assert found["first_seen"] == "2026-01-05T11:00:00Z"


def test_a_resolved_finding_stays_visible_with_the_reason():
    rules = ("email-not-login",)
    before = evaluated(finding("email-not-login", "oty1"), rules=rules)
    (target,) = as_json(evaluated(rules=rules), before)["targets"]
    (found,) = target["rules"]["email-not-login"]["findings"]
    assert (found["state"], found["resolution"]) == ("resolved", "fixed")
    assert found["message"] == "oty1 is off"
    assert target["counts"]["changes"]["resolved"] == 1


def test_a_finding_that_was_not_evaluated_states_the_reason():
    rules = ("email-not-login",)
    before = evaluated(finding("email-not-login", "oty1"), rules=rules)
    (target,) = as_json(evaluated(rules=rules, unknown_rules=rules), before)["targets"]
    (found,) = target["rules"]["email-not-login"]["findings"]
    assert (found["change"], found["reason"]) == ("not_evaluated", reason_text(TIMED_OUT))


def test_findings_of_a_removed_rule_are_listed_separately():
    (target,) = as_json(evaluated(finding()), evaluated(finding("gone", "x")))["targets"]
    assert [each["rule"] for each in target["retired"]] == ["gone"]
    assert "gone" not in target["rules"]


def test_all_findings_and_verdicts_are_counted():
    seen = evaluated(finding(), finding("waived", "x"), unknown_rules=("scim-disabled",))
    (target,) = as_json(seen)["targets"]
    assert target["counts"]["open"] == {"low": 0, "medium": 0, "high": 1, "critical": 0}
    assert target["counts"]["waived"] == 1
    assert target["counts"]["verdicts"]["unknown"] == 1
    assert sum(target["counts"]["changes"].values()) == 2
