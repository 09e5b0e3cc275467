"""The permissions, commands and the webhook receiver in docs/ are those of the product."""

import json
import re
import shlex
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.config.rule_settings import rules_for
from auditor.config.secrets import Secret
from auditor.domain.permissions import OKTA_PERMISSIONS, SIDES, UNLEASH_PERMISSIONS
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.diagnostics.dependencies import rules_needing
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.notify.webhook import sign
from auditor.pipeline.snapshot_reading import read_snapshot
from auditor.sandbox import Sandbox, World
from tests.support.processes.command_line import parse

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
RUN_BY = {
    "make check": ".ci/run",
    "make demo": "tests/e2e/test_checkout.py",
    "make test": ".ci/run",
    "python3 -m venv /opt/auditor": "tests/e2e/test_packaging.py",
    "/opt/auditor/bin/pip install": "tests/e2e/test_packaging.py",
    "auditor init": "tests/e2e/commands/test_init.py",
    "auditor init --discover": "tests/integration/pipeline/test_fleet.py",
    "auditor doctor": "tests/e2e/commands/test_doctor.py",
    "auditor run": "tests/e2e/commands/test_cli_run.py",
    "auditor report": "tests/e2e/commands/test_commands_report.py",
    "auditor config check": "tests/e2e/test_documented_rule.py",
    "auditor rules": "tests/e2e/test_documented_rule.py",
    "auditor sandbox": "tests/e2e/commands/test_cli_sandbox.py",
    "auditor db upgrade": "tests/e2e/test_backup.py",
    "python3 -c import sqlite3": "tests/e2e/test_backup.py",
    "rm -f auditor.db": "tests/e2e/test_backup.py",
    "install -m 600 backup.db": "tests/e2e/test_backup.py",
    "pg_dump": "tests/e2e/test_backup.py",
    "pg_restore": "tests/e2e/test_backup.py",
}
"""Start of a command in the documentation to the test that runs it."""

