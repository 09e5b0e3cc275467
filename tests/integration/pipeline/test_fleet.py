"""Two hundred targets in ten orgs, by the steps of docs/operations.md ("Many targets")."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.sandbox import Sandbox, World
from auditor.sandbox.model.org import Connection
from tests.support.processes.warm_process import WarmProcess

ORGS = 10
APPS_OF_ORG = 20
SHARDS = 4
WAIVER = """\
[[waiver]]
rule = "recovery-admin-at-risk"
owner = "iam@acme.example"
reason = "accepted for this org"
expires = 2099-01-01
targets = ["{org}-*"]
"""


class Fleet:
    def __init__(self, orgs: list[Sandbox], folder: Path) -> None:
        self.orgs = orgs
        self.folder = folder

    def names(self) -> set[str]:
        return {file.stem for file in (self.folder / "targets").iterdir()}

    def auditor(self, *words: str) -> str:
        """Run a command that must succeed. Returns its output."""
        process = WarmProcess(*words, env=os.environ, folder=self.folder)
        printed, complaints = process.communicate()
        assert process.returncode == 0, (words, printed, complaints)
        return printed

    def discover(self, org: Sandbox) -> None:
        (self.folder / "token").write_text(org.world.okta_token)
        words = ("--org-url", org.okta_url, "--okta-token-file", "token")
        self.auditor("init", "--discover", *words)
        for file in (self.folder / "secrets").glob(f"{prefix_of(org)}*-unleash-token"):
            file.write_text(org.world.unleash_token)

    def audited(self, shard: int) -> list[str]:
        """Audit one shard. Returns the names of its targets."""
        words = ("--exit-zero", "--quiet", "--jobs", "2", "--shard", f"{shard}/{SHARDS}")
        lines = self.auditor("run", *words).splitlines()
        return [line.split()[1] for line in lines if line.split()[1] in self.names()]


def prefix_of(org: Sandbox) -> str:
    return org.okta_url.removeprefix("http://").replace(":", "-")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with ExitStack() as running:
        orgs = []
        for seed in range(ORGS):
            world = World.clean(people=2, seed=seed)
            first = world.okta.apps[world.app_id]
            first.connection = Connection("{unleashUrl}/scim", "TOKEN")
            for number in range(2, APPS_OF_ORG + 1):
                app = replace(first, id=world.ids.okta("0oa"), label=f"Unleash {number}")
                world.okta.apps[app.id] = app
            orgs.append(running.enter_context(Sandbox(world)))
        yield Fleet(orgs, tmp_path)


def test_two_hundred_targets_are_found_checked_audited_and_reported(fleet: Fleet) -> None:
    for org in fleet.orgs:
        fleet.discover(org)
    names = fleet.names()
    assert len(names) == ORGS * APPS_OF_ORG

    (fleet.folder / "waivers").mkdir()
    (fleet.folder / "waivers" / "iam.toml").write_text(WAIVER.format(org=prefix_of(fleet.orgs[0])))
    (fleet.folder / "auditor.toml").write_text(
        'include = ["targets/*.toml", "waivers/*.toml"]\n'
        '[report]\ndestination = "reports"\n'
        '[defaults.rules.extra-attribute]\nseverity = "low"\n'
    )
    assert f"{len(names)} targets" in fleet.auditor("config", "check")

    shards = [fleet.audited(number) for number in range(1, SHARDS + 1)]
    assert sorted(name for shard in shards for name in shard) == sorted(names)
    shards_of_org = defaultdict(set)
    for number, shard in enumerate(shards):
        for prefix in map(prefix_of, fleet.orgs):
            if any(name.startswith(f"{prefix}-") for name in shard):
                shards_of_org[prefix].add(number)
    assert [len(each) for each in shards_of_org.values()] == [1] * ORGS

    fleet.auditor("report", "--fleet")
    page = (fleet.folder / "reports" / "index.html").read_text()
    assert all(name in page for name in names)
    assert [org.refused for org in fleet.orgs] == [[]] * ORGS
