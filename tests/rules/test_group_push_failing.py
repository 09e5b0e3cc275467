"""The rule group-push-failing: pushed groups that are in error or differ."""

from datetime import timedelta

import pytest
from msgspec import UNSET

from auditor.domain.collections import ACCESS, GROUPS, USERS, MissingReason
from auditor.domain.okta import LogTarget
from auditor.domain.unleash import Access
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.results import RootCause
from auditor.rule.severity import Severity
from tests.support.builders.contexts import (
    ADA,
    ADA_ACCOUNT,
    AT,
    BO,
    BO_ACCOUNT,
    GROUP_PUSH_ID,
    assignment,
    assignment_of,
    clean_snapshot,
    event,
    group,
    group_push,
    log,
    missing,
    on_app,
    pushed_group,
    recovery,
    user,
    user_of,
    users,
)
from tests.support.builders.findings import reasons_of
from tests.support.conclusions import RULES

RULE = "group-push-failing"
BOTH = frozenset({ADA, BO})
BOTH_ACCOUNTS = frozenset({ADA_ACCOUNT, BO_ACCOUNT})


@pytest.mark.parametrize("status", ["ERROR", "INACTIVE"])
def test_a_push_that_is_not_active_fails(check, status):
    still = [group_push(status=status, error_summary="401 <Unauthorized>")]
    verdict, (finding,) = check(RULE, clean_snapshot(group_push=still))
    assert (verdict, finding.subject) == (VerdictStatus.FAIL, GROUP_PUSH_ID)
    assert not finding.within_grace
    cause = "fails: 401 <Unauthorized>." if status == "ERROR" else "is inactive."
    assert finding.message.startswith(f"The push of group Unleash admins {cause}")


DIFFERING = {
    "a member is missing": ({"pushed_groups": [pushed_group(member_ids=BOTH)]}, [BO]),
    "a member is extra": ({"groups": [group(member_ids=BOTH_ACCOUNTS)]}, [BO]),
    "both": ({"pushed_groups": [pushed_group(member_ids=frozenset({BO}))]}, [ADA, BO]),
    "a staged user who left the group in Okta": (
        {
            "groups": [group(member_ids=BOTH_ACCOUNTS)],
            "assignments": [assignment(), assignment_of("Bo", user_id=BO, user_status="STAGED")],
        },
        [BO],
    ),
    "a deactivated user who left the group in Okta": (
        {
            "groups": [group(member_ids=BOTH_ACCOUNTS)],
            "assignments": [assignment(), assignment_of("Bo", user_id=BO, status="DEPROVISIONED")],
        },
        [BO],
    ),
}


@pytest.mark.parametrize(("changes", "people"), DIFFERING.values(), ids=DIFFERING)
def test_differing_members_fail_after_the_grace_period(check, changes, people):
    status, (finding,) = check(RULE, clean_snapshot(**changes))
    assert (status, finding.subject, finding.within_grace) == (
        VerdictStatus.FAIL,
        GROUP_PUSH_ID,
        True,
    )
    assert [each.id for each in finding.affected] == people


@pytest.mark.parametrize("status", ["ERROR", "INACTIVE"])
def test_a_failing_push_lists_the_members_that_differ_and_opens_at_once(check, status):
    failing = clean_snapshot(
        group_push=[group_push(status=status)], groups=[group(member_ids=BOTH_ACCOUNTS)]
    )
    _, (finding,) = check(RULE, failing)
    assert [each.id for each in finding.affected] == [BO]
    assert not finding.within_grace
    assert finding.root_cause == RootCause(
        rule="push-flag-off", subject="push-groups", lists_users=False
    )


SEVERITIES = {
    "a group with the role Admin": (group(), Severity.HIGH),
    "a group with the role Admin, in another case": (group(name="unleash ADMINS"), Severity.HIGH),
    "editors": (group(root_role=2), Severity.MEDIUM),
    "no root role": (group(root_role=None), Severity.MEDIUM),
    "another group": (group(name="Sailors"), Severity.MEDIUM),
}


