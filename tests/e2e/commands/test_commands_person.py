"""``auditor person``: the accounts and findings of one user."""

BENOIT = "benoit.lindqvist@example.com"
"""A user in the admin group whose email is not the login."""


def drift(world):
    world.map_attribute("user", "email", "user.email")
    world.push_again()


def test_a_person_is_shown_in_both_services(commands):
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


def test_each_identifier_finds_the_same_person(commands):
    drift(commands.world)
    person = commands.world.person(BENOIT)
    account = commands.world.account(person.email)
    by_login = commands.json("person", BENOIT)
    for name in (person.id, person.email.upper(), str(account.id)):
        (found,) = commands.json("person", name)
        assert found["okta"] == by_login[0]["okta"]


def test_the_text_output_shows_the_same(commands):
    drift(commands.world)
    code, printed = commands("person", BENOIT)
    assert code == 0
    for text in ("Mapped email", "SCIM-managed", "SCIM id", "Unleash Admins (root role Admin)"):
        assert text in printed
    assert "✗ critical  email-not-login" in printed


def test_a_recovery_account_has_no_okta_user_and_shows_its_findings(commands):
    commands.world.see("recovery.one", days_ago=120)
    (found,) = commands.json("person", "recovery.one")
    assert (found["okta"], found["role"]) == (None, "Admin")
    assert [each["rule"] for each in found["findings"]] == ["recovery-admin-at-risk"]
    assert "not assigned to the app" in commands("person", "recovery.one")[1]


def test_an_unknown_user_is_refused(commands):
    assert commands("person", "unknown@example.com") == (2, "")
    assert commands.errors.startswith('auditor: "unknown@example.com": no user has this email')


def test_a_part_of_a_name_finds_the_user(commands):
    for part in ("BENOIT.L", "benoît lind"):
        (found,) = commands.json("person", part)
        assert found["okta"]["login"] == BENOIT


def test_a_part_that_several_users_share_lists_them(commands):
    code, printed = commands("person", "recovery")
    assert (code, printed) == (2, "")
    first, *matches = commands.errors.splitlines()
    assert first == 'auditor: "recovery": 2 users match (use an email or id)'
    assert [line.partition("recovery.")[2].partition("@")[0] for line in matches] == ["one", "two"]


def test_missing_data_is_not_reported_as_an_absent_user(commands):
    commands.world.okta_permissions.remove("okta.users.read")
    commands.world.okta_permissions.remove("okta.apps.read")
    code, _ = commands("person", "unknown@example.com")
    assert code == 3
    assert "sandbox: okta.assignments was not read: forbidden" in commands.errors
    code, printed = commands("person", "recovery.one")
    assert code == 3
    assert "Recovery One" in printed


def test_a_person_is_found_in_a_saved_snapshot_without_a_request(commands):
    saved = commands.folder / "seen.json"
    commands("run", "--save-snapshot", str(saved))
    requests = len(commands.sandbox.requests)
    (found,) = commands.json("person", BENOIT, "--snapshot", str(saved))
    assert found["okta"]["login"] == BENOIT
    assert len(commands.sandbox.requests) == requests


def test_pseudonymized_people_are_found_without_printing_their_names(commands):
    commands.config.write_text('privacy = "ids"\n' + commands.config.read_text())
    drift(commands.world)
    code, printed = commands("person", BENOIT)
    assert code == 0
    assert commands.world.person(BENOIT).id in printed
    assert "benoit" not in printed.lower()
    assert "email-not-login" in printed
