"""The manifests: each overlay renders, is valid and complete."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor import __version__
from auditor.config.loading import load_settings
from auditor.config.rule_settings import rules_for
from auditor.config.schedule import parse_cron
from auditor.observability.metrics import INSTANCE_VARIABLE
from auditor.rule.severity import Severity
from auditor.serve.http_server import MAX_CONNECTIONS
from tests.support.builders.config_files import MINIMAL
from tests.support.processes.command_line import parse

DEPLOY = Path(__file__).parents[3] / "deploy"
KUSTOMIZE = DEPLOY / "kustomize"
OVERLAYS = sorted((KUSTOMIZE / "overlays").iterdir())
WORKLOADS = {"CronJob", "Deployment"}

every_overlay = pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)


@cache
def text_of(overlay: Path) -> str:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl 1.21 or later is not here: the overlays are not rendered")
    done = subprocess.run(
        ["kubectl", "kustomize", str(overlay)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def refusal(overlay: Path) -> str:
    """Return the error of an overlay that cannot be rendered."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl 1.21 or later is not here: the overlays are not rendered")
    done = subprocess.run(
        ["kubectl", "kustomize", str(overlay)], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0, done.stdout
    return done.stderr


def rendered(overlay: Path, *kinds: str) -> list[dict[str, Any]]:
    every = list(yaml.safe_load_all(text_of(overlay)))
    return [each for each in every if not kinds or each["kind"] in kinds]


def pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    spec = workload["spec"]
    spec = spec["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else spec
    pod: dict[str, Any] = spec["template"]
    return pod


def containers(workload: dict[str, Any]) -> list[dict[str, Any]]:
    spec = pod_of(workload)["spec"]
    return [*spec.get("initContainers", ()), *spec["containers"]]


def cronjobs(overlay: Path) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each["spec"] for each in rendered(overlay, "CronJob")}


@every_overlay
def test_every_manifest_is_valid(overlay, tmp_path):
    path = tmp_path / "all.yaml"
    path.write_text(text_of(overlay))
    command = [tool("kubernetes-validate"), "--strict", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@every_overlay
def test_every_pod_is_locked_down(overlay):
    for workload in rendered(overlay, *WORKLOADS):
        spec = pod_of(workload)["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for each in containers(workload):
            assert each["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert each["resources"]["limits"]["memory"]
            assert not re.search(r":latest$|^[^:]+$", each["image"])


@every_overlay
def test_every_pod_mounts_its_configuration_and_its_secrets(overlay):
    names = {
        (each["kind"], each["metadata"]["name"])
        for each in rendered(overlay, "ConfigMap", "PersistentVolumeClaim")
    }
    for workload in rendered(overlay, *WORKLOADS):
        volumes = {each["name"]: each for each in pod_of(workload)["spec"]["volumes"]}
        assert ("ConfigMap", volumes["config"]["configMap"]["name"]) in names
        claim = volumes["history"].get("persistentVolumeClaim")
        assert not claim or ("PersistentVolumeClaim", claim["claimName"]) in names
        for each in containers(workload):
            assert {mount["name"] for mount in each["volumeMounts"]} <= volumes.keys()


@every_overlay
def test_the_configuration_names_only_existing_secrets(overlay, tmp_path):
    (config,) = rendered(overlay, "ConfigMap")
    path = tmp_path / "auditor.toml"
    path.write_text(config["data"]["auditor.toml"])
    load_settings(path, {})
    example = yaml.safe_load((KUSTOMIZE / "base/secret.example.yaml").read_text())
    named = re.findall(r'"/etc/auditor/secrets/(.*)"', config["data"]["auditor.toml"])
    assert named
    assert set(named) <= example["stringData"].keys()
    assert ("sqlite" in config["data"]["auditor.toml"]) == ("sqlite" in overlay.name)


@every_overlay
def test_every_pod_runs_an_existing_command(overlay):
    for workload in rendered(overlay, *WORKLOADS):
        for each in containers(workload):
            parse(each["args"])


@every_overlay
def test_the_policies_cover_the_pods_and_name_ports_only(overlay):
    policies = rendered(overlay, "NetworkPolicy")
    for workload in rendered(overlay, *WORKLOADS):
        labels = pod_of(workload)["metadata"]["labels"]
        for policy in policies:
            wanted = policy["spec"]["podSelector"]["matchLabels"]
            assert wanted.items() <= labels.items()
    ports = {
        port["port"]
        for policy in policies
        for rule in policy["spec"].get("egress", ())
        for port in rule["ports"]
    }
    assert ports == ({53, 443} if "sqlite" in overlay.name else {53, 443, 5432})


@pytest.mark.parametrize(
    "overlay", [each for each in OVERLAYS if each.name != "serve"], ids=lambda path: path.name
)
def test_the_jobs_are_due_and_end(overlay):
    jobs = cronjobs(overlay)
    assert jobs.keys() == {"auditor-audit", "auditor-report"}
    assert parse_cron(jobs["auditor-audit"]["schedule"]).every_hour
    assert parse_cron(jobs["auditor-report"]["schedule"]).weekdays == {1}
    for spec in jobs.values():
        job = spec["jobTemplate"]["spec"]
        assert spec["concurrencyPolicy"] == "Forbid"
        assert job["template"]["spec"]["restartPolicy"] == "Never"
        assert 0 < job["activeDeadlineSeconds"] < 3600
        (answers, _) = job["podFailurePolicy"]["rules"]
        assert answers["onExitCodes"]["values"] == [2, 3]


def test_findings_do_not_fail_a_job():
    for overlay in OVERLAYS:
        if overlay.name != "serve":
            (container,) = pod_of(audit_job(overlay))["spec"]["containers"]
            assert "--exit-zero" in container["args"]


def test_the_pods_of_a_cronjob_replace_their_metrics_in_a_pushgateway():
    for overlay in OVERLAYS:
        for workload in rendered(overlay, "CronJob"):
            (container,) = pod_of(workload)["spec"]["containers"]
            named = {each["name"]: each for each in container["env"]}
            source = named[INSTANCE_VARIABLE]["valueFrom"]["fieldRef"]["fieldPath"]
            assert source == "metadata.namespace"


def audit_job(overlay: Path) -> dict[str, Any]:
    jobs = rendered(overlay, "CronJob")
    return next(each for each in jobs if each["metadata"]["name"] == "auditor-audit")


@every_overlay
def test_reports_survive_the_pod(overlay):
    claims = {each["metadata"]["name"] for each in rendered(overlay, "PersistentVolumeClaim")}
    for workload in rendered(overlay, *WORKLOADS):
        volumes = {each["name"]: each for each in pod_of(workload)["spec"]["volumes"]}
        assert volumes["history"]["persistentVolumeClaim"]["claimName"] in claims


def test_a_monitor_with_the_label_and_the_port_of_the_docs_selects_serve():
    text = (DEPLOY.parent / "docs/operations.md").read_text()
    ((label, name, port),) = re.findall(
        r"PodMonitor of your own,\s+for the\s+label `(\S+): (\S+)` and the port `(\w+)`", text
    )
    (service,) = rendered(KUSTOMIZE / "overlays/serve", "Service")
    assert service["metadata"]["labels"][label] == name
    assert [each["name"] for each in service["spec"]["ports"]] == [port]
    (deployment,) = rendered(KUSTOMIZE / "overlays/serve", "Deployment")
    pod = deployment["spec"]["template"]
    assert pod["metadata"]["labels"][label] == name
    assert [each["name"] for each in pod["spec"]["containers"][0]["ports"]] == [port]


@every_overlay
def test_every_container_limits_its_files(overlay):
    for workload in rendered(overlay, *WORKLOADS):
        for each in containers(workload):
            assert each["resources"]["limits"]["ephemeral-storage"]


def test_draining_nodes_leaves_one_replica():
    (budget,) = rendered(KUSTOMIZE / "overlays/serve", "PodDisruptionBudget")
    assert budget["spec"]["minAvailable"] == 1


def test_dns_is_permitted_for_servers_with_any_labels():
    (policy,) = rendered(KUSTOMIZE / "overlays/cronjob-sqlite", "NetworkPolicy")
    dns = next(
        rule
        for rule in policy["spec"]["egress"]
        if {"protocol": "UDP", "port": 53} in rule["ports"]
    )
    assert "to" not in dns


def with_component(component: str, overlay: Path, folder: Path) -> Path:
    """Return the folder of a kustomization that adds a component to an overlay."""
    shutil.copytree(KUSTOMIZE, folder / "kustomize")
    own = folder / "kustomize/own"
    own.mkdir()
    (own / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        f"resources: [../overlays/{overlay.name}]\ncomponents: [../components/{component}]\n"
    )
    return own


@pytest.mark.parametrize("component", ["external-secrets", "prometheus-rule", "report-site"])
@every_overlay
def test_a_component_adds_its_resources_to_every_overlay(overlay, component, tmp_path):
    own = with_component(component, overlay, tmp_path)
    assert len(rendered(own)) > len(rendered(overlay))


def test_the_history_in_sqlite_cannot_be_replaced_by_the_volume_for_reports(tmp_path):
    overlay = KUSTOMIZE / "overlays/cronjob-sqlite"
    assert "volumes/2" in refusal(with_component("reports-volume", overlay, tmp_path))


@every_overlay
def test_every_workload_has_the_credentials_of_the_object_storage(overlay, tmp_path):
    workloads = rendered(with_component("object-storage", overlay, tmp_path), *WORKLOADS)
    assert workloads
    for each in workloads:
        (container,) = pod_of(each)["spec"]["containers"]
        assert container["envFrom"] == [{"secretRef": {"name": "auditor-object-storage"}}]


def test_an_overlay_is_a_remote_base_for_a_short_kustomization(tmp_path):
    repository = tmp_path / "repository"
    shutil.copytree(KUSTOMIZE, repository / "deploy/kustomize")
    for command in (
        ["git", "init", "-q", "-b", "main"],
        ["git", "add", "-A"],
        ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-qm", "x"],
    ):
        subprocess.run(command, cwd=repository, check=True)
    own = tmp_path / "own"
    own.mkdir()
    (own / "auditor.toml").write_text("# my own\n")
    lines = (
        "apiVersion: kustomize.config.k8s.io/v1beta1",
        "kind: Kustomization",
        "namespace: auditor",
        "resources:",
        f"  - file://{repository}//deploy/kustomize/overlays/cronjob-sqlite?ref=main",
        "configMapGenerator:",
        "  - {name: auditor-config, behavior: replace, files: [auditor.toml]}",
        "images:",
        '  - {name: unleash-okta-auditor, newName: registry.example.com/auditor, newTag: "0.2.0"}',
    )
    (own / "kustomization.yaml").write_text("\n".join(lines))
    (config,) = rendered(own, "ConfigMap")
    assert config["data"]["auditor.toml"] == "# my own\n"
    (container,) = pod_of(audit_job(own))["spec"]["containers"]
    assert container["image"] == "registry.example.com/auditor:0.2.0"


def test_sqlite_is_on_a_volume_of_one_pod():
    (claim,) = rendered(KUSTOMIZE / "overlays/cronjob-sqlite", "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]


def test_an_indexed_job_has_the_number_of_shards():
    job = cronjobs(KUSTOMIZE / "overlays/indexed-job")["auditor-audit"]["jobTemplate"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    assert job["completionMode"] == "Indexed"
    assert {"name": "AUDITOR_SHARDS", "value": str(job["completions"])} in container["env"]
    assert job["backoffLimitPerIndex"] == 1
    assert "backoffLimit" not in job
    assert job["podFailurePolicy"]["rules"][0]["action"] == "FailIndex"


def test_the_service_has_time_to_end_its_audits():
    overlay = KUSTOMIZE / "overlays/serve"
    (deployment,) = rendered(overlay, "Deployment")
    (config,) = rendered(overlay, "ConfigMap")
    spec = pod_of(deployment)["spec"]
    grace = tomllib.loads(config["data"]["auditor.toml"])["serve"]["grace"]
    assert grace == "1 minute"
    assert spec["terminationGracePeriodSeconds"] > 60
    assert deployment["spec"]["selector"]["matchLabels"]
    (container,) = spec["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    (service,) = rendered(overlay, "Service")
    assert service["spec"]["selector"].items() <= pod_of(deployment)["metadata"]["labels"].items()


def test_the_dockerfile_follows_the_image_rules():
    hadolint = tool("hadolint")
    done = subprocess.run(
        [hadolint, str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    lines = (DEPLOY / "Dockerfile").read_text()
    _, build, runtime, serve, run = re.split(r"^FROM ", lines, flags=re.MULTILINE)
    assert "pip uninstall" in build
    assert "pip uninstall" in runtime
    assert "USER 10001:10001\n" in runtime
    assert "HEALTHCHECK" in serve
    assert "HEALTHCHECK" not in run


def test_the_image_has_its_base_and_extras_from_build_arguments_and_no_invented_digest():
    text = (DEPLOY / "Dockerfile").read_text()
    assert re.findall(r"^ARG (\w+)=", text, re.MULTILINE) == ["BASE", "EXTRAS"]
    assert text.count("FROM ${BASE}") == 2
    assert not re.search(r"sha256:[0-9a-f]", text)


@pytest.mark.parametrize("extra", ["s3", "gcs", "azure"])
def test_an_extra_of_the_image_installs_what_the_extra_of_the_package_does(extra):
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
    (requirement,) = project["optional-dependencies"][extra]
    (word,) = re.findall(r'"fsspec\[.+\]"', (DEPLOY / "Dockerfile").read_text())
    shell = ["sh", "-c", f"echo {word}"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # where the image has `python`
    environ = {"PATH": path, "EXTRAS": extra}
    installed = subprocess.run(shell, env=environ, capture_output=True, text=True, check=True)
    assert requirement.startswith(f"{installed.stdout.strip()}>=")


def test_images_are_tagged_with_the_version():
    tags = {
        container["image"]
        for overlay in OVERLAYS
        for each in rendered(overlay)
        if each["kind"] in WORKLOADS
        for container in containers(each)
    }
    assert tags == {f"unleash-okta-auditor:{__version__}"}


def test_the_health_checks_in_docs_run_in_one_pod():
    text = (DEPLOY.parent / "docs/operations.md").read_text()
    (name,) = re.findall(r"create job doctor --from=cronjob/(\S+)", text)
    for overlay in OVERLAYS:
        if overlay.name != "serve":
            assert cronjobs(overlay)[name]["jobTemplate"]["spec"].get("completions", 1) == 1


def blocks_of_operations() -> list[str]:
    """Return the configurations in docs/operations.md."""
    text = (DEPLOY.parent / "docs/operations.md").read_text()
    return re.findall(r"```toml\n(.*?)```", text, re.DOTALL)


def test_the_configuration_of_serve_in_docs_is_valid(tmp_path):
    service, watch, *_ = blocks_of_operations()
    path = tmp_path / "auditor.toml"
    path.write_text(MINIMAL + service + watch)
    settings = load_settings(path, {})
    rules_for(settings, settings.targets[0])


def test_the_configuration_of_many_targets_in_docs_is_valid(tmp_path):
    _, _, main, waiver = blocks_of_operations()
    path = tmp_path / "auditor.toml"
    path.write_text(main)
    (tmp_path / "targets").mkdir()
    (tmp_path / "waivers").mkdir()
    (tmp_path / "waivers" / "iam.toml").write_text(waiver)
    for name in ("acme-1", "eu-1", "us-1"):
        target = f'[[target]]\nname = "{name}"\nokta.app_id = "0oa1"\n'
        target += 'unleash.url = "https://unleash.acme.example"\n'
        (tmp_path / "targets" / f"{name}.toml").write_text(target)
    settings = load_settings(path, {})
    assert [waiver.target for waiver in settings.waivers] == ["acme-1", "eu-1"]
    for each in settings.targets:
        bound = {rule.id: rule for rule in rules_for(settings, each)}
        assert bound["extra-attribute"].ceiling == Severity.LOW


def test_the_units_run_existing_commands():
    lines = [
        line
        for path in [*(DEPLOY / "systemd").glob("*.service"), DEPLOY / "crontab"]
        for line in path.read_text().splitlines()
    ]
    commands = [found[1] for line in lines if (found := re.search(r"/bin/auditor ([^>]*)", line))]
    assert len(commands) == 5
    for command in commands:
        parse(command.split())


def test_the_units_run_as_the_user_that_the_docs_create():
    text = (DEPLOY.parent / "docs/operations.md").read_text()
    (options, user) = re.findall(r"^\$ useradd (.*) (\S+)$", text, re.MULTILINE)[0]
    # some cron daemons start no job of a user without a home
    assert "--home-dir /var/lib/auditor " in f"{options} "
    readers = set(re.findall(r"^\$ install .*-g (\S+) .*/etc/auditor", text, re.MULTILINE))
    assert readers == {user}
    for unit in sorted((DEPLOY / "systemd").glob("*.service")):
        lines = unit.read_text().splitlines()
        assert {f"User={user}", f"Group={user}", "StateDirectory=auditor"} <= {*lines}
        # The group of a dynamic user exists only while the unit runs: no file can belong to it.
        assert not any(line.startswith("DynamicUser=") for line in lines)
    jobs = (DEPLOY / "crontab").read_text()
    assert set(re.findall(r"(\S+)  /opt/auditor/bin/auditor", jobs)) == {user}


def test_every_unit_limits_its_open_files():
    units = sorted((DEPLOY / "systemd").glob("*.service"))
    assert len(units) == 3
    for unit in units:
        limits = re.findall(r"^LimitNOFILE=(\d+)$", unit.read_text(), re.MULTILINE)
        assert len(limits) == 1, unit.name
        # two listeners of the service, and the connections of its audits
        assert int(limits[0]) > 4 * MAX_CONNECTIONS


def tool(name: str) -> str:
    """Return the path of a program that the development dependencies bring along."""
    return str(Path(sys.executable).with_name(name))