@pytest.mark.parametrize(("unleash", "severity"), SEVERITIES.values(), ids=SEVERITIES)
def test_the_severity_is_high_for_a_group_with_the_role_admin(check, unleash, severity):
    failing = clean_snapshot(group_push=[group_push(status="ERROR")], groups=[unleash])
    _, (finding,) = check(RULE, failing)
    assert finding.severity is severity


ACCEPTED = {
    "a clean target": {},
    "nothing is pushed": {"group_push": [], "pushed_groups": missing()},
    "an edition without groups and without a push": {
        "group_push": [],
        "groups": missing(MissingReason.NOT_ON_THIS_EDITION),
    },
    "the members of a group without a root role are not read": {
        "groups": [group(root_role=None)],
        "pushed_groups": [pushed_group(member_ids=None)],
    },
    "a linked group with another name": {
        "group_push": [group_push(target_group_id="00gTarget00000000001")],
        "pushed_groups": [
            pushed_group(name="Okta admins"),
            pushed_group(id="00gTarget00000000001", name="Unleash admins", member_ids=None),
        ],
    },
    "a member who is not assigned": {
        "pushed_groups": [pushed_group(member_ids=frozenset({ADA, "00uStranger"}))]
    },
    "a member who has left": {
        "pushed_groups": [pushed_group(member_ids=BOTH)],
        "assignments": [assignment(), assignment_of("Bo", user_id=BO, status="SUSPENDED")],
    },
    "a member without an account, which another rule reports": {
        "pushed_groups": [pushed_group(member_ids=BOTH)],
        "users": users(user(), recovery()),
    },
    "a member who is not in Okta": {"groups": [group(member_ids=frozenset({11, 2}))]},
    "another group with other members": {
        "groups": [group(), group(id=2, name="Sailors", member_ids=BOTH_ACCOUNTS)]
    },
}


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_equal_or_ignored_members_pass(check, changes):
    assert check(RULE, clean_snapshot(**changes)) == (VerdictStatus.PASS, ())


def test_the_rule_is_not_applicable_to_an_edition_without_groups(check):
    without = clean_snapshot(groups=missing(MissingReason.NOT_ON_THIS_EDITION, status=404))
    assert check(RULE, without) == (VerdictStatus.NOT_APPLICABLE, ())


UNKNOWN = {
    "okta.group_push: forbidden": {"group_push": missing()},
    "00gUnleashAdmins0001: okta.pushed_groups: forbidden": {"pushed_groups": missing()},
    "00gUnleashAdmins0001: the group no longer existed": {"pushed_groups": []},
    "the push status PAUSED is unknown": {"group_push": [group_push(status="PAUSED")]},
    "the push status of Okta is unknown": {"group_push": [group_push(status=None)]},
    "no Unleash group could be identified": {"groups": [group(name="Sailors")]},
    "the members in Okta were not read": {"pushed_groups": [pushed_group(member_ids=None)]},
    "unleash.groups: forbidden": {"groups": missing(), "access": missing()},
    "Unleash admins: unleash.groups: forbidden": {
        "groups": missing(),
        "access": missing(),
        "pushed_groups": [pushed_group(member_ids=None)],
    },
    "the members in Unleash were not read": {
        "groups": missing(),
        "access": Access(users=(user(),), groups=(group(member_ids=None),)),
    },
    "okta.assignments: forbidden": {"assignments": missing()},
}


@pytest.mark.parametrize(("reason", "changes"), UNKNOWN.items(), ids=UNKNOWN)
def test_undetermined_members_are_unknown(ask, reason, changes):
    evaluated = ask(RULE, clean_snapshot(**changes))
    assert (evaluated.verdicts[0].status, evaluated.findings) == (VerdictStatus.UNKNOWN, ())
    assert reason in reasons_of(evaluated.verdicts[0])


