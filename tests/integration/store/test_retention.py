from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from auditor.engine.changes.diff import Change, ChangeActor
from auditor.engine.findings.tracked_findings import State, Transition
from auditor.engine.incidents.incident import (
    Incident,
    IncidentState,
    IncidentStatus,
    NotifiedState,
)
from auditor.engine.simulation.fix_effects import CauseEffects, FixEffects
from auditor.engine.simulation.lockout import AccessAnswer, Lockout, ScenarioOutcome
from auditor.rule.results import Affected, Evidence
from auditor.rule.severity import Severity
from auditor.store import Thread
from auditor.store.tables.column_types import TableRow
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import finding, hours
from tests.support.stored_history import stored_transitions, stored_verdicts
from tests.support.stores import claimed, delivery

DAY = 24
KEEP = timedelta(days=10)
LONG = timedelta(days=400)
ADA = Affected(id="00u1", name="Ada Lovelace", detail="mapped ada@a.example")
NAMED = replace(
    finding(affected=(ADA,)),
    message="Ada Lovelace is not found",
    evidence=(Evidence(collection="okta.assignments", field="email", observed="a", expected="b"),),
)
CHANGE = Change(
    collection="okta.app",
    path="app.status",
    before="ACTIVE",
    after="INACTIVE",
    since=hours(-1),
    until=hours(0),
    actors=(ChangeActor(name="Ada Lovelace", actor_id="00u1", at=hours(0), event_id="e1"),),
)


LOCKOUT = Lockout(
    target=TARGET,
    at=hours(0),
    scenarios=(
        ScenarioOutcome(
            name="deleted-1",
            title="Ada Lovelace can be deleted",
            reachable=AccessAnswer.PROVEN,
            reasons=(),
            paths=(),
        ),
    ),
    recovery_admins=(),
)
EFFECTS = (CauseEffects(cause="c1", fixes=(FixEffects(lines=("Ada Lovelace can be renamed.",)),)),)


def prune(store, days: float, keep: timedelta = KEEP) -> bool:
    return bool(store.retention.prune(TARGET, at=hours(days * DAY), keep=keep))


def test_an_open_finding_is_never_pruned(store):
    audit(store, NAMED)
    prune(store, 31)
    (kept,) = store.history.findings(TARGET)
    assert (kept.message, kept.affected) == (NAMED.message, (ADA,))
    assert [each.transition for each in stored_transitions(store, TARGET)] == [Transition.NEW]


def test_the_last_audit_is_never_pruned(store):
    for hour in (0, 1):
        audit(store, hour=hour)
    prune(store, 31)
    assert [run.at for run in store.history.audits(TARGET)] == [hours(1)]
    assert store.audits.recall(TARGET).last_audit is not None


def test_records_older_than_the_retention_are_pruned(store):
    audit(store, NAMED, changes=(CHANGE,))
    audit(store, hour=1)
    prune(store, 10)
    assert len(store.history.changes(TARGET, since=hours(-1))) == 1
    prune(store, 11)
    assert store.history.changes(TARGET, since=hours(-1)) == ()
    assert stored_transitions(store, TARGET) == []
    assert store.history.findings(TARGET, State.RESOLVED) == ()
    assert [each.since for each in stored_verdicts(store, TARGET)] == [hours(1)]


def test_names_are_removed_thirty_days_after_a_finding_was_resolved(store):
    audit(store, NAMED)
    audit(store, hour=1)
    prune(store, 30, LONG)
    assert store.history.findings(TARGET, State.RESOLVED)[0].affected == (ADA,)
    prune(store, 31, LONG)
    (kept,) = store.history.findings(TARGET, State.RESOLVED)
    assert (kept.affected, kept.evidence, kept.message) == ((), (), "")
    assert (kept.affected_count, kept.subject) == (1, "create-users")


def test_a_finding_without_its_names_can_reopen(store):
    audit(store, NAMED)
    audit(store, hour=1)
    prune(store, 31, LONG)
    reconciled = audit(store, NAMED, hour=32 * DAY)
    assert [entry.transition for entry in reconciled.transitions] == [Transition.REOPENED]
    assert store.history.findings(TARGET)[0].affected == (ADA,)


def test_messages_are_removed_thirty_days_after_their_delivery(store):
    audit(store, NAMED)
    audit(store, finding(subject="never-sent"), hour=1)
    with delivery(store) as claims:
        first, _ = claims.claim(2, at=hours(1))
        claims.delivered(first, {}, at=hours(1))
    prune(store, 31)
    assert [item.created_at for item in claimed(store, hours(900))] == [hours(1)]


