"""What a snapshot returns for data that was read, is missing, or is left to the full audit."""

import pytest

from auditor.domain.collections import (
    APP,
    ASSIGNMENTS,
    GROUPS,
    LOG,
    MAPPINGS,
    MissingData,
    MissingReason,
)
from auditor.domain.snapshot import (
    DataMissing,
    LeftToFullAudit,
    Snapshot,
    TargetedSnapshot,
    snapshot_hash,
)
from tests.support.builders.contexts import (
    AT,
    app,
    assignment,
    assignment_of,
    clean_snapshot,
    group,
    target,
    user,
    users,
)

LEFT = MissingData(why=MissingReason.LEFT_TO_FULL_AUDIT, endpoint="-")
ABSENT = MissingData(why=MissingReason.NOT_ON_THIS_EDITION, endpoint="GET /api/admin/groups")
READ = {APP.name: app()}
MISSING = {ASSIGNMENTS.name: LEFT, MAPPINGS.name: LEFT, GROUPS.name: ABSENT}
COMPLETE = Snapshot(target=target(), taken_at=AT, read=READ, missing=MISSING)
TARGETED = TargetedSnapshot(
    target=target(),
    taken_at=AT,
    read=READ,
    missing=MISSING,
    not_needed=frozenset({ASSIGNMENTS}),
)


@pytest.mark.parametrize("snapshot", [COMPLETE, TARGETED], ids=["complete", "targeted"])
def test_data_that_was_read_is_returned(snapshot: Snapshot) -> None:
    assert snapshot[APP] == snapshot.get(APP) == app()
    assert snapshot.lacks(APP) is None


@pytest.mark.parametrize("snapshot", [COMPLETE, TARGETED], ids=["complete", "targeted"])
def test_data_that_the_target_does_not_have_is_missing(snapshot: Snapshot) -> None:
    assert snapshot.get(GROUPS) is None
    assert snapshot.lacks(GROUPS) == ABSENT
    with pytest.raises(DataMissing, match=r"^unleash\.groups: "):
        snapshot[GROUPS]


@pytest.mark.parametrize("collection", [MAPPINGS, LOG], ids=str)
def test_data_that_a_targeted_audit_left_ends_the_check(collection) -> None:
    for read in (TARGETED.__getitem__, TARGETED.get, TARGETED.lacks, TARGETED.missing_reason):
        with pytest.raises(LeftToFullAudit, match=f"^{collection.name}: ") as raised:
            read(collection)
        assert raised.value.collection is collection
    assert COMPLETE.get(collection) is None


def test_data_that_is_not_needed_is_missing_in_a_targeted_audit_too() -> None:
    assert TARGETED.get(ASSIGNMENTS) is None
    assert TARGETED.lacks(ASSIGNMENTS) == LEFT
    with pytest.raises(DataMissing):
        TARGETED[ASSIGNMENTS]


OTHERS = {
    "one record": {"app": app(label="Other")},
    "one row of a list": {"assignments": [assignment(), assignment_of("Cy")]},
    "the first row": {"assignments": [assignment(name="Other"), assignment_of("Bo")]},
    "a row of a list in a record": {"users": users(user(name="Other"))},
    "the roles beside that list": {"users": users()},
    "a field of a row": {"groups": [group(name="Other")]},
    "an empty list": {"groups": []},
}


@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
def test_each_difference_changes_the_hash(changes) -> None:
    assert snapshot_hash(clean_snapshot(**changes)) != snapshot_hash(clean_snapshot())


def test_the_hash_of_long_lists_has_each_row() -> None:
    many = [assignment_of(f"U{number}") for number in range(1500)]
    last = [*many[:-1], assignment_of("Other")]
    hashes = {snapshot_hash(clean_snapshot(assignments=each)) for each in (many, last, many[:1000])}
    assert len(hashes) == 3


def test_equal_snapshots_have_one_hash() -> None:
    assert snapshot_hash(clean_snapshot()) == snapshot_hash(clean_snapshot())
