import httpx
import pytest

STRONG = "Str0ng-Passw0rd!x"


def get(unleash, path, token=None):
    headers = {"Authorization": token or unleash.admin_token}
    return httpx.get(f"{unleash.url}/api/admin/{path}", headers=headers)


def users(unleash):
    return {user["id"]: user for user in get(unleash, "user-admin").json()["users"]}


def test_it_is_the_open_source_edition_of_the_version_asked_for(real_unleash):
    config = get(real_unleash, "ui-config").json()
    assert config["versionInfo"]["current"]["oss"] == real_unleash.version
    assert get(real_unleash, "scim-settings").status_code == 404


def test_a_pat_of_the_admin_reads_the_users(real_unleash):
    listed = get(real_unleash, "user-admin", real_unleash.login_pat())
    assert [user["username"] for user in listed.json()["users"]] == ["admin"]


def test_a_pat_of_a_viewer_may_not_read_them(real_unleash):
    real_unleash.create_user(username="viewer", password=STRONG)
    assert (
        get(real_unleash, "user-admin", real_unleash.login_pat("viewer", STRONG)).status_code == 403
    )


def test_a_user_comes_under_scim_and_out_again(real_unleash):
    ada = real_unleash.create_user(email="ada@example.com", name="Ada", role="Editor")
    real_unleash.set_scim_id(ada, "scim-1")
    assert users(real_unleash)[ada]["scimId"] == "scim-1"
    real_unleash.set_scim_id(ada, None)
    assert users(real_unleash)[ada]["scimId"] is None


def test_a_viewer_in_a_group_with_the_admin_role_reads_everything(real_unleash):
    viewer = real_unleash.create_user(username="viewer", password=STRONG)
    group = real_unleash.make_group("Admins", "Admin", "scim-group", [viewer])
    listed = get(real_unleash, "user-admin", real_unleash.login_pat("viewer", STRONG))
    assert listed.status_code == 200
    groups = get(real_unleash, "user-admin/access").json()["groups"]
    assert [(each["id"], each["rootRole"]) for each in groups] == [(group, 1)]


def test_password_login_goes_off_and_on(real_unleash):
    for enabled in (False, True):
        real_unleash.set_password_login(enabled)
        assert get(real_unleash, "ui-config").json()["disablePasswordAuth"] is not enabled
        statistics = get(real_unleash, "instance-admin/statistics").json()
        assert statistics["passwordAuthEnabled"] is enabled
    real_unleash.set_password_login(False)
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        real_unleash.login_pat()


def test_statistics_follow_a_setting_at_once(real_unleash):
    for enabled in (True, False, True):
        real_unleash.set_setting("scim", {"enabled": enabled})
        statistics = get(real_unleash, "instance-admin/statistics").json()
        assert statistics["SCIMenabled"] is enabled


def test_a_reset_leaves_nothing_behind(real_unleash):
    before = get(real_unleash, "user-admin").json()
    pat = real_unleash.login_pat()
    ada = real_unleash.create_user(email="ada@example.com")
    real_unleash.make_group("Admins", "Admin", "scim-group", [ada])
    real_unleash.set_password_login(False)
    real_unleash.set_setting("scim", {"enabled": True})
    real_unleash.delete_user(1)

    real_unleash.reset()

    assert get(real_unleash, "user-admin").json() == before
    assert get(real_unleash, "user-admin/access").json()["groups"] == []
    assert get(real_unleash, "instance-admin/statistics").json()["SCIMenabled"] is False
    assert get(real_unleash, "user-admin", pat).status_code == 401
    assert get(real_unleash, "user-admin", real_unleash.login_pat()).status_code == 200
    assert real_unleash.create_user(email="ada@example.com") == ada


def test_it_can_be_left_without_any_user(real_unleash):
    real_unleash.delete_user(1)
    assert users(real_unleash) == {}


@pytest.mark.parametrize("unleash_server", ["7.6.5", "6.10.1"], indirect=True)
def test_older_versions_serve_as_well(real_unleash):
    admins = real_unleash.make_group("Admins", "Admin", "scim-group", [1])
    real_unleash.set_scim_id(1, "scim-1")
    assert users(real_unleash)[1]["scimId"] == "scim-1"
    real_unleash.reset()
    assert users(real_unleash)[1]["scimId"] is None
    assert real_unleash.make_group("Again") == admins
