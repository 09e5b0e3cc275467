"""The reports over HTTP: access and content."""

import os
from contextlib import ExitStack
from ipaddress import ip_address

import pytest

from auditor.config.loading import load_settings
from auditor.config.tables.service_settings import Address
from auditor.errors import ConfigError
from auditor.serve.http_server import HttpServer
from auditor.serve.login import (
    FAILURE_WINDOW_SECONDS,
    MAX_FAILURES,
    LoginThrottle,
    check_password,
)
from auditor.serve.report_site import reports_app
from tests.support.builders.config_files import MINIMAL, SECRETS
from tests.support.peers.processes import free_port
from tests.support.plain_http import PlainClient

PASSWORD = "Sesame & co: ä"
PAGE = "<!doctype html><title>Week 48</title>"


@pytest.fixture
def serve(tmp_path):
    """Return a function that serves one written report and gives a client for it."""
    folder = tmp_path / "reports/production"
    folder.mkdir(parents=True)
    for name in ("index.html", "2026-W48.html", "notes.txt"):
        (folder / name).write_text(PAGE)
    (tmp_path / "reports/other").mkdir()
    (tmp_path / "reports/other/index.html").write_text("another's")

    with ExitStack() as opened:

        def serve(text=""):
            path, port = tmp_path / "auditor.toml", free_port()
            path.write_text(f'{MINIMAL}\n[serve]\nreports = "127.0.0.1:{port}"\n{text}')
            settings = load_settings(path, {**SECRETS, "WORD": PASSWORD})
            app = reports_app(lambda: settings)
            opened.enter_context(HttpServer(Address(host="127.0.0.1", port=port), app))
            return opened.enter_context(PlainClient(base_url=f"http://127.0.0.1:{port}"))

        yield serve


def test_on_loopback_the_reports_need_no_login(serve):
    client = serve()
    assert 'href="production/"' in client.get("/").text
    assert client.get("/production/").text == PAGE
    answer = client.get("/production/2026-W48.html")
    assert answer.text == PAGE
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_table_beside_a_page_is_downloaded(serve, tmp_path):
    client = serve()
    for name in ("2026-W48", "latest"):
        (tmp_path / f"reports/production/{name}.html").write_text(PAGE)
        (tmp_path / f"reports/production/{name}.csv").write_text("rule\n")
        assert client.get(f"/production/{name}.html").text == PAGE
        answer = client.get(f"/production/{name}.csv")
        assert answer.text == "rule\n"
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-disposition"] == "attachment"


@pytest.mark.parametrize(
    "path",
    [
        "/other/",
        "/production/notes.txt",
        "/production/2026-W49.html",
        "/production/..%2Fother%2Findex.html",
        "/..%2F..%2Fauditor.toml/",
        "/production/index.json",
    ],
)
def test_other_paths_are_not_served(serve, path):
    assert serve().get(path).status_code == 404


def test_nothing_can_be_written(serve):
    client = serve()
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.request(method, "/production/").status_code == 405


def test_a_name_that_is_not_trusted_is_refused(serve):
    client = serve('trusted_hosts = ["reports.example"]')
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/", headers={"host": "reports.example"}).is_success


def test_the_password_opens_the_reports_by_http_basic(serve):
    client = serve('password_env = "WORD"')
    for path in ("/", "/production/", "/production/2026-W48.html"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
    assert client.get("/production/", auth=("", PASSWORD)).text == PAGE
    assert client.get("/production/", auth=("anyone", PASSWORD)).text == PAGE
    assert client.get("/production/", auth=("anyone", "a wrong guess")).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        b"Basic",
        b"Basic !!!",
        b"Basic /w==",
        b"Basic OjpAOg==",
        b"Bearer x",
        b"\xff",
        b"",
    ],
)
def test_an_invalid_authorization_header_is_refused(serve, header):
    client = serve('password_env = "WORD"')
    answer = client.get("/", headers=[(b"authorization", header)])
    assert answer.status_code == 401


def test_many_wrong_passwords_are_refused_with_429_until_the_window_ends():
    seconds = [0.0]
    throttle = LoginThrottle(lambda: seconds[0])
    mallory, ada = ip_address("192.0.2.1"), ip_address("192.0.2.2")
    for _ in range(MAX_FAILURES):
        assert throttle.wait(mallory) == 0
        throttle.count_failure(mallory)
    assert throttle.wait(mallory) == FAILURE_WINDOW_SECONDS
    assert throttle.wait(ada) == 0
    seconds[0] = FAILURE_WINDOW_SECONDS
    assert throttle.wait(mallory) == 0


def test_clients_of_one_ipv6_network_share_their_failures():
    throttle = LoginThrottle(lambda: 0.0)
    for number in range(MAX_FAILURES):
        throttle.count_failure(ip_address(f"2001:db8::{number}"))
    assert throttle.wait(ip_address("2001:db8::ffff"))
    assert not throttle.wait(ip_address("2001:db8:0:1::"))


def test_a_throttled_client_gets_429_even_with_the_right_password(serve):
    client = serve('password_env = "WORD"')
    codes = [client.get("/", auth=("", f"guess {n}")).status_code for n in range(MAX_FAILURES)]
    assert set(codes) == {401}
    answer = client.get("/", auth=("", PASSWORD))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_a_short_password_is_rejected_at_the_start(tmp_path):
    path = tmp_path / "auditor.toml"
    path.write_text(f'{MINIMAL}\n[serve]\npassword_env = "WORD"\n')
    settings = load_settings(path, {**SECRETS, "WORD": "elevenchars"})
    with pytest.raises(ConfigError, match="shorter than 12 characters"):
        check_password(settings.serve)


def test_a_redirect_keeps_the_sub_path_of_a_proxy(serve):
    client = serve()
    answer = client.get("/production", follow_redirects=False)
    assert answer.headers["location"] == "production/"
    assert 'href="production/"' in client.get("/").text


def test_a_pipe_in_place_of_a_report_does_not_block(serve, tmp_path):
    client = serve()
    os.mkfifo(tmp_path / "reports/production/2026-W50.html")
    assert client.get("/production/2026-W50.html").status_code == 503
    assert client.get("/production/2026-W48.html").status_code == 200


def test_a_symbolic_link_is_not_served(serve, tmp_path):
    client = serve()
    (tmp_path / "secret.html").write_text("secret")
    (tmp_path / "reports/production/2026-W50.html").symlink_to(tmp_path / "secret.html")
    assert client.get("/production/2026-W50.html").status_code == 404


@pytest.mark.parametrize("name", ["(null)", "-", "", "null", "Unknown", "(NULL)"])
def test_a_placeholder_does_not_identify_a_user(serve, name):
    client = serve('user_header = "X-User"\nproxies = ["127.0.0.0/8"]')
    assert client.get("/", headers={"X-User": name}).status_code == 401


def test_a_header_that_is_sent_twice_does_not_identify_a_user(serve):
    client = serve('user_header = "X-User"\nproxies = ["127.0.0.0/8"]')
    assert client.get("/", headers=[("X-User", "ada"), ("X-User", "bo")]).status_code == 401


@pytest.mark.parametrize(("proxy", "code"), [("127.0.0.0/8", 200), ("10.0.0.0/8", 401)])
def test_only_the_configured_proxy_is_trusted(serve, proxy, code):
    client = serve(f'user_header = "X-User"\nproxies = ["{proxy}"]')
    assert client.get("/").status_code == 401
    assert client.get("/", headers={"X-User": "ada"}).status_code == code
