"""``auditor plan``: from history and from a fresh look, for people and for scripts."""

import json
from datetime import timedelta

GRACE = "grace.tanaka@example.com"


def drift(world):
    world.map_attribute("user", "email", "user.email")
    world.add_schema_attribute("title")
    world.make_admin(GRACE)


def add_guest(world, number, *, hours_ago=3):
    now = world.now
    world.clock.travel(now - timedelta(hours=hours_ago))
    world.add_local_user(email=f"guest{number}@partner.example.net", role="Editor")
    world.clock.travel(now)


def rules(plan):
    return [step["findings"][0]["rule"] for step in plan["steps"]]


def test_the_plan_of_what_the_last_audit_found(commands):
    drift(commands.world)
    commands.audit()
    requests = len(commands.sandbox.requests)
    (plan,) = commands.json("plan")
    assert rules(plan) == [
        "recovery-admin-at-risk",
        "email-not-login",
        "sso-identifier-differs",
        "extra-attribute",
    ]
    email = plan["steps"][1]["remediation"]
    assert email["api"].startswith("POST /api/v1/mappings/")
    assert "delete_when_absent = true" in email["terraform"]
    assert email["link"].startswith(commands.sandbox.okta_url)
    assert plan["not_evaluated"] == []
    assert len(commands.sandbox.requests) == requests


def test_a_fresh_look_is_planned_and_not_remembered(commands):
    drift(commands.world)
    (plan,) = commands.json("plan", "--look")
    assert rules(plan)[0] == "recovery-admin-at-risk"
    assert not (commands.folder / "auditor.db").exists()


def test_a_saved_snapshot_is_planned_the_same(commands):
    drift(commands.world)
    saved = commands.folder / "seen.json"
    commands("run", "--save-snapshot", str(saved))
    (then,) = commands.json("plan", "--snapshot", str(saved))
    (now,) = commands.json("plan")
    assert then["steps"] == now["steps"]


def test_a_person_reads_what_to_do_and_that_nothing_was_done(commands):
    drift(commands.world)
    commands.audit()
    code, printed = commands("plan")
    assert code == 0
    assert "Nothing of this has been done" in printed
    assert printed.index("So that an admin can get in") < printed.index("So that people sign in")
    assert '    resource "okta_profile_mapping"' in printed
    assert "4 things to do" in printed


def test_a_terraform_block_that_mends_several_things_is_printed_once(commands):
    drift(commands.world)
    commands.world.map_attribute("user", "title", "user.title")
    commands.audit()
    _, printed = commands("plan")
    assert printed.count('resource "okta_profile_mapping"') == 1
    assert "Terraform: the block of step 2 does this, too" in printed


def test_what_is_waived_is_not_planned(commands):
    drift(commands.world)
    waiver = (
        '\n[[waiver]]\nrule = "extra-attribute"\nowner = "iam"\n'
        'reason = "wanted"\nexpires = 2999-01-01\n'
    )
    commands.config.write_text(commands.config.read_text() + waiver)
    commands.audit()
    assert "extra-attribute" not in rules(commands.json("plan")[0])
    assert "extra-attribute" not in rules(commands.json("plan", "--look")[0])


NOTHING = "there is nothing to put back"


def test_nothing_to_do_is_said_where_all_was_seen(commands):
    commands.audit()
    code, printed = commands("plan")
    assert (code, commands.complaints) == (0, "")
    assert f"No finding stands open: {NOTHING}." in printed


def test_nothing_to_do_is_not_said_where_rules_were_blind(commands):
    commands.world.okta_permissions.remove("okta.profileMappings.read")
    commands("run")
    for words in (["plan"], ["plan", "--look"]):
        code, printed = commands(*words, "--format", "json")
        (plan,) = json.loads(printed)
        assert (code, plan["steps"], "email-not-login" in plan["not_evaluated"]) == (3, [], True)
        rules = f"{len(plan['blind'])} rules could not tell"
        assert f"not all could be seen: sandbox: {rules}" in commands.complaints
        code, printed = commands(*words)
        assert (code, NOTHING in printed) == (3, False)
        assert f"{rules}: what they could not see may hold more to put back." in printed
        assert "No finding stands open, as far as could be seen." in printed


def test_what_there_is_to_do_is_planned_and_blindness_told_beside_it(commands):
    commands.world.make_admin(GRACE)
    commands.world.okta_permissions.remove("okta.profileMappings.read")
    code, printed = commands("plan", "--look")
    assert (code, "1 thing to do" in printed) == (3, True)


def blocks(plan):
    return {step["remediation"]["terraform"] for step in plan["steps"]} - {None}


def test_a_terraform_block_keeps_what_is_allowed_and_names_what_it_removes(commands):
    drift(commands.world)
    commands.world.map_attribute("user", "locale", "user.locale")
    commands.world.map_attribute("user", "title", "user.title")
    allowed = '\n[rules.extra-attribute]\nallowed = ["locale"]\n'
    commands.config.write_text(commands.config.read_text() + allowed)
    (block,) = blocks(commands.json("plan", "--look")[0])
    assert 'id          = "locale"\n    expression  = "user.locale"' in block
    assert 'id          = "title"' not in block
    assert block.startswith('# Removes what is mapped today and not allowed: "title".\n')


def test_a_terraform_block_removes_nothing_where_no_rule_minds(commands):
    drift(commands.world)
    commands.world.map_attribute("user", "title", "user.title")
    off = "\n[rules.extra-attribute]\nenabled = false\n"
    commands.config.write_text(commands.config.read_text() + off)
    (block,) = blocks(commands.json("plan", "--look")[0])
    assert ('id          = "title"' in block, "Removes" in block) == (True, False)


def test_what_there_is_for_very_many_people_is_counted_and_not_printed(commands):
    for number in range(12):
        add_guest(commands.world, number)
    code, printed = commands("plan", "--look")
    assert code == 0
    assert printed.count(". unmanaged-user") == 10
    assert "… and 2 more of unmanaged-user" in printed
    assert "12 things to do" in printed


def test_what_may_settle_by_itself_is_counted_and_not_planned(commands):
    add_guest(commands.world, 1, hours_ago=0)
    (plan,) = commands.json("plan", "--look")
    assert (plan["steps"], plan["pending"]) == ([], 1)
    commands.audit()
    assert commands.json("plan")[0]["pending"] == 1
    assert "1 finding may yet settle" in commands("plan")[1]


def test_what_was_never_audited_is_said(commands):
    commands("db", "upgrade")
    assert "never audited" in commands("plan")[1]


def test_people_listed_under_a_cause_make_nobody_blind(commands):
    commands.world.map_attribute("user", "email", "user.email")
    commands.world.push_again()
    commands.audit()
    assert commands.json("plan")[0]["not_evaluated"] == []
