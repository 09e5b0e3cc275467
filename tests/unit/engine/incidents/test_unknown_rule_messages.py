"""Incidents and messages of rules that could not be evaluated."""

import pytest
from msgspec.structs import replace

from auditor.domain.collections import MAPPINGS, MissingData, MissingReason
from auditor.domain.remediation.missing_data import missing_data_remediation
from auditor.engine.changes.diff import ConfigurationRead
from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentStatus
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.rule.texts.reason_text import reason_text
from tests.support.audited_target import ALSO_OFF, CLEAN, OFF, change, reasons
from tests.support.builders.findings import (
    START,
    TIMED_OUT,
    evaluated,
    finding,
    hours,
    missing_reason,
)

MAPPING_GONE = MissingData(why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/mappings", status=403)
WHY: dict[int | None, MissingReason] = {
    401: MissingReason.UNAUTHORIZED,
    403: MissingReason.FORBIDDEN,
    404: MissingReason.NOT_FOUND,
}


def test_an_incident_that_is_not_evaluated_stays_open_and_is_not_called_fixed(audits):
    audits.run(finding(), hour=1)
    (one,) = audits.run(hour=2, unknown_rules=("push-flag-off",))
    (state,) = one.about.states
    assert one.about.updates == ()
    assert state.status is IncidentStatus.OPEN
    assert state.lines == ("create-users is off",)
    assert state.note == f"Not evaluated in this audit: {reason_text(TIMED_OUT)}"


def test_a_partly_evaluated_incident_states_how_many_findings_were_not_evaluated(audits):
    both = (OFF, ALSO_OFF)
    audits.run(*both, hour=1, changes=(change(),))
    (one,) = audits.run(both[0], hour=2, unknown=(("push-flag-off", "update-attributes"),))
    assert one.about.states[0].note == "Not evaluated in this audit: 1 of 2 findings"


def test_a_not_evaluated_rule_is_reported_after_three_audits(audits):
    assert audits.run(hour=1, unknown_rules=("email-not-login",)) == ()
    assert audits.run(hour=2, unknown_rules=("email-not-login",)) == ()
    (one,) = audits.run(hour=3, unknown_rules=("email-not-login",))
    assert one.rules == (NOT_EVALUATED,)
    (state,) = one.about.states
    assert [update.cause for update in one.about.updates] == [""]
    assert state.lines == (f"{reason_text(TIMED_OUT)} (not evaluated: email-not-login)",)
    assert state.since == hours(1)
    (after,) = audits.run(hour=4)
    assert reasons([after]) == [NotifyReason.RESOLVED]


def test_missing_data_without_a_refusal_states_the_remediation(audits):
    gone = {
        "okta.app": MissingData(
            why=MissingReason.NETWORK, endpoint="GET /api/v1/apps/0oa1", status=500
        )
    }
    for hour in (1, 2):
        audits.run(hour=hour, unknown_rules=("email-not-login",), missing=gone)
    (one,) = audits.run(hour=3, unknown_rules=("email-not-login",), missing=gone)
    assert one.about.states[0].steps == (missing_data_remediation("okta.app", gone["okta.app"]),)


def test_a_rule_that_is_unknown_for_another_reason_is_not_grouped_under_an_unreadable_side(audits):
    refused = MissingData(
        why=MissingReason.UNAUTHORIZED, endpoint="GET /api/v1/mappings", status=401
    )
    for hour in (1, 2):
        audits.run(hour=hour, unknown_rules=("email-not-login",), missing={MAPPINGS.name: refused})
    (one,) = audits.run(
        hour=3, unknown_rules=("email-not-login",), missing={MAPPINGS.name: refused}
    )
    assert one.about.states[0].lines == (
        f"{reason_text(TIMED_OUT)} (not evaluated: email-not-login)",
    )


def test_one_evaluated_audit_restarts_the_count(audits):
    for hour in (1, 2, 4, 5):
        assert audits.run(hour=hour, unknown_rules=("email-not-login",)) == ()
        if hour == 2:
            assert audits.run(hour=3) == ()


def test_another_not_evaluated_rule_makes_the_incident_worse(audits):
    for hour in (1, 2, 3):
        audits.run(hour=hour, unknown_rules=("email-not-login",))
    for hour in (4, 5):
        assert audits.run(hour=hour, unknown_rules=CLEAN) == ()
    (one,) = audits.run(hour=6, unknown_rules=CLEAN)
    assert reasons([one]) == [NotifyReason.WORSE]
    assert one.about.states[0].findings == 2


def without_mappings(audits, status: int | None, hour: float, why: MissingReason | None = None):
    missing = replace(MAPPING_GONE, why=why or WHY[status], status=status)
    seen = evaluated(rules=CLEAN, unknown_rules=("email-not-login",))
    because = (missing_reason(MAPPINGS.name, missing),)
    verdicts = tuple(
        replace(each, reasons=because) if each.reasons else each for each in seen.verdicts
    )
    gone = {MAPPINGS.name: missing}
    return audits.audit(replace(seen, verdicts=verdicts), hour=hour, missing=gone)


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (401, "Issue a new credential and store it in the variable"),
        (403, "Give it the permissions that `auditor doctor` lists."),
        (404, ""),
    ],
)
def test_a_collection_that_was_readable_and_is_refused_is_reported_at_once(audits, status, step):
    reads = {MAPPINGS.name: ConfigurationRead(at=START, paths={})}
    audits.memory = replace(audits.memory, configuration_reads=reads)
    (one,) = without_mappings(audits, status, 1)
    (state,) = one.about.states
    assert state.steps[0].startswith(step)


@pytest.mark.parametrize("was_read", [True, False])
def test_lost_access_is_named(audits, was_read):
    reads = {MAPPINGS.name: ConfigurationRead(at=START, paths={})} if was_read else {}
    audits.memory = replace(audits.memory, configuration_reads=reads)
    (one,) = without_mappings(audits, 403, 1)
    lost = "Access lost: okta.mappings could be read before"
    assert one.about.states[0].note == (lost if was_read else "")


@pytest.mark.parametrize(
    "why", [MissingReason.TIMEOUT, MissingReason.RATE_LIMITED, MissingReason.NETWORK]
)
def test_a_fault_that_can_pass_is_reported_only_when_it_lasts(audits, why):
    sent = [len(without_mappings(audits, None, hour, why=why)) for hour in (1, 2, 3)]
    assert sent == [0, 0, 1]
