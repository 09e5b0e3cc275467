import os
import re
import signal
import subprocess
import sys
import tomllib

import pytest

from tests.support.peers.processes import PATIENCE
from tests.support.plain_http import plain_get, plain_post


@pytest.fixture
def sandbox():
    """Return a running `auditor sandbox` and its output."""
    # a shell's background jobs ignore interrupts, and so do their child processes
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "auditor", "sandbox", "--people", "3"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "/requests" in line:
            break
    yield process, "".join(lines)
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_the_printed_commands_can_be_pasted(sandbox):
    process, printed = sandbox
    tokens = dict(re.findall(r"^export (\w+)=(\S+)$", printed, re.MULTILINE))
    (text,) = re.findall(r"<<'END'\n(.*?)END\n", printed, re.DOTALL)
    (target,) = tomllib.loads(text)["target"]
    okta, unleash = target["okta"], target["unleash"]
    app = plain_get(
        f"{okta['org_url']}/api/v1/apps/{okta['app_id']}",
        headers={"Authorization": f"SSWS {tokens[okta['token_env']]}"},
    )
    assert app.json()["id"] == okta["app_id"]
    users = plain_get(
        f"{unleash['url']}/api/admin/user-admin",
        headers={"Authorization": tokens[unleash["token_env"]]},
    )
    assert len(users.json()["users"]) >= 3

    (control,) = re.findall(r"^  control +(\S+)$", printed, re.MULTILINE)
    done = plain_post(
        f"{control}/do/map_attribute",
        json={"user_type": "user", "attribute": "email", "expression": "user.email"},
    )
    assert done.status_code == 200

    process.send_signal(signal.SIGINT)
    rest, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Messages that Slack received" in rest
    assert complaints == ""


def test_an_audit_of_the_sandbox_sends_only_get_requests(sandbox, tmp_path):
    _, printed = sandbox
    (text,) = re.findall(r"<<'END'\n(.*?)END\n", printed, re.DOTALL)
    config = tmp_path / "auditor.toml"
    config.write_text(text)
    tokens = dict(re.findall(r"^export (\w+)=(\S+)$", printed, re.MULTILINE))
    audit = subprocess.run(
        [sys.executable, "-m", "auditor", "run", "--config", config],
        env={**os.environ, **tokens},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert audit.returncode == 0, audit.stderr
    (control,) = re.findall(r"^  control +(\S+)$", printed, re.MULTILINE)
    asked = [one for one in plain_get(f"{control}/requests").json() if one["service"] != "slack"]
    assert len(asked) > 20
    assert {one["method"] for one in asked if one["service"] != "control"} == {"GET"}


def test_a_port_in_use_is_an_error(sandbox):
    _, printed = sandbox
    (port,) = re.findall(r"^  Okta .*:(\d+)$", printed, re.MULTILINE)
    second = subprocess.run(
        [sys.executable, "-m", "auditor", "sandbox", "--port", port],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert second.returncode == 2
    assert second.stderr == (
        f"auditor: --port {port}: cannot listen on {port} to {int(port) + 3}: "
        "Address already in use (use another port)\n"
    )
