from msgspec.structs import replace

from auditor.engine.causes.cause_remediation import (
    by_kind,
    cause_remediation,
    remediation_in_short,
)
from auditor.rule.results import Affected, Remediation
from tests.support.builders.findings import finding

SWITCH = Remediation(steps=("Turn on Deactivate Users.",), link="https://okta.example.com")
FOR_MANY = "Review these {n} accounts: {list}. Then delete them."
FLAG = replace(finding("push-flag-off", "deactivate-users"), remediation=SWITCH)


def leaver(number: int, for_many: str = FOR_MANY):
    person = Affected(id=f"{number}", name=f"Person {number}")
    remediation = Remediation(steps=(f"Delete {person.name}.",), for_many=for_many)
    one = finding("user-not-removed", person.id, affected=(person,))
    return replace(one, remediation=remediation)


LEAVERS = [leaver(number) for number in range(139)]


def test_the_steps_of_the_lead_come_first_and_one_step_names_the_other_users():
    remediation = cause_remediation(FLAG.id, [*LEAVERS, FLAG])
    assert remediation is not None
    assert remediation.link == SWITCH.link
    assert remediation.steps == (
        "Turn on Deactivate Users.",
        (
            "Review these 139 accounts: Person 0, Person 1, Person 2, Person 3, Person 4, "
            "Person 5, Person 6, Person 7, Person 8, Person 9 and 129 more. Then delete them."
        ),
    )


def test_no_user_is_named_where_only_the_report_names_users():
    remediation = cause_remediation(FLAG.id, [*LEAVERS, FLAG], named=0)
    assert remediation is not None
    assert remediation.steps[1] == (
        "Review these 139 accounts (the report lists them). Then delete them."
    )


def test_steps_for_one_user_are_not_the_remediation_of_many():
    remediation = cause_remediation(FLAG.id, LEAVERS)
    assert remediation is not None
    assert [step[:24] for step in remediation.steps] == ["Review these 139 account"]


def test_one_user_keeps_the_own_steps():
    remediation = cause_remediation(FLAG.id, [FLAG, leaver(1)])
    assert remediation is not None
    assert remediation.steps == ("Turn on Deactivate Users.", "Delete Person 1.")


def test_equal_steps_stay_beside_the_step_for_many():
    equal = [replace(each, remediation=LEAVERS[0].remediation) for each in LEAVERS[:2]]
    remediation = cause_remediation(LEAVERS[0].id, equal)
    assert remediation is not None
    assert remediation.steps == (
        "Delete Person 0.",
        "Review these 2 accounts: Person 0, Person 1. Then delete them.",
    )


def test_only_findings_with_equal_steps_keep_the_call_and_the_terraform_block():
    blocks = {"api": "POST /api", "terraform": "resource {}"}
    one, two = (
        replace(each, remediation=replace(each.remediation, **blocks)) for each in LEAVERS[:2]
    )
    same = replace(two, remediation=one.remediation)
    equal, different = (cause_remediation(one.id, [one, each]) for each in (same, two))
    assert equal is not None
    assert different is not None
    assert (equal.api, equal.terraform) == ("POST /api", "resource {}")
    assert (different.api, different.terraform) == (None, None)


def test_a_finding_without_a_step_for_many_adds_its_steps_only_to_those_of_its_own_rule():
    types = [
        replace(finding(rule, name), remediation=Remediation(steps=(f"Map {name}.",)))
        for rule, name in (("a", "oty1"), ("a", "oty2"), ("b", "oty3"))
    ]
    remediation = cause_remediation(types[0].id, types)
    assert remediation is not None
    assert remediation.steps == ("Map oty1.", "Map oty2.")


def test_findings_with_other_steps_for_many_are_fixed_apart():
    suspended = leaver(900, for_many="Decide for each of these {n} suspended users: {list}.")
    assert [len(kind) for kind in by_kind([*LEAVERS, suspended])] == [139, 1]
    remediation = cause_remediation(LEAVERS[0].id, [*LEAVERS, suspended])
    assert remediation is not None
    assert remediation.steps[-1] == "Delete Person 900."


def test_findings_about_more_than_one_user_keep_their_own_remediation():
    people = (Affected(id="1", name="Ada"), Affected(id="2", name="Bo"))
    types = [
        replace(
            finding("email-not-login", name, affected=people),
            remediation=Remediation(steps=(f"Map {name}.",), for_many="Repeat: {list}."),
        )
        for name in ("oty1", "oty2")
    ]
    remediation = cause_remediation(types[0].id, types)
    assert remediation is not None
    assert remediation.steps == ("Map oty1.", "Map oty2.")


ADVICE = {"push-flag-off": "Turn the action on.", "user-not-removed": "Decide about it."}


def test_in_short_a_cause_has_one_sentence_for_each_kind_that_needs_a_fix():
    assert remediation_in_short(FLAG.id, [*LEAVERS, FLAG], ADVICE) == (
        "Turn the action on.",
        "Review these 139 accounts (the report lists them).",
    )
    assert remediation_in_short(FLAG.id, [leaver(1), FLAG], ADVICE) == tuple(ADVICE.values())


def test_without_the_finding_that_led_the_cause_the_worst_finding_comes_first():
    led = cause_remediation(LEAVERS[0].id, [*LEAVERS, FLAG])
    assert cause_remediation("resolved", [*LEAVERS, FLAG]) == led
    assert led is not None
    assert led.steps[0].startswith("Review these 139 accounts")
    assert remediation_in_short("resolved", [*LEAVERS, FLAG], ADVICE) == ("Decide about it.",)
    assert remediation_in_short("resolved", LEAVERS, ADVICE) == ("Decide about it.",)


def test_in_short_a_cause_without_findings_of_this_audit_has_no_sentence():
    assert remediation_in_short(FLAG.id, [], ADVICE) == ()


def test_a_cause_without_a_stored_remediation_has_none():
    assert cause_remediation("x", []) is None
    assert cause_remediation("x", [finding()]) is None


def test_the_kind_of_the_finding_that_leads_the_cause_comes_first():
    remediation = cause_remediation(LEAVERS[5].id, [FLAG, *LEAVERS])
    assert remediation is not None
    assert [step.partition(" ")[0] for step in remediation.steps] == ["Review"]
    advice = {"push-flag-off": "Turn it on.", "user-not-removed": "Remove them."}
    assert remediation_in_short(LEAVERS[5].id, [FLAG, *LEAVERS], advice) == ("Remove them.",)


def test_in_short_two_users_have_the_step_for_many():
    advice = {"push-flag-off": "Turn it on.", "user-not-removed": "Remove it."}
    two, one = remediation_in_short(FLAG.id, [FLAG, *LEAVERS[:2]], advice), advice.values()
    assert two == ("Turn it on.", "Review these 2 accounts (the report lists them).")
    assert remediation_in_short(FLAG.id, [FLAG, LEAVERS[0]], advice) == tuple(one)


def test_a_finding_without_its_user_is_named_by_attribute_or_subject():
    bare = [
        replace(each, affected=(), attribute=name)
        for each, name in zip(LEAVERS[:2], ("title", ""), strict=True)
    ]
    remediation = cause_remediation(bare[0].id, bare)
    assert remediation is not None
    assert f"title, {bare[1].subject}" in remediation.steps[-1]
