"""Pseudonymization removes all names, and comparisons have the same results."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from auditor.config.loading import load_settings
from auditor.config.rule_settings import rules_for
from auditor.domain.collections import (
    ACCESS,
    ASSIGNMENTS,
    EVENTS,
    EXCLUDED_GROUP,
    GROUP_PUSH,
    LOG,
    OWN_TOKENS,
    PUSHED_GROUPS,
    SELF,
    USERS,
    Collection,
    MissingData,
    MissingReason,
)
from auditor.domain.identity.exclusions import is_excluded
from auditor.domain.identity.people import join
from auditor.domain.okta import Actor, Assignment, GroupPush, Log, LogEvent, LogTarget
from auditor.domain.privacy import pseudonym, pseudonymize
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Exclusions, Target
from auditor.domain.unleash import Access, AccessToken, Event, EventLog, Self, User, Users
from auditor.errors import ConfigError
from auditor.rule.binding import BoundRule
from tests.support.builders.config_files import MINIMAL
from tests.support.builders.contexts import clean_snapshot, pushed_group

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
MISSING = {
    "okta.app": MissingData(
        why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/apps/0oa1", status=403
    )
}

ADA = Assignment(
    user_id="00u1",
    status="ACTIVE",
    user_status="ACTIVE",
    login="ada@lovelace.example",
    email="Ada@Lovelace.example",
    okta_email="ada@private.example",
    username="ada@lovelace.example",
    name="Ada Lovelace",
)
ACCOUNT = User(id=5, name="Ada Lovelace", email="ada@lovelace.example", scim_id=None)
TARGET = Target(
    name="main",
    org_url="https://acme.okta.example",
    app_id="0oa1",
    unleash_url="https://unleash.example",
)


def snapshot(*seen: tuple[Collection[Any], Any], target: Target = TARGET) -> Snapshot:
    return Snapshot(
        target=target,
        taken_at=AT,
        read={collection.name: value for collection, value in seen},
        missing=MISSING,
    )


def everything() -> Snapshot:
    event = LogEvent(
        id="e1",
        type="user.account.update_profile",
        published_at=AT,
        actor=Actor(id="00u9", type="User", name="Grace Hopper", login="grace@hopper.example"),
        targets=(
            LogTarget(
                id="00u1",
                type="User",
                name="Ada Lovelace",
                login="ada@lovelace.example",
                after={"email": '"ada@lovelace.example"'},
            ),
            LogTarget(id="0oa1", type="AppInstance", name="Unleash", after={"a": "1"}),
        ),
        reason="cannot push ada@lovelace.example: refused",
    )
    happened = Event(
        id=1,
        type="user-updated",
        created_at=AT,
        created_by="grace@hopper.example",
        created_by_id=9,
        subject="5",
        before={"email": '"ada@lovelace.example"', "name": '"Ada Lovelace"', "rootRole": "3"},
        after={"email": "null", "username": '"admin"', "rootRole": "1"},
    )
    return snapshot(
        (ASSIGNMENTS, (ADA,)),
        (USERS, Users(users=(ACCOUNT,), roles=())),
        (ACCESS, Access(users=(ACCOUNT,), groups=())),
        (
            GROUP_PUSH,
            (GroupPush(id="g", source_group_id="s", error_summary="for ada@lovelace.example"),),
        ),
        (LOG, Log(since=AT, until=AT, events=(event,))),
        (EVENTS, EventLog(since=AT, until=AT, events=(happened,))),
        (SELF, Self(user_id=9, name="Grace Hopper", is_admin=True)),
        (OWN_TOKENS, (AccessToken(id=1, description="Grace Hopper's"),)),
    )


def test_no_user_is_named() -> None:
    pseudonymized = pseudonymize(everything())
    written = msgspec.json.encode([pseudonymized.read, pseudonymized.target]).decode().lower()
    for name in ("ada", "lovelace", "grace@", "hopper", "private"):
        assert name not in written
    assert "ada" in msgspec.json.encode(everything().read).decode().lower()


def test_codes_replace_the_free_text_of_errors() -> None:
    pseudonymized = pseudonymize(everything())
    assert pseudonymized[GROUP_PUSH][0].error_summary == "Other reason"
    assert pseudonymized[LOG].events[0].reason == "Other reason"


def test_ids_and_values_that_are_no_names_are_kept() -> None:
    pseudonymized = pseudonymize(everything())
    (event,) = pseudonymized[LOG].events
    assert (event.actor.id, event.id) == ("00u9", "e1")
    assert [target.id for target in event.targets] == ["00u1", "0oa1"]
    assert [target.after for target in event.targets] == [{}, {"a": "1"}]
    (happened,) = pseudonymized[EVENTS].events
    assert happened.after == {"email": "null", "username": '"admin"', "rootRole": "1"}
    assert happened.before["rootRole"] == "3"
    assert pseudonymized[ASSIGNMENTS][0].label == "00u1"
    assert pseudonymized[USERS].users[0].label == "user 5"
    assert pseudonymized.missing == MISSING
    assert pseudonymized.taken_at == AT


def test_values_are_equal_afterwards_only_if_they_were_equal_ignoring_case() -> None:
    (ada,) = pseudonymize(everything())[ASSIGNMENTS]
    assert ada.email == ada.login == ada.username
    assert ada.okta_email != ada.login
    assert pseudonymize(everything())[USERS].users[0].email == ada.login


def test_the_join_has_the_same_result() -> None:
    (before,) = join(everything()).persons
    (after,) = join(pseudonymize(everything())).persons
    assert before.account is not None
    assert after.account is not None
    assert (after.account.id, after.basis) == (before.account.id, before.basis)


def test_pseudonyms_are_stable_and_differ_between_targets() -> None:
    assert pseudonym(TARGET, "ada@lovelace.example") == "someone-fb895c45fa2fb3d2"
    assert pseudonymize(everything())[ASSIGNMENTS] == pseudonymize(everything())[ASSIGNMENTS]
    other = replace(TARGET, app_id="0oa2")
    elsewhere = pseudonymize(snapshot((ASSIGNMENTS, (ADA,)), target=other))
    assert elsewhere[ASSIGNMENTS] != pseudonymize(everything())[ASSIGNMENTS]


def test_the_default_admin_keeps_its_name() -> None:
    account = User(id=1, username="admin")
    pseudonymized = pseudonymize(snapshot((USERS, Users(users=(account,), roles=()))))
    assert pseudonymized[USERS].users[0].username == "admin"


def test_exclusion_patterns_become_the_ids_that_they_match() -> None:
    bot = User(id=7, email="ci@bots.example")
    exclude = Exclusions(ids=frozenset({"3"}), patterns=("*@BOTS.example",))
    target = replace(TARGET, exclude=exclude)
    for listed in (
        (USERS, Users(users=(ACCOUNT, bot), roles=())),
        (ACCESS, Access(users=(ACCOUNT, bot), groups=())),
    ):
        pseudonymized = pseudonymize(snapshot((ASSIGNMENTS, (ADA,)), listed, target=target))
        assert pseudonymized.target.exclude == Exclusions(ids=frozenset({"3", "7"}))
        users = pseudonymized.read[listed[0].name].users
        people = join(pseudonymized)
        assert [is_excluded(pseudonymized, people, user) for user in users] == [False, True]


def test_exclusion_patterns_are_removed_even_without_users() -> None:
    target = replace(TARGET, exclude=Exclusions(patterns=("ada@*",)))
    assert pseudonymize(snapshot(target=target)).target.exclude == Exclusions()


def test_a_rule_does_not_receive_names_that_are_pseudonymized(tmp_path) -> None:
    path = tmp_path / "auditor.toml"

    def bound(allowed: str) -> tuple[BoundRule, ...]:
        rules = f'privacy = "ids"\n[rules.unmanaged-user]\nallowed = {allowed}\n'
        path.write_text(f"{rules}{MINIMAL}")
        settings = load_settings(path, {})
        return rules_for(settings, settings.targets[0])

    assert bound('["7", "admin"]')
    with pytest.raises(ConfigError) as refused:
        bound('["7", "*@bots.example", "robot"]')
    assert str(refused.value) == (
        f'{path}: rules.unmanaged-user: "*@bots.example", "robot": privacy = "ids" hides names, '
        "so this matches no account (write the ids of the accounts)"
    )


def test_an_excluded_group_has_the_pseudonym_of_the_pushed_group() -> None:
    pushed = clean_snapshot(
        excluded_group=pushed_group(name="Grace's team"),
        pushed_groups=[pushed_group(name="Grace's team")],
    )
    found = pseudonymize(pushed)
    assert found[EXCLUDED_GROUP].name == found[PUSHED_GROUPS][0].name
    assert found[EXCLUDED_GROUP].name.startswith("group-")
