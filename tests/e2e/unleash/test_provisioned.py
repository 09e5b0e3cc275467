"""A real, provisioned Unleash that is audited several times while it changes."""

from tests.support.peers.unleash_provisioning import provision, recovery_admin


def test_the_edition_is_reported_as_one_without_scim(audit):
    (finding,) = audit().rules["unleash-too-old"]["findings"]
    assert "edition" in finding["message"]


def test_password_login_off_leaves_no_path_for_admins(world, real_unleash, audit):
    provision(world, real_unleash)
    recovery_admin(real_unleash)
    before = audit()
    real_unleash.set_password_login(False)
    off = audit()
    real_unleash.set_password_login(True)
    again = audit()
    verdicts = [each.rules["admin-unreachable"]["verdict"] for each in (before, off, again)]
    assert verdicts == ["pass", "fail", "pass"]
    assert off.subjects("admin-unreachable") == {"instance"}
    assert [change["path"] for change in off.changes] == ["unleash.disablePasswordAuth"]


def test_missing_leftover_and_mismatched_users_are_named(world, real_unleash, audit):
    accounts = provision(world, real_unleash)
    recovery_admin(real_unleash)
    absent, renamed, *_ = accounts
    real_unleash.delete_user(accounts[absent])
    real_unleash.execute(
        "UPDATE users SET email = 'other@mail.example.org' WHERE id = %s", accounts[renamed]
    )
    left_over = real_unleash.create_user(email="leaver@example.com")
    real_unleash.set_scim_id(left_over, "0000000000000000000LEAVER0")
    stranger = real_unleash.create_user(email="stranger@example.com")
    world.advance(hours=3)
    audited = audit()
    ids = {person.login: person.id for person in world.okta.people.values()}
    assert audited.subjects("user-not-provisioned") == {ids[absent]}
    assert audited.subjects("login-mismatch") == {ids[renamed]}
    assert audited.subjects("unmanaged-user") == {str(stranger)}
    assert audited.subjects("user-not-removed") == {str(left_over)}
