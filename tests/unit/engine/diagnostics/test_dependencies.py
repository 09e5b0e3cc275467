"""Which rules would be unknown without a collection."""

import pytest
from msgspec.structs import replace

from auditor.domain.collections import (
    ACCESS,
    MAPPINGS,
    PUSHED_GROUPS,
    SCIM_ENDPOINT,
    USERS,
    MissingReason,
)
from auditor.domain.unleash import Access, ScimAnswer, User
from auditor.engine.diagnostics.dependencies import (
    rules_needing,
    suppose_scim_answer,
    unknown_rules,
    unknown_rules_by_collection,
)
from auditor.engine.evaluation.evaluate import evaluate
from auditor.resources import shipped
from auditor.rule.binding import BoundRule, bind
from auditor.rule.loader import load_rules
from tests.support.builders.contexts import (
    BO_ACCOUNT,
    clean_snapshot,
    group,
    missing,
    recovery,
    user,
    user_of,
)

RULES = {each.id: each for each in bind(load_rules([shipped("rules")]), {}, where="test")}


def rules(*ids: str) -> tuple[BoundRule, ...]:
    return tuple(RULES[each] for each in ids)


NEED_USERS = rules("user-not-provisioned", "duplicate-identity")
"""The first needs the accounts only; the second needs fields that ``/access`` does not have."""

WITHOUT_USERS = Access(users=None, groups=(group(),))
WITH_USERS = Access(
    users=tuple(
        User(id=each.id, name=each.name, username=each.username, email=each.email)
        for each in (user(), user_of("Bo", BO_ACCOUNT), recovery())
    ),
    groups=(group(),),
)


@pytest.mark.parametrize(
    "access",
    [WITHOUT_USERS, WITH_USERS],
    ids=["whose users are in the user list", "with users"],
)
def test_the_users_of_access_replace_the_user_list(access):
    snapshot = clean_snapshot(access=access)
    assert rules_needing(snapshot, NEED_USERS, [USERS]) == {"duplicate-identity"}


@pytest.mark.parametrize("lists", [[USERS, ACCESS], [ACCESS, USERS]])
def test_without_access_nothing_replaces_the_user_list(lists):
    needing = {"user-not-provisioned", "duplicate-identity"}
    assert rules_needing(clean_snapshot(), NEED_USERS, lists) == needing
    assert rules_needing(clean_snapshot(access=missing()), NEED_USERS, [USERS]) == needing
    assert rules_needing(clean_snapshot(access=missing()), NEED_USERS, [MAPPINGS]) == frozenset()


def test_two_missing_lists_of_users_do_not_hide_the_rules_of_another_collection():
    snapshot = clean_snapshot(users=missing(), access=WITHOUT_USERS)
    attribute = rules("attribute-missing")
    assert rules_needing(snapshot, (*NEED_USERS, *attribute), [MAPPINGS]) == {"attribute-missing"}


def test_a_list_that_is_made_of_a_refused_one_names_the_rules_that_read_it():
    refused = missing(endpoint="GET /api/admin/user-admin")
    snapshot = clean_snapshot(users=refused, pushed_groups=refused, mappings=refused)
    assert unknown_rules_by_collection(snapshot, rules("admin-unreachable")) == {
        **dict.fromkeys(snapshot.missing, frozenset()),
        USERS.name: {"admin-unreachable"},
        PUSHED_GROUPS.name: {"admin-unreachable"},
    }


@pytest.mark.parametrize("is_probed", [True, False])
def test_the_supposed_scim_answer_decides_only_the_rule_about_it(is_probed):
    gap = missing(MissingReason.LEFT_TO_FULL_AUDIT, "-")
    snapshot = clean_snapshot(scim_endpoint=gap, mappings=missing())
    supposed = suppose_scim_answer(snapshot, is_probed=is_probed)
    assert supposed.target == replace(snapshot.target, scim_probe=is_probed)
    assert supposed.missing == {
        name: each for name, each in snapshot.missing.items() if name != SCIM_ENDPOINT.name
    }
    answer = supposed[SCIM_ENDPOINT]
    assert (answer.answer, answer.status) == (ScimAnswer.REFUSED, 401)
    both = rules("scim-endpoint-down", "attribute-missing")
    assert unknown_rules(evaluate(snapshot, both)) == {"scim-endpoint-down", "attribute-missing"}
    assert unknown_rules(evaluate(supposed, both)) == {"attribute-missing"}
