"""A snapshot is read from a file unchanged; other files are refused."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from auditor.collect.snapshot_file import SNAPSHOT_SCHEMA_VERSION, load, save
from auditor.domain import collections
from auditor.domain.collections import (
    APP,
    ASSIGNMENTS,
    COLLECTIONS,
    LOG,
    MAPPINGS,
    PUSHED_GROUPS,
    USERS,
    Collection,
    MissingData,
    MissingReason,
)
from auditor.domain.okta import (
    Actor,
    App,
    Assignment,
    Log,
    LogEvent,
    LogTarget,
    MappedAttribute,
    ProfileMapping,
    PushedGroup,
)
from auditor.domain.snapshot import Snapshot, snapshot_hash
from auditor.domain.target import Exclusions, OtherSource, Target
from auditor.domain.unleash import Access, RootRole, User, Users
from auditor.errors import ConfigError

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
SNAPSHOT = Snapshot(
    target=Target(
        name="main",
        org_url="https://acme.okta.example",
        app_id="0oa1",
        unleash_url="https://unleash.example/team",
        also_provisioned_by=(OtherSource(app_id="0oa2"),),
        exclude=Exclusions(ids=frozenset({"7"}), patterns=("*@bots.example",)),
    ),
    taken_at=AT,
    read={
        APP.name: App(id="0oa1", label="Unleash", name="custom", features=frozenset({"A", "B"})),
        MAPPINGS.name: (
            ProfileMapping(
                id="prm1",
                source_id="oty1",
                target_id="0oa1",
                properties={"email": MappedAttribute(expression="user.login")},
            ),
        ),
        ASSIGNMENTS.name: (Assignment(user_id="00u1", login="ada@example.com", created_at=AT),),
        PUSHED_GROUPS.name: (
            PushedGroup(id="00g1", name="Admins", member_ids=frozenset({"00u1"})),
            PushedGroup(id="00g2", name="Others"),
        ),
        LOG.name: Log(
            since=AT,
            until=AT,
            events=(
                LogEvent(
                    id="e1",
                    type="application.lifecycle.update",
                    published_at=AT,
                    actor=Actor(id="00u9", type="User"),
                    targets=(LogTarget(id="0oa1", type="AppInstance", before={"a": "1"}),),
                ),
            ),
        ),
        USERS.name: Users(
            users=(User(id=1, scim_id=None), User(id=2, scim_id="x"), User(id=3)),
            roles=(RootRole(id=1, name="Admin", type="root"),),
        ),
    },
    missing={
        "okta.capabilities": MissingData(why=MissingReason.NOT_FOUND, endpoint="GET /x", status=400)
    },
)


def test_a_snapshot_is_read_as_it_was_written(tmp_path: Path) -> None:
    save(SNAPSHOT, tmp_path / "snapshot.json")
    loaded = load(tmp_path / "snapshot.json")
    assert loaded.target == SNAPSHOT.target
    assert loaded.taken_at == SNAPSHOT.taken_at
    assert loaded.read == SNAPSHOT.read
    assert loaded.missing == SNAPSHOT.missing
    assert loaded[USERS].users[2].scim_id is UNSET


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    path.touch(mode=0o644)
    save(SNAPSHOT, path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_equal_snapshots_have_equal_files(tmp_path: Path) -> None:
    save(SNAPSHOT, tmp_path / "a.json")
    save(load(tmp_path / "a.json"), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_failed_write_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    for path in (tmp_path / "taken", tmp_path / "nowhere" / "snapshot.json"):
        with pytest.raises(ConfigError, match="cannot be written"):
            save(SNAPSHOT, path)
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


def test_a_newer_schema_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    save(SNAPSHOT, path)
    document = msgspec.json.decode(path.read_bytes())
    path.write_bytes(
        msgspec.json.encode({**document, "schema": SNAPSHOT_SCHEMA_VERSION + 1, "shape": "new"})
    )
    with pytest.raises(ConfigError, match=f"schema {SNAPSHOT_SCHEMA_VERSION + 1}.*upgrade"):
        load(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[]", b"{}", b'{"schema": 1}', b'{"schema": 1, "read": {"okta.app": 1}}'],
)
def test_a_file_that_is_no_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "snapshot.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="not a snapshot"):
        load(path)


DEEP = b"[" * 200_000 + b"]" * 200_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"read":{', b'"read":{"okta.log":' + DEEP + b","),
        (b'"read":{', b'"read":{"no.collection":' + DEEP + b","),
        (b'"schema":1', b'"schema":' + b"9" * 5000),
        (b'"taken_at":"2026-', b'"taken_at":"9999-'),
        (b'Z","read":', b'","read":'),
    ],
    ids=["a deep collection", "a deep unknown collection", "a long number", "a year", "no zone"],
)
def test_odd_content_is_a_clear_error(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "snapshot.json"
    save(SNAPSHOT, path)
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with pytest.raises(ConfigError, match=r"not a snapshot|impossible date"):
        load(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="not a regular file"):
        load(tmp_path / "pipe")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "snapshot.json")


def test_a_collection_that_no_longer_exists_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    save(SNAPSHOT, path)
    document = msgspec.json.decode(path.read_bytes())
    document["read"]["okta.forgotten"] = [1]
    path.write_bytes(msgspec.json.encode(document))
    assert load(path).read == SNAPSHOT.read


def test_every_collection_is_read_from_a_saved_snapshot() -> None:
    defined = [each for each in vars(collections).values() if isinstance(each, Collection)]
    assert {each.name: each for each in defined} == COLLECTIONS
    assert len(defined) == len(COLLECTIONS)


def test_the_digest_depends_only_on_the_data_that_was_read():
    later = replace(SNAPSHOT, taken_at=AT + timedelta(hours=1))
    less = replace(SNAPSHOT, read={APP.name: SNAPSHOT.read[APP.name]})
    assert snapshot_hash(SNAPSHOT) == snapshot_hash(later) != snapshot_hash(less)


def test_the_digest_depends_on_each_record_and_its_position():
    roles = (RootRole(id=1, name="Admin", type="root"), RootRole(id=2, name="Editor", type="root"))
    seen: list[dict[str, Any]] = [
        {"a": roles},
        {"b": roles},
        {"a": roles[:1]},
        {"a": roles[1:]},
        {"a": ()},
        {"a": roles, "b": ()},
        {"a": (), "b": ()},
        {"ab": ()},
        {"a": Users(users=(), roles=roles)},
        {"a": Users(users=(), roles=())},
        {"a": Access(users=(), groups=())},
        {"a": roles[0]},
        {"a": roles[1]},
    ]
    digests = {snapshot_hash(replace(SNAPSHOT, read=each)) for each in seen}
    assert len(digests) == len(seen)
