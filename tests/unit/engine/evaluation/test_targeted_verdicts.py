"""Which rules a targeted audit evaluates, and which it leaves to the next full audit."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import Raw

from auditor.domain.collections import APP, ASSIGNMENTS, MissingReason
from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.targeted_evaluation import TargetedEvaluation, evaluate_targeted
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.resources import shipped
from auditor.rule.binding import BoundRule, bind
from auditor.rule.custom.custom_rule import CustomParams
from auditor.rule.custom.process_messages import ParamsFacts
from auditor.rule.loader import load_rules
from auditor.rule.severity import Severity
from tests.support.builders.contexts import clean_snapshot, mapping, missing

LEFT = missing(MissingReason.LEFT_TO_FULL_AUDIT, "-")
SHIPPED = bind(
    load_rules([shipped("rules")]), {"extra-attribute": {"severity": "low"}}, where="test"
)
RULES = {each.id: each for each in SHIPPED}
EMAIL, ATTRIBUTE, LEAVER = (
    RULES[each] for each in ("email-not-login", "extra-attribute", "user-not-removed")
)
CUSTOM = replace(
    ATTRIBUTE,
    rule=replace(ATTRIBUTE.rule, id="custom"),
    params=CustomParams(
        facts=ParamsFacts(
            values=Raw(b"{}"),
            log_window=timedelta(),
            reads_all_members=False,
            identity_values=(),
            allowed_attributes=None,
        )
    ),
)


def part(**changes) -> Snapshot:
    """Return a targeted snapshot without users and assignments; an email is not the login."""
    left = {"assignments": LEFT, "users": LEFT, "access": LEFT}
    return clean_snapshot(mappings=[mapping(email="user.email")], **left | changes)


def targeted(*rules: BoundRule, ran_before=None, **changes) -> TargetedEvaluation:
    """Evaluate rules that the last full audit ran in the same way."""
    same = {each.id: f"{each.configuration}-{each.version}" for each in rules}
    return evaluate_targeted(part(**changes), rules, {**same, **(ran_before or {})})


def test_rules_that_need_other_data_are_left_and_the_others_are_evaluated():
    found = targeted(CUSTOM, LEAVER, EMAIL, ATTRIBUTE)
    assert found.left == {
        "custom": frozenset(),
        "user-not-removed": frozenset(each.name for each in LEAVER.rule.reads),
    }
    assert [(each.rule, each.status) for each in found.verdicts] == [
        ("email-not-login", VerdictStatus.FAIL),
        ("extra-attribute", VerdictStatus.PASS),
    ]
    assert {each.rule for each in found.findings} == {"email-not-login"}
    assert found.configurations.keys() == {"custom", *found.rules, "user-not-removed"}


@pytest.mark.parametrize(
    ("rule", "ran_before"),
    [
        (replace(EMAIL, rule=replace(EMAIL.rule, resolves_on_success=True)), {}),
        (EMAIL, {"email-not-login": "changed"}),
    ],
    ids=["event rule", "other configuration"],
)
def test_a_rule_that_only_a_full_audit_may_evaluate_is_left(rule, ran_before):
    found = targeted(rule, ran_before=ran_before)
    assert (list(found.left), found.verdicts, found.findings) == (["email-not-login"], (), ())


@pytest.mark.parametrize(
    ("counts_from", "assignments", "uncounted"),
    [
        ({ASSIGNMENTS}, LEFT, {"email-not-login"}),
        ({ASSIGNMENTS, APP}, LEFT, {"email-not-login"}),
        ({ASSIGNMENTS}, [], set()),
    ],
)
def test_a_rule_has_no_count_while_data_that_counts_its_users_is_left(
    counts_from, assignments, uncounted
):
    rule = replace(EMAIL, rule=replace(EMAIL.rule, counts_from=frozenset(counts_from)))
    assert targeted(rule, assignments=assignments).uncounted == uncounted


def test_a_configured_severity_replaces_that_of_the_rule():
    assert targeted(EMAIL, ATTRIBUTE).severities == {
        "email-not-login": EMAIL.rule.severity,
        "extra-attribute": Severity.LOW,
    }
