"""The export files of ``auditor run`` and ``auditor serve``."""

import csv
import json
import os
import re
from datetime import UTC, datetime

import pytest

from auditor.cli.main import run
from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.config.schedule import Job
from auditor.observability.metrics import JobCounter
from auditor.sandbox import Sandbox, World
from auditor.serve.jobs import Jobs
from auditor.store import open_store

EXPORTS = '\n[report]\nexports = ["json", "csv", "ocsf"]\n'


@pytest.fixture
def sandbox():
    with Sandbox(World.clean(people=4)) as sandbox:
        yield sandbox


@pytest.fixture
def config(sandbox, tmp_path, monkeypatch):
    for name, value in environment(sandbox).items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "auditor.toml"
    path.write_text(sandbox_configuration(sandbox) + EXPORTS)
    return path


def rules(path):
    with path.open(newline="") as file:
        return {row["rule"] for row in csv.DictReader(file)}


def test_each_audit_writes_its_exports(sandbox, config, tmp_path):
    folder = tmp_path / "reports" / "sandbox"
    assert run(["run", "-c", str(config)]) == 0
    assert rules(folder / "latest.csv") == set()
    sandbox.world.map_attribute("user", "email", "user.email")
    assert run(["run", "-c", str(config)]) == 1
    assert "email-not-login" in rules(folder / "latest.csv")
    (shown,) = json.loads((folder / "latest.json").read_text())["reports"]
    assert "email-not-login" in {each["rule"] for each in shown["findings"]}
    assert shown["off"] == ["attribute-create-only"]
    assert shown["last_audit"]["request_ids"]["okta.app"].startswith("req")
    assert (folder / "latest.ocsf.jsonl").read_text().count('"class_uid":2003') >= 27


def test_exports_can_have_another_folder(config, tmp_path):
    config.write_text(f'{config.read_text()}exports_to = "files"\n')
    run(["run", "-c", str(config)])
    assert rules(tmp_path / "files" / "sandbox" / "latest.csv") == set()
    assert not (tmp_path / "reports").exists()


def test_an_unwritable_export_is_reported_and_does_not_fail_the_audit(config, tmp_path, capsys):
    (tmp_path / "reports").write_text("a file, not a folder")
    assert run(["run", "-c", str(config)]) == 4
    printed, complaints = capsys.readouterr()
    assert complaints.count("sandbox: not exported: ") == 1
    assert "check that the auditor can write there" in complaints
    assert "No findings." in printed
    with open_store(f"sqlite:///{tmp_path}/auditor.db") as store:
        assert len(store.history.audits("sandbox")) == 1


def test_an_unwritable_export_is_in_the_json_output(config, tmp_path, capsys):
    (tmp_path / "reports").write_text("a file, not a folder")
    assert run(["run", "-c", str(config), "--format", "json"]) == 4
    (target,) = json.loads(capsys.readouterr().out)["targets"]
    assert len(target["not_exported"]) == 1
    assert target["delivery"]["errors"] == []


def test_the_next_audit_writes_the_missing_export(config, tmp_path):
    (tmp_path / "reports").write_text("a file, not a folder")
    run(["run", "-c", str(config)])
    (tmp_path / "reports").unlink()
    assert run(["run", "-c", str(config)]) == 0
    assert rules(tmp_path / "reports" / "sandbox" / "latest.csv") == set()


def test_messages_link_to_a_page_with_their_finding(sandbox, config, tmp_path):
    config.write_text(f'{config.read_text()}public_url = "https://reports.example.com"\n')
    run(["run", "-c", str(config)])
    sandbox.world.map_attribute("user", "email", "user.email")
    run(["run", "-c", str(config)])
    linked = re.findall(
        r"https://reports.example.com/sandbox/([\w.-]+)#([\w-]+)", sandbox.slack.transcript()
    )
    assert linked
    for page, anchor in linked:
        assert f'id="{anchor}"' in (tmp_path / "reports" / "sandbox" / page).read_text()


def test_serve_writes_exports(config, tmp_path):
    settings = load_settings(config, os.environ)
    with open_store(settings.store.database_url().reveal()):
        pass  # serve creates the database when it starts
    jobs = Jobs(settings, lambda: datetime.now(UTC), JobCounter())
    jobs.do(Job.AUDIT, "sandbox")
    assert rules(tmp_path / "reports" / "sandbox" / "latest.csv") == set()
