import pytest

from tests.support.builders.config_files import MINIMAL


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://acme.okta.com", "is not https, so a token that is sent there is not encrypted"),
        ("acme.example", "is not a web address"),
        ("https://", "is not a web address"),
        ("https://acme okta.com", "is not a web address"),
        ("https://[acme", "is not a web address"),
        ("https://acme.okta.com:x", "is not a web address"),
        ("ftp://acme.okta.com", "is not a web address"),
        ("https://me:canary@acme.okta.com", "contains a user name or a password"),
        ("https://acme.okta.com/?token=canary", "contains a query or a fragment"),
        ("https://acme.okta.com/app", "has a path (write https://acme.okta.com)"),
        (
            "https://acme-admin.okta.com",
            "is the address of the admin console (write https://acme.okta.com)",
        ),
        (
            "https://acme-admin.oktapreview.com/admin/dashboard",
            "is the address of the admin console (write https://acme.oktapreview.com)",
        ),
    ],
)
def test_an_org_is_an_https_origin(config, url, error):
    (message,) = config.errors(MINIMAL.replace("https://acme.okta.com", url))
    assert message.startswith(f"target[0].okta.org_url: {error}")
    assert "canary" not in message


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("acme.okta.com", "https://acme.okta.com"),
        ("Acme.oktapreview.com/", "https://acme.oktapreview.com"),
        ("https://Acme.OKTA.com/", "https://acme.okta.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_org_has_one_spelling_and_loopback_needs_no_tls(config, url, expected):
    settings = config.load(MINIMAL.replace("https://acme.okta.com", url))
    assert settings.targets[0].target.org_url == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://unleash.acme.example/tools/", "https://unleash.acme.example/tools"),
        ("http://127.0.0.1:4242/", "http://127.0.0.1:4242"),
        ("https://tools.acme.example/api/unleash", "https://tools.acme.example/api/unleash"),
        ("https://tools.acme.example/admin/unleash", "https://tools.acme.example/admin/unleash"),
        ("https://admin", "https://admin"),
    ],
)
def test_unleash_may_have_a_path(config, url, expected):
    settings = config.load(MINIMAL.replace("https://unleash.acme.example", url))
    assert settings.targets[0].target.unleash_url == expected


def test_unleash_over_plain_http_needs_allow_http(config):
    plain = MINIMAL.replace("https://unleash", "http://unleash")
    (error,) = config.errors(plain)
    assert error.startswith("target[0].unleash.url: is not https")
    settings = config.load(plain + "allow_http = true")
    assert settings.targets[0].target.unleash_url == "http://unleash.acme.example"


@pytest.mark.parametrize(
    "below",
    [
        "/scim",
        "/api/scim",
        "/api",
        "/api/admin",
        "/admin",
        "/admin/users",
        "/admin/auth/scim",
        "/sign-in",
        "/login",
        "/projects/default",
        "/personal",
        "/history",
        "/admin/instance",
        "/admin/users/invite-link",
    ],
)
@pytest.mark.parametrize("base", ["", "/tools"])
def test_a_page_of_unleash_is_reduced_to_the_base_address(config, base, below):
    address = f"https://unleash.acme.example{base}"
    written = MINIMAL.replace("https://unleash.acme.example", address + below)
    assert config.errors(written) == [
        (
            f"target[0].unleash.url: ends in {below}, which is a page or an API of Unleash "
            f"(write {address})"
        )
    ]


@pytest.mark.parametrize("query", ["", "?create=1&run=a%20b"])
def test_the_address_of_a_heartbeat_may_have_a_query(config, query):
    text = f'[heartbeat]\nurl_env = "PING"\n{MINIMAL}'
    heartbeat = config.load(text, {"PING": f"https://ping.acme.example/id/{query}"}).heartbeat
    assert heartbeat.address(good=True).reveal() == f"https://ping.acme.example/id{query}"
    assert heartbeat.address(good=False).reveal() == f"https://ping.acme.example/id/fail{query}"
