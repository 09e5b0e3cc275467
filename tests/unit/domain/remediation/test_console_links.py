import pytest

from auditor.domain.remediation import console_links
from auditor.domain.remediation.console_links import Tab, UnleashPage
from tests.support.builders.contexts import APP_ID, app, target


@pytest.mark.parametrize(
    ("org_url", "admin"),
    [
        ("https://acme.okta.com", "https://acme-admin.okta.com"),
        ("https://acme-admin.okta.com", "https://acme-admin.okta.com"),
        ("https://acme.oktapreview.com", "https://acme-admin.oktapreview.com"),
        ("https://acme.okta-emea.com", "https://acme-admin.okta-emea.com"),
        ("https://login.acme.example", "https://login.acme.example"),
        ("https://acme.okta.com.evil.example", "https://acme.okta.com.evil.example"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
    ],
)
def test_the_admin_console_follows_from_the_org(org_url, admin):
    assert console_links.admin_console(target(org_url=org_url)) == admin


def test_a_link_leads_to_the_setting():
    there = target(unleash_url="https://flags.example.com/unleash")
    base = "https://acme-admin.okta.com"
    page = f"{base}/admin/app/acme_unleash_1/instance/{APP_ID}"
    assert console_links.app_page(there, app(), Tab.GENERAL) == f"{page}/#tab-general"
    assert console_links.app_page(there, app(), Tab.PUSH_GROUPS) == f"{page}/#tab-group-push"
    editor = console_links.profile_editor(there, APP_ID)
    assert editor == f"{base}/admin/universaldirectory#app/{APP_ID}"
    page = console_links.unleash_page(there, UnleashPage.SCIM)
    assert page == "https://flags.example.com/unleash/admin/auth/scim"
    search = console_links.system_log(there, 'eventType eq "a.b"')
    assert search == f"{base}/report/system_log_2?search=eventType%20eq%20%22a.b%22"
    entry = console_links.log_entry(there, "2b6f-11ee")
    assert entry == f"{base}/report/system_log_2?search=uuid%20eq%20%222b6f-11ee%22"
    assert console_links.log_entry(there, '" or true') is None


@pytest.mark.parametrize("odd", ["", "../../logout", "0oa1?x=y", "0oa1#x", "javascript:1", "0oa\n"])
def test_an_invalid_id_has_no_link(odd):
    assert console_links.app_page(target(), app(id=odd), Tab.GENERAL) is None
    assert console_links.profile_editor(target(), odd) is None


def test_an_invalid_app_name_has_no_link():
    assert console_links.app_page(target(), app(name="a/b"), Tab.GENERAL) is None


def test_a_missing_app_has_no_link_and_a_path_without_its_name():
    assert console_links.app_page(target(), None, Tab.GENERAL) is None
    assert console_links.app_path(None, Tab.SIGN_ON) == (
        "Okta: Applications > Applications > the app > Sign On"
    )


@pytest.mark.parametrize("tab", Tab)
def test_every_tab_has_its_path(tab):
    path = console_links.app_path(app(label="Unleash EU"), tab)
    assert path.startswith("Okta: Applications > Applications > Unleash EU > ")


@pytest.mark.parametrize(
    ("configured", "base_path", "root"),
    [
        ("https://flags.example.com", "/unleash", "https://flags.example.com/unleash"),
        ("https://flags.example.com/unleash", "/unleash", "https://flags.example.com/unleash"),
        ("https://flags.example.com", "", "https://flags.example.com"),
        ("https://flags.example.com/unleash", None, "https://flags.example.com/unleash"),
        ("https://flags.example.com", '/"><script>', "https://flags.example.com"),
    ],
)
def test_pages_of_unleash_are_under_its_base_path(configured, base_path, root):
    there = target(unleash_url=configured)
    page = console_links.unleash_page(there, UnleashPage.USERS, base_path=base_path)
    assert page == f"{root}/admin/users"