def test_a_push_in_error_fails_even_if_members_cannot_be_compared(check):
    second = group_push(id="gPmSailors0000000001", source_group_id="00gSailors", status="ERROR")
    unknown = clean_snapshot(group_push=[group_push(), second], assignments=missing())
    status, (finding,) = check(RULE, unknown)
    assert (status, finding.subject) == (VerdictStatus.FAIL, second.id)


def test_differing_members_are_named_with_their_side(check):
    accounts = users(user(), user_of("Bo", BO_ACCOUNT), recovery())
    swapped = clean_snapshot(
        users=accounts, pushed_groups=[pushed_group(member_ids=frozenset({BO}))]
    )
    _, (finding,) = check(RULE, swapped)
    assert [each.detail for each in finding.affected] == [
        "extra in Unleash",
        "missing in Unleash",
    ]


def test_all_members_compares_groups_without_a_root_role_too(check):
    ordinary = clean_snapshot(
        groups=[group(root_role=None, member_ids=BOTH_ACCOUNTS)],
    )
    assert check(RULE, ordinary)[1] == ()
    _, (finding,) = check(RULE, ordinary, all_members=True)
    assert [each.detail for each in finding.affected] == ["extra in Unleash"]


def test_a_failed_group_event_is_reported_until_a_later_success(check):
    kind = "application.provision.group_push.push_memberships"
    on_group = LogTarget(id="00gUnleashAdmins0001", type="UserGroup")
    failed = event(kind, on_app(), on_group, result="FAILURE", reason="409", minutes_ago=60)
    _, (finding,) = check(RULE, clean_snapshot(log=log(failed)))
    assert finding.message.startswith("Okta could not update group Unleash admins in Unleash on")
    later = event(kind, on_app(), on_group, minutes_ago=30)
    assert check(RULE, clean_snapshot(log=log(failed, later)))[1] == ()


GROUP_EVENT = "application.provision.group_push.push_memberships"


@pytest.mark.parametrize(
    ("pushed_minutes_ago", "members", "found"),
    [(30, {ADA}, 0), (90, {ADA}, 1), (60, {ADA}, 1), (30, {ADA, BO}, 1)],
    ids=["pushed since, and the members agree", "not since", "at that moment", "members differ"],
)
def test_a_failed_event_closes_when_a_later_push_has_its_effect(
    check, pushed_minutes_ago, members, found
):
    on_group = LogTarget(id="00gUnleashAdmins0001", type="UserGroup")
    failed = event(GROUP_EVENT, on_app(), on_group, result="FAILURE", minutes_ago=60)
    snapshot = clean_snapshot(
        log=log(failed),
        group_push=[group_push(last_push_at=AT - timedelta(minutes=pushed_minutes_ago))],
        pushed_groups=[pushed_group(member_ids=frozenset(members))],
    )
    assert len(check(RULE, snapshot)[1]) == found


def test_without_the_user_list_members_are_not_compared(ask):
    unread = Access(
        users=(user(scim_id=UNSET), user_of("Bo", BO_ACCOUNT, scim_id=UNSET)), groups=()
    )
    snapshot = clean_snapshot(
        users=missing(), access=unread, groups=[group(member_ids=BOTH_ACCOUNTS)]
    )
    evaluated = ask(RULE, snapshot)
    assert (evaluated.findings, evaluated.unknown_subjects) == ((), {(RULE, GROUP_PUSH_ID)})
    (reason,) = evaluated.verdicts[0].reasons
    assert reason.lacking == USERS.name


