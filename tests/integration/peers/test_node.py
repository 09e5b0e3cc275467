"""The installation of npm packages: a download that fails is repeated, and names its failure."""

import io
import json
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.peers import node
from tests.support.peers.threaded_server import served

PACKAGE, VERSION = "an-example", "1.0.0"


class Registry(ThreadingHTTPServer):
    """Serves one package, after a number of failures."""

    failures = 0
    asked = 0

    def answer(self, path: str) -> tuple[int, bytes]:
        if path.endswith(".tgz"):
            return 200, tarball()
        self.asked += 1
        if self.asked <= self.failures:
            return 503, b"{}"
        release = {
            "name": PACKAGE,
            "version": VERSION,
            "dist": {"tarball": f"http://127.0.0.1:{self.server_port}/{PACKAGE}.tgz"},
        }
        found = {
            "name": PACKAGE,
            "dist-tags": {"latest": VERSION},
            "versions": {VERSION: release},
        }
        return 200, json.dumps(found).encode()


class Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self):
        status, body = self.server.answer(self.path)
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def tarball() -> bytes:
    content, packed = json.dumps({"name": PACKAGE, "version": VERSION}).encode(), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("package/package.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def registry(tmp_path, monkeypatch) -> Iterator[Registry]:
    monkeypatch.setattr(node, "SECONDS_BEFORE_SECOND_ATTEMPT", 0)
    monkeypatch.setenv("AUDITOR_TEST_CACHE", str(tmp_path / "installed"))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    server = Registry(("127.0.0.1", 0), Handler)
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
    with served(server):
        yield server


def test_a_download_that_fails_is_repeated(registry):
    registry.failures = 2
    assert (node.installed(PACKAGE, VERSION) / PACKAGE / "package.json").is_file()
    assert registry.asked > registry.failures


def test_a_registry_that_stays_broken_is_named_with_the_attempts(registry):
    registry.failures = 99
    with pytest.raises(pytest.skip.Exception, match=f"{PACKAGE}@{VERSION} in 4 attempts.*E503"):
        node.installed(PACKAGE, VERSION)


@pytest.mark.usefixtures("registry")
def test_a_version_that_does_not_exist_fails_at_once():
    # npm itself can ask twice, so the attempts are counted by the message.
    with pytest.raises(pytest.fail.Exception, match=r"@9\.9\.9 in 1 attempts.*ETARGET"):
        node.installed(PACKAGE, "9.9.9")
