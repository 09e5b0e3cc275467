import pytest
from msgspec.structs import replace

from auditor.domain.collections import APP, INSTANCE, STATISTICS
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.domain.unleash import Statistics
from auditor.engine.findings.tracked_findings import Novelty, Resolution, Transition
from auditor.errors import StoreError
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import evaluated, finding, hours

PLACE = Target(
    name=TARGET,
    org_url="https://acme.okta.com",
    app_id="0oa1",
    unleash_url="https://unleash.acme.example",
)
FLAG = finding()


def identify(
    store, target: Target, instance_id: str | None = None, *, app_read: bool = True
) -> bool:
    """Identify a target whose instance was read."""
    statistics = Statistics(instance_id=instance_id)
    read = {INSTANCE.name: None, STATISTICS.name: statistics}
    read |= {APP.name: None} if app_read else {}
    snapshot = Snapshot(target=target, taken_at=hours(0), read=read, missing={})
    begins_again: bool = store.targets.identify(snapshot)
    return begins_again


def test_a_target_may_be_identified_again_and_again(store):
    for _ in range(2):
        identify(store, PLACE, "instance-1")


@pytest.mark.parametrize(
    ("change", "instance", "message"),
    [
        ({"org_url": "https://other.okta.com"}, "instance-1", "org_url was https://acme.okta.com"),
        ({"app_id": "0oa2"}, "instance-1", "app_id was 0oa1 and is 0oa2"),
        ({}, "instance-2", "instance_id was instance-1 and is instance-2"),
        ({"unleash_url": "https://elsewhere.example"}, None, "unleash_url was"),
    ],
)
def test_a_target_with_another_app_or_instance_is_refused(store, change, instance, message):
    identify(store, PLACE, "instance-1")
    with pytest.raises(StoreError, match="points elsewhere") as refused:
        identify(store, replace(PLACE, **change), instance)
    assert message in str(refused.value)
    assert f"auditor db adopt {TARGET}" in str(refused.value)
    identify(store, PLACE, "instance-1")


def test_the_same_instance_may_have_a_new_address(store):
    identify(store, PLACE, "instance-1")
    moved = replace(PLACE, unleash_url="https://moved.example")
    identify(store, moved, "instance-1")
    identify(store, moved)


def test_an_instance_that_reports_its_id_later_is_the_same(store):
    identify(store, PLACE)
    identify(store, PLACE, "instance-1")
    with pytest.raises(StoreError, match="instance_id"):
        identify(store, PLACE, "instance-2")


def test_an_adopted_target_starts_again_and_keeps_its_history(store):
    identify(store, PLACE, "instance-1")
    audit(store, FLAG, configuration={"okta.app": {"status": "ACTIVE"}})
    store.targets.adopt(TARGET)
    assert identify(store, replace(PLACE, org_url="https://other.okta.com"), "instance-2")
    assert store.audits.recall(TARGET).configuration_reads == {}
    reconciled = audit(store, finding(subject="push-groups"), hour=1)
    by_kind = {entry.transition: entry for entry in reconciled.transitions}
    assert by_kind[Transition.RESOLVED].after.resolution is Resolution.CONFIGURATION_CHANGED
    assert by_kind[Transition.NEW].novelty is Novelty.BASELINE
    assert len(store.history.audits(TARGET)) == 2


def test_an_adopted_target_with_the_same_app_and_instance_keeps_everything(store):
    identify(store, PLACE, "instance-1")
    audit(store, FLAG, configuration={"okta.app": {"status": "ACTIVE"}})
    before = store.audits.recall(TARGET)
    store.targets.adopt(TARGET)
    assert store.targets.is_identified(PLACE)
    assert not identify(store, PLACE)
    assert not identify(store, PLACE, "instance-1")
    assert store.audits.recall(TARGET) == before
    with pytest.raises(StoreError, match="points elsewhere"):
        identify(store, PLACE, "instance-2")


def test_an_adopted_target_waits_for_the_id_of_its_instance(store):
    identify(store, PLACE, "instance-1")
    store.targets.adopt(TARGET)
    assert not identify(store, PLACE)
    assert identify(store, PLACE, "instance-2")


def test_an_adopted_app_that_cannot_be_read_is_not_compared_with_the_old_one(store):
    identify(store, PLACE, "instance-1")
    audit(store, FLAG, configuration={"okta.app": {"status": "ACTIVE"}})
    store.targets.adopt(TARGET)
    other = replace(PLACE, app_id="0oa2")
    assert identify(store, other, app_read=False)
    assert store.audits.recall(TARGET).configuration_reads == {}
    assert identify(store, other, "instance-1")
    assert not identify(store, other, "instance-1")


def test_a_renamed_target_has_no_new_findings(store):
    audit(store, FLAG)
    store.targets.rename(TARGET, "live")
    reconciled = audit(store, FLAG, hour=1, target="live")
    assert [entry.transition for entry in reconciled.transitions] == [Transition.STILL_OPEN]
    assert store.history.targets() == ("live",)


def test_a_target_cannot_take_the_name_of_another(store):
    for name in ("one", "two"):
        audit(store, target=name, seen=evaluated())
    with pytest.raises(StoreError, match='a target "two" exists already'):
        store.targets.rename("one", "two")


@pytest.mark.parametrize("command", ["adopt", "rename"])
def test_an_unknown_target_is_reported_with_the_most_similar_name(store, command):
    audit(store)
    with pytest.raises(StoreError, match=r"no target .prodution. \(did you mean .production."):
        getattr(store.targets, command)("prodution", *(["new"] if command == "rename" else []))
