from urllib.parse import urlsplit

import httpx
import pytest

from auditor.net.proxies import bypasses_proxy, client_options, proxy_to

PROXY = "http://user:canary@proxy.acme.example:3128"


@pytest.mark.parametrize(
    ("url", "no_proxy"),
    [
        ("https://10.1.2.3", "10.0.0.0/8"),
        ("https://10.1.2.3", "10.1.2.3/8"),
        ("https://[fd00::1]:8443", "fd00::/8"),
        ("https://[fd00::1]", "[fd00::]/8"),
        ("https://[::ffff:10.1.2.3]", "10.0.0.0/8"),
        ("https://[::1]", "::1"),
        ("https://[::1]", "[::1]"),
        ("https://[::1]:8443", "[::1]:8443"),
        ("https://127.0.0.1", "127.0.0.1"),
        ("https://unleash.acme.example", "acme.example"),
        ("https://unleash.acme.example", ".acme.example"),
        ("https://unleash.acme.example", "*.acme.example"),
        ("https://Unleash.Acme.Example.", "unleash.acme.EXAMPLE"),
        ("https://unleash.acme.example", "other, unleash.acme.example:443"),
        ("http://unleash.acme.example:8080", "unleash.acme.example:8080"),
        ("https://unleash.acme.example", "*"),
    ],
)
def test_no_proxy_names_hosts_domains_addresses_and_networks(url, no_proxy):
    assert bypasses_proxy(urlsplit(url), no_proxy)


@pytest.mark.parametrize(
    ("url", "no_proxy"),
    [
        ("https://11.1.2.3", "10.0.0.0/8"),
        ("https://[fe80::1]", "fd00::/8"),
        ("https://10.1.2.3", "fd00::/8"),
        ("https://10.1.2.3", "10.0.0.0/99"),
        ("https://10.1.2.3", "/"),
        ("https://10.example", "10.0.0.0/8"),
        ("https://unleash.acme.example", "unleash.acme.example:8443"),
        ("https://notacme.example", "acme.example"),
        ("https://unleash.acme.example", ",, ,."),
        ("https://unleash.acme.example", "[::"),
        ("https://unleash.acme.example:99999", "10.0.0.0/8"),
        ("https://unleash.acme.example", ""),
    ],
)
def test_no_proxy_does_not_name_other_servers(url, no_proxy):
    assert not bypasses_proxy(urlsplit(url), no_proxy)


@pytest.mark.parametrize("no_proxy", ["fd00::/8", "[::1]", "[fd00::]/8,10.0.0.0/8", "::/0", "[::"])
def test_an_http_client_opens_with_any_no_proxy(monkeypatch, no_proxy):
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    with httpx.Client(**client_options("https://unleash.acme.example")):
        pass
    assert client_options("https://unleash.acme.example")["proxy"] == PROXY


def test_a_proxy_is_shown_without_its_password(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    proxy = proxy_to("https://unleash.acme.example")
    assert proxy == ("HTTPS_PROXY", "http://proxy.acme.example:3128")


def test_a_proxy_without_a_scheme_is_an_http_proxy(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "proxy.acme.example:3128")
    options = client_options("https://unleash.acme.example")
    assert options["proxy"] == "http://proxy.acme.example:3128"
