from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import NullPool, create_engine, func, select

from auditor.domain.collections import MissingData, MissingReason
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.changes.diff import Change, ChangeActor, Confidence, ConfigurationRead
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import Novelty, Resolution, State, Transition
from auditor.rule.results import Affected, Evidence, Remediation
from auditor.rule.severity import Severity
from auditor.store import open_store
from auditor.store.tables import TableRow
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import TIMED_OUT, evaluated, finding, hours
from tests.support.stored_history import stored_transitions, stored_verdicts

FLAG = finding()
LOUD = replace(
    finding("email-not-login", "oty1", affected=(Affected(id="00u1", name="Ada", detail="x"),)),
    evidence=(Evidence(collection="okta.mappings", field="email", observed="a", expected="b"),),
    remediation=Remediation(steps=("Open the app", "Map it"), terraform="resource {}"),
    since=hours(-5),
)


def rows(url) -> dict[str, int]:
    """Count the rows of every table."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in TableRow.metadata.sorted_tables
        }


def test_a_target_that_was_never_audited_has_no_memory(store):
    assert store.audits.recall(TARGET) == PreviousAudits()


def test_an_audit_has_the_findings_of_the_previous_one(store):
    reconciled = audit(store, FLAG)
    memory = store.audits.recall(TARGET)
    assert memory.known == tuple(entry.after for entry in reconciled.transitions)
    assert memory.configurations == evaluated(FLAG).configurations


def test_a_finding_is_stored_with_all_its_fields(store):
    audit(store, LOUD)
    (kept,) = store.history.findings(TARGET)
    assert (kept.evidence, kept.affected, kept.remediation) == (
        LOUD.evidence,
        LOUD.affected,
        LOUD.remediation,
    )
    assert (kept.message, kept.since, kept.novelty) == (LOUD.message, hours(-5), Novelty.BASELINE)


def test_the_first_hundred_affected_users_are_stored(store):
    people = tuple(Affected(id=f"00u{number}", name=f"P{number}") for number in range(250))
    audit(store, finding(affected=people))
    (kept,) = store.history.findings(TARGET)
    assert (kept.affected_count, kept.affected) == (250, people[:100])


def test_a_finding_that_is_not_evaluated_keeps_its_last_values(store):
    audit(store, LOUD)
    audit(store, hour=1, seen=evaluated(unknown_rules=(LOUD.rule,)))
    (kept,) = store.history.findings(TARGET)
    assert (kept.transition, kept.message, kept.affected) == (
        Transition.NOT_EVALUATED,
        LOUD.message,
        LOUD.affected,
    )
    assert kept.reason == TIMED_OUT
    assert kept.last_seen_at == hours(0)


def test_a_persisting_finding_has_present_values_and_the_origin_of_its_first_audit(store):
    audit(store, LOUD)
    for hour in (1, 2):
        audit(store, replace(LOUD, message="worded anew"), hour=hour)
    (kept,) = store.history.findings(TARGET)
    assert (kept.message, kept.novelty) == ("worded anew", Novelty.BASELINE)
    assert (kept.first_seen_at, kept.last_seen_at) == (hours(0), hours(2))


def test_an_audit_without_transitions_adds_one_row(store, url):
    many = [finding(subject=f"flag-{number}") for number in range(30)]
    for hour in (0, 1):
        audit(store, *many, hour=hour)
    before = rows(url)
    audit(store, *many, hour=2)
    after = rows(url)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "audit": 1
    }


def test_more_findings_than_fit_in_a_statement_are_stored(store):
    many = [finding(subject=f"00u{number}") for number in range(2500)]
    audit(store, *many)
    assert len(store.audits.recall(TARGET).known) == 2500
    reconciled = audit(store, *many, hour=1)
    assert {entry.transition for entry in reconciled.transitions} == {Transition.STILL_OPEN}


def test_a_resolved_finding_is_known_when_it_returns(store):
    audit(store, FLAG)
    audit(store, hour=1)
    assert store.audits.recall(TARGET).known == ()
    reconciled = audit(store, FLAG, hour=2)
    assert [entry.transition for entry in reconciled.transitions] == [Transition.REOPENED]


def test_transitions_have_their_kind_and_time(store):
    audit(store, FLAG)
    audit(store, FLAG, hour=1)
    audit(store, hour=2)
    audit(store, FLAG, hour=3)
    transitions = stored_transitions(store, TARGET)
    assert [(each.transition, each.at) for each in transitions] == [
        (Transition.NEW, hours(0)),
        (Transition.RESOLVED, hours(2)),
        (Transition.REOPENED, hours(3)),
    ]
    assert [each.resolution for each in transitions] == [None, Resolution.FIXED, None]


def test_a_verdict_is_stored_with_its_period(store):
    audit(store, FLAG)
    for hour in (1, 2):
        audit(store, hour=hour)
    audit(store, hour=3, seen=evaluated(unknown_rules=(FLAG.rule,)))
    history = stored_verdicts(store, TARGET)
    assert [(each.status, each.since, each.until) for each in history] == [
        (VerdictStatus.FAIL, hours(0), hours(1)),
        (VerdictStatus.PASS, hours(1), hours(3)),
        (VerdictStatus.UNKNOWN, hours(3), None),
    ]
    (now,) = store.history.verdicts(TARGET)
    assert (now.status, now.reasons) == (VerdictStatus.UNKNOWN, (TIMED_OUT,))
    (earlier,) = store.history.verdicts(TARGET, at=hours(2))
    assert earlier.status is VerdictStatus.PASS


def test_the_verdict_of_a_rule_that_no_longer_runs_has_ended(store):
    audit(store, FLAG)
    audit(store, hour=1, seen=evaluated(rules=("another-rule",)))
    assert [each.rule for each in store.history.verdicts(TARGET)] == ["another-rule"]


def test_audits_are_read_with_their_counts_and_missing_data(store):
    gone = {
        "okta.log": MissingData(
            why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/logs", status=403
        )
    }
    for hour in range(3):
        audit(
            store,
            FLAG,
            hour=hour,
            seen=None,
            missing=gone,
            took=timedelta(seconds=1.5),
            requests=12,
            request_ids={"okta.app": "reqSeen", "okta.log": "reqRefused"},
            snapshot_hash="abc",
        )
    audits = store.history.audits(TARGET, since=hours(1))
    assert [each.at for each in audits] == [hours(1), hours(2)]
    assert (audits[0].missing, audits[0].duration, audits[0].requests) == (gone, 1.5, 12)
    assert audits[0].request_ids == {"okta.app": "reqSeen", "okta.log": "reqRefused"}
    assert audits[0].counts.open[Severity.HIGH] == 1
    assert audits[0].counts.verdicts == {"fail": 1}
    assert audits[0].rules == evaluated(FLAG).configurations
    assert [each.at for each in store.history.audits(TARGET, limit=1)] == [hours(2)]


def test_the_last_complete_read_is_kept_when_a_collection_is_missing(store):
    audit(store, configuration={"okta.app": {"status": "ACTIVE"}, "unleash.scim": {"on": "yes"}})
    audit(store, hour=1, configuration={"okta.app": {"status": "INACTIVE"}})
    assert store.audits.recall(TARGET).configuration_reads == {
        "okta.app": ConfigurationRead(at=hours(1), paths={"status": "INACTIVE"}),
        "unleash.scim": ConfigurationRead(at=hours(0), paths={"on": "yes"}),
    }


def test_an_equal_read_gets_a_new_date(store):
    for hour in (0, 1):
        audit(store, hour=hour, configuration={"okta.app": {"status": "ACTIVE"}})
    assert store.audits.recall(TARGET).configuration_reads["okta.app"].at == hours(1)


def test_the_names_of_the_last_read_are_kept_with_it(store):
    paths = {"okta.user_types": {"userType[oty1]": "contractor"}}
    for hour, name in enumerate(("Contractor", "Contractors")):
        names = {"okta.user_types": {"userType[oty1]": name}}
        audit(store, hour=hour, configuration=paths, configuration_names=names)
    found = store.audits.recall(TARGET).configuration_reads["okta.user_types"]
    assert found.names == {"userType[oty1]": "Contractors"}


def test_log_checkpoints_are_stored(store):
    audit(store, checkpoints={"okta.log": hours(0), "unleash.events": hours(-1)})
    audit(store, hour=1, checkpoints={"okta.log": hours(1)})
    assert store.audits.recall(TARGET).checkpoints == {
        "okta.log": hours(1),
        "unleash.events": hours(-1),
    }


def test_changes_are_read_as_they_were_stored(store):
    change = Change(
        collection="okta.mappings",
        path="mapping[oty1].email.expression",
        before="user.login",
        after=None,
        since=hours(-1),
        until=hours(0),
        confidence=Confidence.LIKELY,
        actors=(ChangeActor(name="Grace", actor_id="00u2", at=hours(-1), event_id="e1"),),
    )
    audit(store, changes=(change,))
    (kept,) = store.history.changes(TARGET, since=hours(0))
    assert replace(change) == Change(
        **{name: getattr(kept, name) for name in change.__struct_fields__}
    )
    assert store.history.changes(TARGET, since=hours(1)) == ()


def test_targets_have_separate_data(store):
    audit(store, FLAG, target="one")
    assert store.audits.recall("two") == PreviousAudits()
    audit(store, FLAG, target="two")
    audit(store, hour=1, target="two")
    assert [each.state for each in store.history.findings("one")] == [State.OPEN]
    assert store.history.targets() == ("one", "two")


def test_two_audits_at_the_same_time_are_both_stored(store):
    audit(store, FLAG)
    audit(store)
    assert [each.transition for each in stored_transitions(store, TARGET)] == [
        Transition.NEW,
        Transition.RESOLVED,
    ]
    assert store.outbox.backlog().waiting == 2


def test_a_clock_that_was_set_back_loses_nothing(store):
    audit(store, FLAG, hour=10)
    audit(store, FLAG, finding(subject="push-groups"), hour=2)
    reconciled = audit(store, hour=3)
    assert [entry.transition for entry in reconciled.transitions] == [
        Transition.RESOLVED,
        Transition.RESOLVED,
    ]
    assert [each.at for each in store.history.audits(TARGET)] == [hours(10), hours(2), hours(3)]
    (verdict,) = store.history.verdicts(TARGET)
    assert verdict.since == hours(3)


def test_outside_text_may_contain_any_characters(store):
    odd = replace(FLAG, message="nul \0 quote ' \" \U0001f980 \u202e %s :name")
    audit(store, odd)
    (kept,) = store.history.findings(TARGET)
    assert kept.message == odd.message.replace("\0", "\ufffd")


def test_history_survives_closing(url):
    with open_store(url, migrate=True) as store:
        audit(store, FLAG)
    with open_store(url) as store:
        assert [known.id for known in store.audits.recall(TARGET).known] == [FLAG.id]
