"""The reports over HTTP: who may read them, and what there is to read."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from auditor.config.loading import load_settings
from auditor.config.service_settings import Address
from auditor.serve import login
from auditor.serve.http_server import HttpServer
from auditor.serve.report_site import reports_app
from tests.support.builders.config_files import MINIMAL, SECRETS
from tests.support.peers.processes import free_port

PAGE = "<!doctype html><title>Week 48</title>"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def serve(tmp_path, clock, monkeypatch):
    """Return a function that serves one written report and gives a client for it."""
    monkeypatch.setattr(login, "PAUSE", 0)
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
            settings = load_settings(path, {**SECRETS, "WORD": "Sesame & co"})
            app = reports_app(lambda: settings, clock)
            opened.enter_context(HttpServer({Address(host="127.0.0.1", port=port): app}))
            return opened.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}"))

        yield serve


def test_on_loopback_they_are_simply_there(serve):
    client = serve()
    assert 'href="/production/"' in client.get("/").text
    assert client.get("/production/").text == PAGE
    answer = client.get("/production/2026-W48.html")
    assert answer.text == PAGE
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_table_beside_a_page_is_to_be_kept_and_not_shown(serve, tmp_path):
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
def test_nothing_else_is(serve, path):
    assert serve().get(path).status_code == 404


def test_nothing_can_be_written(serve):
    client = serve()
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.request(method, "/production/").status_code == 405


def test_a_name_that_is_not_trusted_is_refused(serve):
    client = serve('trusted_hosts = ["reports.example"]')
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/", headers={"host": "reports.example"}).is_success


def test_the_password_opens_for_a_while(serve, clock):
    client = serve('password_env = "WORD"')
    for path in ("/", "/production/", "/production/2026-W48.html"):
        assert client.get(path).headers["location"] == "/login"
    assert "password" in client.get("/login").text
    wrong = client.post("/login", data={"password": "guess"})
    assert (wrong.status_code, dict(client.cookies)) == (403, {})
    right = client.post("/login", data={"password": "Sesame & co"})
    assert right.status_code == 303
    assert {"HttpOnly", "SameSite=strict"} <= set(right.headers["set-cookie"].split("; "))
    assert "Sesame" not in right.headers["set-cookie"]
    assert client.get("/production/").text == PAGE
    clock.now += timedelta(hours=13)
    assert client.get("/production/").status_code == 303


def test_a_forged_cookie_opens_nothing(serve):
    client = serve('password_env = "WORD"')
    for forged in ("9999999999.", "9999999999.00", "x.y", "", "٣.x"):
        headers = {"cookie": f"{login.COOKIE}={forged}".encode()}
        assert client.get("/", headers=headers).status_code == 303


def test_a_long_form_is_not_read(serve):
    answer = serve('password_env = "WORD"').post("/login", content=b"x" * 5000)
    assert answer.status_code == 413


@pytest.mark.parametrize(("proxy", "code"), [("127.0.0.0/8", 200), ("10.0.0.0/8", 401)])
def test_only_the_named_proxy_is_believed(serve, proxy, code):
    client = serve(f'user_header = "X-User"\nproxies = ["{proxy}"]')
    assert client.get("/").status_code == 401
    assert client.get("/", headers={"X-User": "ada"}).status_code == code
