"""The dependencies of the product: the complete bill of materials, and the vulnerability check."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, Response

from auditor.sandbox.faults.sockets import refusing_port
from tests.support.peers.processes import PATIENCE
from tests.support.peers.sandbox_app import serve

ROOT = Path(__file__).resolve().parents[3]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)

VULNERABLE = {
    "vulns": [
        {
            "id": "TEST-2026-1",
            "published": "2026-01-01T00:00:00Z",
            "summary": "It leaks.",
            "affected": [],
        }
    ]
}


def make(target: str, *more: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a make target with the tools of these tests."""
    tools = (f"BIN={Path(sys.executable).parent}", "-o", ".venv/dev.stamp")
    return subprocess.run(
        ["make", target, *tools, *more],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_the_bill_of_materials_names_all_locked_packages(tmp_path: Path) -> None:
    path = tmp_path / "sbom.json"
    made = make("sbom", f"SBOM={path}", HTTPS_PROXY="http://127.0.0.1:9")
    assert (made.returncode, made.stderr) == (0, "")
    bill = json.loads(path.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "unleash-okta-auditor"
    named = {(part["name"], part["version"]) for part in bill["components"]}
    locked = PINNED.findall((ROOT / "deploy/requirements.lock").read_text())
    assert named == set(locked)
    assert all(part["externalReferences"][0]["hashes"] for part in bill["components"])


def audit(url: str) -> subprocess.CompletedProcess[str]:
    """Run the check against a local service with the API of OSV."""
    return make("audit", PIP_AUDIT_VULNERABILITY_SERVICE="osv", PIP_AUDIT_OSV_URL=url)


def test_packages_without_a_known_vulnerability_pass() -> None:
    with serve(JSONResponse({})) as url:
        asked = audit(url)
    assert asked.returncode == 0, asked.stderr


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (JSONResponse(VULNERABLE), ["TEST-2026-1"]),
        (Response(status_code=404), []),
        (Response(status_code=503), []),
    ],
)
def test_a_vulnerable_or_unreported_package_fails(answer: Response, named: list[str]) -> None:
    with serve(answer) as url:
        asked = audit(url)
    assert asked.returncode != 0
    assert "make audit: failed" in asked.stderr
    assert sorted(set(re.findall(r"TEST-\d+-\d", asked.stdout))) == named


def test_an_unavailable_service_fails_the_check() -> None:
    with refusing_port() as port:
        asked = audit(f"http://127.0.0.1:{port}")
    assert asked.returncode != 0
    assert "make audit: failed" in asked.stderr
