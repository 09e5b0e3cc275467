"""The installed product works in a pod with the restrictions of our manifests."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.sandbox import Sandbox, World
from tests.integration.deploy.cage import DOCKERFILE, Image, Pod, need_cages
from tests.support.peers.processes import PATIENCE, answers, free_port
from tests.support.peers.wheel import PIP, build_wheel
from tests.support.processes.service_process import eventually

ROOT = DOCKERFILE.parents[1]
KUSTOMIZE = ROOT / "deploy/kustomize"

WRITABLE = """
import os
skipped = ("/proc", "/dev", "/usr", "/opt/auditor/lib")
for folder, below, _ in os.walk("/"):
    below[:] = [each for each in below if not os.path.join(folder, each).startswith(skipped)]
    if os.access(folder, os.W_OK):
        print(folder)
"""


@pytest.fixture(scope="module", autouse=True)
def _caged() -> None:
    need_cages()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Image:
    """The wheel, built and installed."""
    built, site = build_wheel(tmp_path_factory.mktemp("wheel")), tmp_path_factory.mktemp("site")
    install = ("install", "--no-deps", "--no-compile", "--target", site, built)
    subprocess.run([*PIP, *install], check=True)
    return open_image(site)


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Image:
    """Return the paths that the Dockerfile copies, with their destinations."""
    app = tmp_path_factory.mktemp("app")
    copies = re.findall(
        r"^COPY (\w+) /opt/auditor/app/(\w+)$", DOCKERFILE.read_text(), re.MULTILINE
    )
    assert copies
    for source, target in copies:
        shutil.copytree(ROOT / source, app / target, ignore=shutil.ignore_patterns("__pycache__"))
    return open_image(app)


def open_image(folder: Path) -> Image:
    """Make a folder accessible to all users, like the folders of an image."""
    folder.chmod(0o755)
    return Image(folder)


@pytest.fixture(params=["wheel", "copied"])
def image(request) -> Image:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Image)
    return found


@dataclass(frozen=True)
class Cluster:
    """A sandbox to audit, and folders as volumes."""

    sandbox: Sandbox
    folder: Path

    def pod(self, image: Image, spec: dict[str, Any], toml: Path, **secrets: str) -> Pod:
        """Set up a pod on an overlay's own configuration, with the sandbox's addresses in it."""
        volumes = {each["name"]: self.folder / each["name"] for each in spec["volumes"]}
        for folder in volumes.values():
            folder.mkdir(exist_ok=True)
        world, slack = self.sandbox.world, self.sandbox.slack
        client = world.add_oauth_client()
        text = toml.read_text()
        for placeholder, value in {
            "https://acme.okta.com": self.sandbox.okta_url,
            "0oa1b2c3d4e5f6g7h8i9": world.app_id,
            "0oaauditor0000000000": client.id,
            "https://unleash.acme.example": self.sandbox.unleash_url,
            'channel = "C0123456789"': f'channel = "#{slack.channel.name}"\n'
            f'base_url = "{self.sandbox.slack_url}/api"',
        }.items():
            assert placeholder in text
            text = text.replace(placeholder, value)
        (volumes["config"] / "auditor.toml").write_text(text)
        secrets |= {
            "okta-private-key": client.private_key,
            "unleash-token": world.unleash_token,
            "slack-token": slack.token,
        }
        for name, secret in secrets.items():
            (volumes["secrets"] / name).write_text(secret)
        pod = Pod(image, spec, volumes)
        pod.give()
        return pod

    def cronjob(self, image: Image) -> Pod:
        manifest = yaml.safe_load((KUSTOMIZE / "cronjob/cronjob.yaml").read_text())
        spec = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        return self.pod(image, spec, KUSTOMIZE / "base/auditor.toml")


@pytest.fixture
def cluster(tmp_path) -> Iterator[Cluster]:
    with Sandbox(World.clean(people=4)) as sandbox:
        yield Cluster(sandbox, tmp_path)
        assert sandbox.refused == []


def event_of(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the message of the one error in its log."""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    (event,) = [line["event"] for line in lines if line["level"] == "error"]
    return str(event)


def has_ended_or_answers(process: "subprocess.Popen[str]", url: str) -> bool:
    return process.poll() is not None or answers(url)


def arguments_of_the_report() -> list[str]:
    """Return the arguments of the weekly report from its patch."""
    kustomization = yaml.safe_load((KUSTOMIZE / "report/kustomization.yaml").read_text())
    (patch,) = kustomization["patches"]
    (words,) = [op["value"] for op in yaml.safe_load(patch["patch"]) if "args" in op["path"]]
    assert isinstance(words, list)
    return words


