"""``auditor plan``: from stored results and from a new audit, as text and as JSON."""

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
    return [cause["rules"][0] for cause in plan["causes"]]


def test_the_plan_comes_from_the_last_audit(commands):
    drift(commands.world)
    commands.audit()
    requests = len(commands.sandbox.requests)
    (plan,) = commands.json("plan")
    assert rules(plan) == [
        "recovery-admin-at-risk",
        "email-not-login",
        "extra-attribute",
    ]
    assert plan["causes"][1]["rules"] == ["email-not-login", "sso-identifier-differs"]
    email = plan["causes"][1]
    assert email["calls"] == []
    assert "delete_when_absent = true" in email["terraform"][0]
    assert email["link"].startswith(commands.sandbox.okta_url)
    assert plan["not_evaluated"] == []
    assert len(commands.sandbox.requests) == requests


def test_only_calls_reads_both_services_and_lists_api_calls(commands):
    drift(commands.world)
    (plan,) = commands.json("plan", "--calls")
    assert rules(plan)[0] == "recovery-admin-at-risk"
    assert plan["causes"][1]["calls"][0].startswith("POST /api/v1/mappings/")
    assert "API call" in commands("plan", "--calls")[1]
    assert not (commands.folder / "auditor.db").exists()


def test_a_saved_snapshot_gives_the_same_plan(commands):
    drift(commands.world)
    saved = commands.folder / "seen.json"
    commands("run", "--save-snapshot", str(saved))
    (then,) = commands.json("plan", "--snapshot", str(saved))
    (now,) = commands.json("plan")
    assert then["causes"] == now["causes"]


def test_the_text_output_states_that_no_step_was_executed(commands):
    drift(commands.world)
    commands.audit()
    code, printed = commands("plan")
    assert code == 0
    assert "3 causes. The auditor is read-only. It does not run these steps." in printed
    first, second = "1. A SCIM-managed user has a manual", "2. Email is mapped from user.email"
    assert printed.index(first) < printed.index("Do this first: ") < printed.index(second)
    assert "okta_profile_mapping" not in printed
    assert "auditor plan --write-to DIR" in printed
    assert "API call" not in printed


def test_a_terraform_block_that_fixes_several_findings_is_one_file(commands):
    drift(commands.world)
    commands.world.map_attribute("user", "title", "user.title")
    commands.audit()
    folder = commands.folder / "terraform"
    code, _ = commands("plan", "--write-to", str(folder))
    (file,) = folder.iterdir()
    assert (code, file.name) == (0, "sandbox-02-email-not-login.tf")
    assert file.read_text().count('resource "okta_profile_mapping"') == 1
    assert commands.errors == f"auditor: written: {file}\n"
    code, _ = commands("plan", "--write-to", str(folder))
    cause = "cannot be written: File exists (name a file that does not exist)"
    assert (code, commands.errors) == (2, f"auditor: --write-to: {file}: {cause}\n")


def test_a_waived_finding_is_not_planned(commands):
    drift(commands.world)
    waiver = (
        '\n[[waiver]]\nrule = "extra-attribute"\nowner = "iam"\n'
        'reason = "wanted"\nexpires = 2999-01-01\n'
    )
    commands.config.write_text(commands.config.read_text() + waiver)
    commands.audit()
    assert "extra-attribute" not in rules(commands.json("plan")[0])
    assert "extra-attribute" not in rules(commands.json("plan", "--calls")[0])


def test_a_complete_audit_without_findings_has_no_steps(commands):
    commands.audit()
    code, printed = commands("plan")
    assert (code, commands.errors) == (0, "")
    assert "No finding is open." in printed


def test_an_incomplete_audit_is_never_called_free_of_findings(commands):
    commands.world.okta_permissions.remove("okta.profileMappings.read")
    commands("run")
    for words in (["plan"], ["plan", "--calls"]):
        code, printed = commands(*words, "--format", "json")
        (plan,) = json.loads(printed)
        assert (code, plan["causes"], "email-not-login" in plan["not_evaluated"]) == (3, [], True)
        rules = f"{len(plan['not_evaluated'])} rules were not evaluated"
        assert commands.errors == (
            f"auditor: sandbox: {rules}, so steps can be missing "
            "(`auditor doctor` checks the access)\n"
        )
        code, printed = commands(*words)
        assert (code, "No finding is open." in printed) == (3, False)
        assert "No open finding is known. Some rules were not evaluated." in printed


def test_known_steps_are_planned_beside_rules_that_were_not_evaluated(commands):
    commands.world.make_admin(GRACE)
    commands.world.okta_permissions.remove("okta.profileMappings.read")
    code, printed = commands("plan", "--calls")
    assert (code, "1 cause." in printed) == (3, True)


def blocks(plan):
    return {block for cause in plan["causes"] for block in cause["terraform"]}


def test_a_terraform_block_keeps_what_is_allowed_and_names_what_it_removes(commands):
    drift(commands.world)
    commands.world.map_attribute("user", "locale", "user.locale")
    commands.world.map_attribute("user", "title", "user.title")
    allowed = '\n[rules.extra-attribute]\nallowed = ["locale"]\n'
    commands.config.write_text(commands.config.read_text() + allowed)
    (block,) = blocks(commands.json("plan", "--calls")[0])
    assert 'id          = "locale"\n    expression  = "user.locale"' in block
    assert 'id          = "title"' not in block
    assert block.startswith('# Removes what is mapped today and not allowed: "title".\n')


