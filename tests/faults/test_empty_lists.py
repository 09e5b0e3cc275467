"""A list that comes without its rows in the second audit, of a target that did not change."""

import json
from datetime import timedelta

import pytest

from auditor.domain.collections import ASSIGNMENTS, MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.sandbox import Sandbox, World
from auditor.sandbox.faults.fault import Answer, Exchange, Fault, in_the_answer
from tests.faults.audit import WrongResults, audit, wrong_results
from tests.faults.broken import AT
from tests.faults.reference import Reference
from tests.support.collecting import collect_from

PROTECTED = (
    ("okta", "/api/v1/apps/*/users"),
    ("okta", "/api/v1/apps/*/groups"),
    ("okta", "/api/v1/apps/*/group-push/mappings"),
    ("okta", "/api/v1/groups/*/users"),
    ("okta", "/api/v1/meta/types/user"),
    ("unleash", "/api/admin/user-admin"),
    ("unleash", "/api/admin/groups"),
    ("unleash", "/api/admin/user-admin/access"),
    ("unleash", "/api/admin/service-account"),
)
"""Lists whose emptiness other data contradicts, or that no rule needs for a pass."""


def without_rows() -> Fault:
    """Send the answer of a service that has none of these rows, without a next page."""

    def change(_: Exchange, answer: Answer) -> Answer:
        document = json.loads(answer.body)
        if isinstance(document, list):
            others = tuple(header for header in answer.headers if header[0] != "link")
            return Answer(answer.status, others, b"[]")
        empty = {
            name: [] if isinstance(value, list) and name != "rootRoles" else value
            for name, value in document.items()
        }
        return answer.carrying(empty)

    return in_the_answer("empty-list", change)


@pytest.mark.parametrize(("service", "path"), PROTECTED)
def test_nothing_opens_and_nothing_resolves(reference: Reference, service: str, path: str) -> None:
    reference.faults.add(service, path, without_rows())
    result = reference.audit()
    assert reference.faults.struck
    nothing: frozenset[str] = frozenset()
    assert wrong_results(result, reference.truth) == WrongResults(nothing, nothing, nothing)


def test_an_empty_list_of_assignments_is_missing_while_the_log_shows_users() -> None:
    world = World.clean(at=AT - timedelta(days=1))
    world.clock.travel(AT)
    with Sandbox(world) as sandbox:
        sandbox.faults.add("okta", "/api/v1/apps/*/users", without_rows())
        snapshot = collect_from(sandbox)
    gap = snapshot.lacks(ASSIGNMENTS)
    assert gap
    assert gap.why is MissingReason.BAD_PAYLOAD
    assert gap.detail.startswith("the list is empty, but the System Log shows ")


def test_an_empty_list_of_assignments_counts_after_everyone_was_unassigned() -> None:
    world = World.clean(at=AT - timedelta(days=1))
    for person_id in tuple(world.app.assignments):
        world.unassign(person_id)
    world.clock.travel(AT)
    with Sandbox(world) as sandbox:
        assert collect_from(sandbox)[ASSIGNMENTS] == ()


def test_an_empty_list_of_members_is_not_compared_while_unleash_lists_them() -> None:
    world = World.clean(at=AT - timedelta(days=1))
    world.clock.travel(AT)
    with Sandbox(world) as sandbox:
        before = audit(collect_from(sandbox))
        sandbox.faults.add("okta", "/api/v1/groups/*/users", without_rows())
        result = audit(collect_from(sandbox), before.memory)
    assert before.verdicts["group-push-failing"] is VerdictStatus.PASS
    assert result.verdicts["group-push-failing"] is VerdictStatus.UNKNOWN


def test_a_group_without_members_is_compared_after_all_were_removed() -> None:
    world = World.clean(at=AT - timedelta(days=1))
    group = world.group("Unleash Admins")
    for person_id in tuple(group.member_ids):
        world.remove_member(group, world.person(person_id))
    world.clock.travel(AT)
    with Sandbox(world) as sandbox:
        result = audit(collect_from(sandbox))
    assert result.verdicts["group-push-failing"] is VerdictStatus.PASS