def test_the_container_has_the_restrictions_of_the_manifest(cluster, wheel):
    pod = cluster.cronjob(wheel)
    assert pod.user == wheel.user
    assert set(pod.python(WRITABLE).split()) == pod.writable
    assert pod.python("import os; print(os.statvfs('/').f_flag & os.ST_RDONLY)") == "1\n"
    status = pod.python("print(open('/proc/self/status').read())")
    output = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
    assert (output["Pid"], output["NoNewPrivs"]) == ("1", "1")
    assert output["Uid"].split() == 4 * [str(wheel.user[0])]
    assert {output[f"Cap{which}"].strip("0") for which in ("Eff", "Prm", "Bnd", "Amb")} == {""}


def test_the_cronjobs_audit_and_report_successfully(cluster, image):
    cluster.sandbox.world.map_attribute("user", "email", "user.email")
    pod = cluster.cronjob(image)
    audited = pod(*pod.container["args"])
    assert (audited.returncode, audited.stderr) == (0, ""), audited.stderr
    lines = [json.loads(line) for line in audited.stdout.splitlines()]
    assert {line["run"] for line in lines} == {lines[0]["run"]}
    assert lines[0]["target"] == "production"
    assert "email-not-login" in lines[0]["rules"]
    reported = pod(*arguments_of_the_report())
    assert reported.returncode == 0, reported.stderr
    (report,) = (pod.volumes["history"] / "reports/production").glob("*-W*.html")
    assert "email-not-login" in report.read_text()
    assert cluster.sandbox.slack.channel.messages
    doctor = pod("doctor", "--config", "/etc/auditor/auditor.toml", "--format", "json")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr


def test_the_files_of_the_configmap_can_be_included(cluster, wheel):
    pod = cluster.cronjob(wheel)
    folder = pod.volumes["config"]
    main, head, table = (folder / "auditor.toml").read_text().partition("[[target]]")
    (folder / "targets-eu.toml").write_text(head + table)
    (folder / "auditor.toml").write_text('include = ["include/targets-*.toml"]\n' + main)
    pod.give()
    audited = pod(*pod.container["args"])
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert '"target": "production"' in audited.stdout


def test_no_code_in_a_volume_is_executed(cluster, wheel):
    pod = cluster.cronjob(wheel)
    (pod.volumes["history"] / "httpx.py").write_text("raise SystemExit('planted')")
    audited = pod(*pod.container["args"])
    assert audited.returncode == 0, audited.stderr


def test_unwritable_folders_are_reported(cluster, wheel):
    pod = cluster.cronjob(wheel)
    history = pod.volumes["history"]
    (history / "reports").mkdir()
    (history / "reports").chmod(0o555)
    # The audit is stored; the list of affected users waits for the next audit.
    audited = pod(*pod.container["args"])
    assert audited.returncode == 4
    assert "/var/lib/auditor/reports/production: Permission denied" in audited.stdout
    reported = pod(*arguments_of_the_report())
    assert reported.returncode == 4
    assert "/var/lib/auditor/reports/production: Permission denied" in reported.stderr
    for left in history.glob("auditor.db*"):
        left.unlink()
    history.chmod(0o555)
    audited = pod(*pod.container["args"])
    assert audited.returncode == 2
    assert "/var/lib/auditor/auditor.db" in event_of(audited)
    history.chmod(0o755)


def test_files_of_a_pod_are_readable_only_for_its_user(cluster, wheel):
    pod = cluster.cronjob(wheel)
    pod(*pod.container["args"])
    database = (pod.volumes["history"] / "auditor.db").stat()
    assert database.st_mode & 0o777 == 0o600
    assert database.st_uid == (wheel.user[0] if os.geteuid() == 0 else os.geteuid())


@pytest.mark.postgres
def test_the_deployment_serves_and_stops_on_sigterm(cluster, wheel, postgres_url):
    overlay = KUSTOMIZE / "overlays/serve"
    spec = yaml.safe_load((overlay / "deployment.yaml").read_text())["spec"]["template"]["spec"]
    (upgrade,) = yaml.safe_load((overlay / "upgrade.yaml").read_text())[0]["value"]
    pod = cluster.pod(wheel, spec, overlay / "auditor.toml", **{"database-url": postgres_url})
    (port,) = pod.container["ports"]
    config, free = pod.volumes["config"] / "auditor.toml", free_port()
    text = config.read_text()
    assert f':{port["containerPort"]}"' in text
    config.write_text(text.replace(f':{port["containerPort"]}"', f':{free}"'))

    first = replace(pod, spec={**spec, "containers": [upgrade]})(*upgrade["args"])
    assert first.returncode == 0, first.stderr
    probes = {name: pod.container[f"{name}Probe"]["httpGet"] for name in ("liveness", "readiness")}
    assert {probe["port"] for probe in probes.values()} == {port["name"]}
    with pod.running(*pod.container["args"]) as (process, one):
        for probe in probes.values():
            url = f"http://127.0.0.1:{free}{probe['path']}"
            eventually(partial(has_ended_or_answers, process, url))
        os.kill(one, signal.SIGTERM)
        _, output = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    events = [json.loads(line)["event"] for line in output.splitlines()]
    assert {"audited", "stopping"} <= set(events)