def test_documents_without_a_reference_are_removed(store):
    for hour in range(3):
        audit(store, finding(subject=f"flag-{hour}"), hour=hour)
    audit(store, hour=11 * DAY)
    prune(store, 22)
    (run,) = store.history.audits(TARGET)
    assert run.counts.verdicts == {"pass": 1}


def test_other_targets_are_not_pruned(store):
    for target in (TARGET, "other"):
        audit(store, NAMED, target=target)
        audit(store, target=target, hour=1)
    prune(store, 31)
    assert len(store.history.audits("other")) == 2
    assert len(store.history.findings("other", State.RESOLVED)) == 1


@pytest.mark.parametrize("later", [False, True])
def test_nothing_is_pruned_when_the_clock_jumps_by_years(store, later):
    audit(store, NAMED, changes=(CHANGE,))
    audit(store, hour=1)
    at = 3650 * DAY
    audit(store, hour=at)
    if later:
        audit(store, hour=at + 1)
    assert not prune(store, 3650 + 1)
    assert len(store.history.findings(TARGET, State.RESOLVED)) == 1
    assert len(store.history.changes(TARGET, since=hours(-1))) == 1
    assert prune(store, 3), "the clock is right again"


def test_history_is_pruned_again_a_week_after_a_long_pause(store):
    audit(store, NAMED)
    audit(store, hour=1)
    for day in range(100, 109):
        audit(store, hour=day * DAY)
    assert not prune(store, 106)
    assert prune(store, 108)
    assert store.history.findings(TARGET, State.RESOLVED) == ()


def test_the_thread_of_an_incident_is_kept_while_the_incident_is_known(store):
    state = IncidentState(
        rule=NAMED.rule,
        title="t",
        status=IncidentStatus.OPEN,
        severity=Severity.HIGH,
        since=hours(0),
        dated=False,
        findings=1,
        lines=(),
    )
    incident = Incident(thread="open", state=state, notified_affected=0, notified_at=hours(0))
    notified_state = NotifiedState(audited_at=hours(0), incidents={NAMED.rule: incident})
    audit(store, NAMED, notified_state=notified_state)
    for key in ("open", "ended"):
        thread = Thread(
            target=TARGET,
            channel="slack",
            key=key,
            channel_id="C1",
            ts="1.2",
            shows="",
            outbox_id=1,
            at=hours(0),
        )
        store.incidents.keep_thread(thread)
    prune(store, 31)
    assert store.incidents.threads(TARGET, "open")
    assert not store.incidents.threads(TARGET, "ended")


def everything(store) -> str:
    """Return all rows of all tables as text."""
    with store.history.database.reading() as connection:
        return "\n".join(
            f"{table.name}: {dict(row)}"
            for table in TableRow.metadata.sorted_tables
            for row in connection.execute(select(table)).mappings()
        )


def test_a_user_who_is_forgotten_by_name_is_forgotten_by_id_too(store):
    audit(store, NAMED, finding("login-mismatch", "00u1"), changes=(CHANGE,))
    audit(store, NAMED, hour=1, admin_access=LOCKOUT, fix_effects=EFFECTS)
    assert everything(store).count("Ada Lovelace can") == 2
    assert store.retention.forget("ada lovelace") > 0
    left = everything(store)
    assert "Ada" not in left
    assert "00u1" not in left


def test_the_name_of_an_admin_is_forgotten_in_changes_and_in_the_last_read(store):
    ended = replace(CHANGE, path="admin[7]", before="on", after=None, name="Ada King", actors=())
    names = {"unleash.users": {"admin[7]": "Ada King"}}
    read = {"unleash.users": {"admin[7]": "on"}}
    audit(store, changes=(ended,), configuration=read, configuration_names=names)
    assert everything(store).count("Ada King") == 2
    assert store.retention.forget("7") == 2
    assert "Ada King" not in everything(store)


def test_no_other_user_is_forgotten(store):
    grace = Affected(id="00u11", name="Grace Hopper")
    audit(store, finding(affected=(ADA, grace)), changes=(CHANGE,))
    store.retention.forget("00u1")
    (kept,) = store.history.findings(TARGET)
    assert grace in kept.affected


def test_forgetting_an_unknown_user_changes_nothing(store):
    audit(store, NAMED, changes=(CHANGE,))
    before = store.history.findings(TARGET), store.history.changes(TARGET, since=hours(-1))
    assert store.retention.forget("unknown@example.com") == 0
    assert (
        store.history.findings(TARGET),
        store.history.changes(TARGET, since=hours(-1)),
    ) == before