SETUP = (DOCS / "setup.md").read_text()
OPERATIONS = (DOCS / "operations.md").read_text()
INTEGRATIONS = (DOCS / "integrations.md").read_text()
ROWS = {
    name.strip("`"): set(re.findall(r"`([a-z-]+)`", unknown_rules))
    for name, unknown_rules in re.findall(
        r"^\| (\S[^|]*?) \|[^|\n]*\|([^|\n]*)\|$", SETUP, re.MULTILINE
    )
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Return a snapshot of a correct set-up, and the rules."""
    path = tmp_path_factory.mktemp("readme") / "auditor.toml"
    with Sandbox(World.clean(people=4)) as sandbox:
        path.write_text(sandbox_configuration(sandbox))
        settings = load_settings(path, environment(sandbox))
        (target,) = settings.targets
        rules = rules_for(settings, target)
        return read_snapshot(settings, target, rules, PreviousAudits(), sandbox.world.now), rules


@pytest.mark.parametrize(
    "permission", [*OKTA_PERMISSIONS, *UNLEASH_PERMISSIONS], ids=lambda each: each.name
)
def test_setup_names_the_rules_that_are_unknown_without_a_permission(seen, permission):
    snapshot, rules = seen
    assert ROWS[permission.name] == rules_needing(snapshot, rules, permission.opens(snapshot))


def test_setup_names_every_permission():
    assert {each.name for side in SIDES for each in side.permissions} <= ROWS.keys()
    assert "**this is an admin credential**" in SETUP


def sections() -> Iterator[tuple[Path, str]]:
    """Yield each section of each page that shows commands."""
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))):
        for section in re.split(r"^## ", page.read_text(), flags=re.MULTILINE):
            yield page, section


def commands_in(section: str) -> list[list[str]]:
    """Return the words of each command that a section shows."""
    blocks = re.findall(r"^```console\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line[2:], comments=True) for line in lines if line.startswith("$ ")]


def test_all_auditor_commands_in_docs_exist():
    typed = [words for _, section in sections() for words in commands_in(section)]
    ours = [words[1:] for words in typed if words[0] == "auditor"]
    (in_a_pod,) = re.findall(r"args = (\[.*?\])", OPERATIONS)
    for words in (*ours, json.loads(in_a_pod)):
        parse(words)
    assert ours


def test_each_command_in_docs_is_run_by_a_test_or_marked():
    """A section with commands that no test runs states the reason."""
    for page, section in sections():
        if "No test runs the commands of this section" in section:
            assert "need" in section
            continue
        for words in commands_in(section):
            command = " ".join(words)
            tests = [test for start, test in RUN_BY.items() if command.startswith(start)]
            assert tests, f"{page.name}: {command}"
            assert all((ROOT / test).exists() for test in tests)


def test_the_sizes_in_operations_are_those_of_the_benchmarks():
    (text,) = re.findall(
        r"^\*\*Size\.\*\*(.+?)\n\n", (DOCS / "operations.md").read_text(), re.MULTILINE | re.DOTALL
    )
    start, idle, more, each, full, round_, year = map(
        float, re.findall(r"([\d.]+) (?:s|MiB|MB)\b", text)
    )
    results = (ROOT / "tests/benchmarks/README.md").read_text()

    def measured(row: str) -> float:
        (found,) = re.findall(rf"^\| {row}[^|]*\| ([\d.]+)", results, re.MULTILINE)
        return float(found)

    people = "of a run over 100,000 people against a bare reader"
    # Each size is rounded up, by a third at most.
    for stated, row in (
        (start * 1000, "CPU of an audit of 12 people"),
        (start + more, f"CPU {people}"),
        (idle + each, f"peak {people}"),
        (full, "MiB to audit 100,000 users with"),
        (round_, "seconds for a round of 200 targets of 500 users"),
        (year, "MB of the database after a year"),
    ):
        assert 0.97 < stated / measured(row) < 1.4, row


def test_each_make_target_in_docs_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    typed = [words for _, section in sections() for words in commands_in(section)]
    assert {words[1] for words in typed if words[0] == "make"} <= targets


def test_the_attestation_in_docs_attests_its_rule(tmp_path):
    quickstart = (DOCS / "quickstart.md").read_text()
    (table,) = re.findall(r"```toml\n(.*?)```", quickstart, re.DOTALL)
    path = tmp_path / "auditor.toml"
    world = World.clean(people=2, at=datetime(2026, 12, 1, tzinfo=UTC))
    with Sandbox(world) as sandbox:
        path.write_text(sandbox_configuration(sandbox) + table)
        settings = load_settings(path, environment(sandbox))
        (target,) = settings.targets
        rules = rules_for(settings, target)
        read = read_snapshot(settings, target, rules, PreviousAudits(), sandbox.world.now)
    for given in ((), settings.attestations):
        verdicts = {each.rule: each.status for each in evaluate(read, rules, given).verdicts}
        status = VerdictStatus.ATTESTED if given else VerdictStatus.NEEDS_ATTESTATION
        assert verdicts["unique-identifier-not-email"] is status


def test_the_webhook_in_docs_can_be_used(tmp_path):
    (table,) = re.findall(r"```toml\n(.*?)```", INTEGRATIONS, re.DOTALL)
    path = tmp_path / "auditor.toml"
    environ = {"TICKETS_URL": "https://tickets.acme.example", "TICKETS_SECRET": "k"}
    with Sandbox(World.clean(people=1)) as sandbox:
        path.write_text(sandbox_configuration(sandbox) + table)
        settings = load_settings(path, {**environment(sandbox), **environ})
    assert [each.name for each in settings.webhooks] == ["tickets"]


def test_the_receiver_in_docs_accepts_only_signed_messages():
    code, *_ = re.findall(r"```python\n(.*?)```", INTEGRATIONS, re.DOTALL)
    names: dict[str, object] = {}
    exec(f"import hashlib, hmac, time\nfrom collections.abc import Mapping\n{code}", names)
    is_ours = names["is_ours"]
    assert callable(is_ours)

    def arrives(*, at: float, body: bytes = b"{}", secret: str = "k") -> object:
        timestamp = str(int(at))
        signature = sign(Secret(secret), timestamp, b"{}")
        headers = {"X-Auditor-Timestamp": timestamp, "X-Auditor-Signature": signature}
        return is_ours("k", headers, body)

    assert arrives(at=time.time()) is True
    assert arrives(at=time.time() - 900) is False
    assert arrives(at=time.time(), body=b"{} ") is False
    assert arrives(at=time.time(), secret="other") is False