def test_one_member_whose_scim_id_is_unread_leaves_the_members_uncompared(ask):
    unread = Access(
        users=(user(scim_id=UNSET), user_of("Bo", BO_ACCOUNT, scim_id=UNSET)), groups=()
    )
    snapshot = clean_snapshot(
        users=missing(),
        access=unread,
        groups=[group(member_ids=BOTH_ACCOUNTS)],
        assignments=[assignment(), assignment_of("Bo", external_id=None)],
    )
    assert ask(RULE, snapshot).unknown_subjects == {(RULE, GROUP_PUSH_ID)}


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({"pushed_groups": [pushed_group(member_ids=None)]}, None),
        ({"pushed_groups": [pushed_group(member_ids=None)], "groups": missing()}, GROUPS.name),
        ({"pushed_groups": [pushed_group(member_ids=None)], "access": missing()}, ACCESS.name),
    ],
    ids=["nothing", "groups", "access"],
)
def test_members_that_were_not_read_name_the_missing_list(ask, changes, lacking):
    (reason,) = ask(RULE, clean_snapshot(**changes)).verdicts[0].reasons
    assert reason.lacking == lacking


@pytest.mark.parametrize(
    "changes",
    [
        {"groups": missing(), "access": missing()},
        {"pushed_groups": [pushed_group(member_ids=None)]},
        {"groups": [group(member_ids=None)]},
    ],
    ids=["groups", "members in Okta", "members in Unleash"],
)
def test_a_push_in_error_without_the_other_lists_names_no_user(check, changes):
    snapshot = clean_snapshot(group_push=[group_push(status="ERROR")], **changes)
    _, (finding,) = check(RULE, snapshot)
    assert finding.affected == ()
    if "groups" in changes and "access" in changes:
        assert finding.severity is Severity.MEDIUM


def test_the_parameter_for_all_members_reads_them():
    params = RULES[RULE].rule.params
    assert params(all_members=True).reads_all_members
    assert not params().reads_all_members


def test_a_failed_event_stays_open_while_members_differ_in_a_group_without_a_root_role(check):
    on_group = LogTarget(id="00gUnleashAdmins0001", type="UserGroup")
    failed = event(GROUP_EVENT, on_app(), on_group, result="FAILURE", minutes_ago=60)
    snapshot = clean_snapshot(
        log=log(failed),
        group_push=[group_push(last_push_at=AT - timedelta(minutes=30))],
        groups=[group(root_role=None)],
        pushed_groups=[pushed_group(member_ids=BOTH)],
    )
    assert len(check(RULE, snapshot)[1]) == 1


def test_a_failed_event_can_name_the_counterpart_of_the_group(check):
    counterpart = LogTarget(id="00gTarget00000000001", type="UserGroup")
    failed = event(GROUP_EVENT, on_app(), counterpart, result="FAILURE", minutes_ago=60)
    linked = group_push(target_group_id="00gTarget00000000001", last_push_at=None)
    _, (finding,) = check(RULE, clean_snapshot(log=log(failed), group_push=[linked]))
    assert finding.message.startswith("Okta could not update group Unleash admins")


def test_members_are_compared_if_each_user_is_linked_without_the_user_list(check):
    """The ids that SCIM manages are unread, but no user needs one: all are linked by email."""
    unread = Access(users=(user(scim_id=UNSET), recovery(scim_id=UNSET)), groups=())
    snapshot = clean_snapshot(
        users=missing(), access=unread, assignments=[assignment(external_id=None)]
    )
    assert check(RULE, snapshot)[0] is VerdictStatus.PASS


@pytest.mark.parametrize(
    ("status", "observed"), [("ERROR", 'Error: "no reason given"'), ("INACTIVE", "Inactive")]
)
def test_the_status_is_evidence(check, status, observed):
    _, (finding,) = check(RULE, clean_snapshot(group_push=[group_push(status=status)]))
    assert finding.evidence[0].observed == observed


@pytest.mark.parametrize("unread", ["groups", "access"])
def test_one_list_of_groups_is_enough_to_compare_and_to_rate(check, unread):
    failing = clean_snapshot(
        group_push=[group_push(status="ERROR")],
        pushed_groups=[pushed_group(member_ids=BOTH)],
        **{unread: missing()},
    )
    _, (finding,) = check(RULE, failing)
    assert finding.severity is Severity.HIGH
    assert [each.id for each in finding.affected] == [BO]
