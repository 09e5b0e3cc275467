"""The permissions, commands and the webhook receiver in docs/ are those of the product."""

import json
import re
import shlex
import time
from pathlib import Path

import pytest

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.config.rule_settings import rules_for
from auditor.config.secrets import Secret
from auditor.domain.permissions import OKTA_PERMISSIONS, SIDES, UNLEASH_PERMISSIONS
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.diagnostics.dependencies import rules_needing
from auditor.notify.webhook import sign
from auditor.pipeline.audit import read_snapshot
from auditor.sandbox import Sandbox, World
from tests.support.command_line import parse

DOCS = Path(__file__).parents[3] / "docs"
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


def test_all_commands_in_docs_exist():
    lines = OPERATIONS.replace("\\\n", " ").splitlines()
    typed = [line.removeprefix("$ auditor ") for line in lines if line.startswith("$ auditor ")]
    (in_a_pod,) = re.findall(r"args = (\[.*?\])", OPERATIONS)
    for words in (*map(shlex.split, typed), json.loads(in_a_pod)):
        parse(words)
    assert typed


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