def test_a_terraform_block_keeps_attributes_of_a_disabled_rule(commands):
    drift(commands.world)
    commands.world.map_attribute("user", "title", "user.title")
    off = "\n[rules.extra-attribute]\nenabled = false\n"
    commands.config.write_text(commands.config.read_text() + off)
    (block,) = blocks(commands.json("plan", "--calls")[0])
    assert ('id          = "title"' in block, "Removes" in block) == (True, False)


def test_many_findings_with_one_remediation_are_one_item(commands):
    for number in range(12):
        add_guest(commands.world, number)
    code, printed = commands("plan", "--calls")
    assert code == 0
    assert "Fixes  unmanaged-user · 12 affected users" in printed
    assert "Decide for each of these 12 accounts: " in " ".join(printed.split())
    assert "1 cause. The auditor" in printed


def test_only_calls_lists_the_deletion_of_each_leaver(commands):
    world, now = commands.world, commands.world.now
    world.clock.travel(now - timedelta(hours=3))
    world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    for person in list(world.okta.people.values())[-2:]:
        world.unassign(person)
    world.clock.travel(now)
    commands.audit()
    assert "DELETE" not in commands("plan")[1] + json.dumps(commands.json("plan"))
    code, printed = commands("plan", "--calls")
    assert code == 0
    assert printed.count("DELETE /api/admin/user-admin/") == 2


def test_a_finding_in_the_grace_period_is_counted_and_not_planned(commands):
    add_guest(commands.world, 1, hours_ago=0)
    (plan,) = commands.json("plan", "--calls")
    assert (plan["causes"], plan["pending"]) == ([], 1)
    commands.audit()
    assert commands.json("plan")[0]["pending"] == 1
    assert "1 finding in the grace period" in commands("plan")[1]


def test_a_target_without_an_audit_is_named(commands):
    commands("db", "upgrade")
    assert "never audited" in commands("plan")[1]


def test_grouped_findings_are_not_rules_that_were_not_evaluated(commands):
    commands.world.map_attribute("user", "email", "user.email")
    commands.world.push_again()
    commands.audit()
    assert commands.json("plan")[0]["not_evaluated"] == []


def test_simulate_shows_what_each_step_can_do(commands):
    commands.world.map_attribute("user", "email", "user.email")
    commands.world.push_again()
    drift(commands.world)
    code, printed = commands("plan", "--simulate")
    assert code == 0
    assert "1. A SCIM-managed user has a manual Admin role" in printed
    assert "Not simulated: a person decides it for each account or setting." in printed
    assert "accounts get another email" in printed
    assert "✓ Closes email-not-login" in printed


def test_a_part_that_is_not_simulated_denies_no_effect_of_the_others(commands):
    """The plan of one cause has a fix that is simulated and a step that a person decides."""
    commands.world.map_attribute("user", "email", "user.email")
    commands.audit()
    _, printed = commands("plan", "--simulate")
    assert "✓ Closes email-not-login" in printed
    assert "     A part is not simulated: a person decides it" in printed
    assert "     Not simulated" not in printed


def test_simulate_reads_a_saved_snapshot_and_lists_every_effect_as_json(commands):
    drift(commands.world)
    saved = commands.folder / "seen.json"
    commands("run", "--save-snapshot", str(saved))
    requests = len(commands.sandbox.requests)
    (simulation,) = commands.json("plan", "--simulate", "--snapshot", str(saved))
    assert len(commands.sandbox.requests) == requests
    email = simulation["steps"][1]
    assert {each["rule"] for each in email["disappearing"]} >= {"email-not-login"}
    assert all(each["before"] != each["after"] for each in email["pushed"]["renamed"])


def test_a_mapping_is_tried_before_it_is_entered_in_okta(commands):
    code, printed = commands("plan", "--set", "email=user.email")
    assert code == 0
    assert "email = user.email" in printed
    assert "✗ Opens email-not-login" in printed
    # A clean target has an empty plan; the mapping is tried nevertheless, and nothing is stored.
    assert not (commands.folder / "auditor.db").exists()


def test_a_mapping_without_an_equals_sign_is_refused_with_an_example(commands):
    code, _ = commands("plan", "--set", "email")
    assert code == 2
    assert '"email" is not ATTRIBUTE=EXPRESSION (write it like email=user.login)' in commands.errors


def test_the_report_states_what_the_last_audit_simulated(drifted):
    (report,) = drifted.json("report")
    (simulation,) = json.loads(drifted("plan", "--simulate", "--format", "json")[1])
    simulated = [step for step in simulation["steps"] if not step["not_simulated"]]
    (effects,) = report["fix_effects"]
    assert [each["rule"] for each in effects["fixes"][0]["closes"]] == [
        each["rule"] for each in simulated[0]["disappearing"]
    ]
    assert effects["fixes"][0]["lines"][0].startswith("Okta pushes 10 users")
    assert f"c-{effects['cause']}" in {each["id"] for each in report["causes"]}


def test_an_audit_does_not_simulate_a_large_target(drifted, monkeypatch):
    monkeypatch.setattr("auditor.engine.views.plan_effects.MAX_SIMULATED_USERS", 9)
    drifted.audit()
    (report,) = drifted.json("report")
    (fix,) = report["fix_effects"][0]["fixes"]
    assert fix["not_simulated"].endswith("`auditor plan --simulate` computes it")
