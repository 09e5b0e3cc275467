"""``auditor person``: the help desk's first question."""

BENOIT = "benoit.lindqvist@example.com"
"""In the admin group; the email is not the login."""


def drift(world):
    world.map_attribute("user", "email", "user.email")
    world.push_again()


def test_one_person_is_told_on_both_sides(commands):
    drift(commands.world)
    person = commands.world.person(BENOIT)
    (found,) = commands.json("person", BENOIT)
    assert found["okta"]["login"] == BENOIT
    assert found["okta"]["email"] == found["account"]["email"] == person.email != BENOIT
    assert found["tied_by"] == "SCIM id"
    assert (found["role"], found["groups"]) == (
        "Viewer",
        [{"group": "Unleash Admins", "role": "Admin"}],
    )
    named = {each["rule"]: each for each in found["findings"]}
    assert named.keys() == {"email-not-login", "login-mismatch", "sso-identifier-differs"}
    assert [each["id"] for each in named["email-not-login"]["affected"]] == [person.id]


def test_every_name_leads_to_the_same_person(commands):
    drift(commands.world)
    person = commands.world.person(BENOIT)
    account = commands.world.account(person.email)
    by_login = commands.json("person", BENOIT)
    for name in (person.id, person.email.upper(), str(account.id)):
        (found,) = commands.json("person", name)
        assert found["okta"] == by_login[0]["okta"]


def test_a_person_reads_the_same(commands):
    drift(commands.world)
    code, printed = commands("person", BENOIT)
    assert code == 0
    for said in ("mapped", "managed by SCIM", "by SCIM id", "Unleash Admins, which makes Admin"):
        assert said in printed
    assert "✗ CRITICAL  email-not-login" in printed


def test_a_recovery_account_is_nobody_of_okta_and_what_is_found_of_it_is_told(commands):
    commands.world.see("recovery.one", days_ago=120)
    (found,) = commands.json("person", "recovery.one")
    assert (found["okta"], found["role"]) == (None, "Admin")
    assert [each["rule"] for each in found["findings"]] == ["recovery-admin-at-risk"]
    assert "not assigned to the app" in commands("person", "recovery.one")[1]


def test_nobody_of_that_name_is_refused(commands):
    assert commands("person", "nobody@example.com") == (2, "")
    assert commands.complaints.startswith("auditor: nobody has 'nobody@example.com' as email")


def test_who_was_not_seen_is_not_said_to_be_absent(commands):
    commands.world.okta_permissions.remove("okta.users.read")
    commands.world.okta_permissions.remove("okta.apps.read")
    code, _ = commands("person", "nobody@example.com")
    assert code == 3
    assert "not all could be seen: sandbox: okta.assignments: forbidden" in commands.complaints
    code, printed = commands("person", "recovery.one")
    assert code == 3
    assert "Recovery One" in printed


def test_a_saved_snapshot_tells_of_a_person_and_nobody_is_asked(commands):
    saved = commands.folder / "seen.json"
    commands("run", "--save-snapshot", str(saved))
    requests = len(commands.sandbox.requests)
    (found,) = commands.json("person", BENOIT, "--snapshot", str(saved))
    assert found["okta"]["login"] == BENOIT
    assert len(commands.sandbox.requests) == requests


def test_where_names_are_hidden_none_is_said_and_people_are_found(commands):
    commands.config.write_text('privacy = "ids"\n' + commands.config.read_text())
    drift(commands.world)
    code, printed = commands("person", BENOIT)
    assert code == 0
    assert commands.world.person(BENOIT).id in printed
    assert "benoit" not in printed.lower()
    assert "email-not-login" in printed
