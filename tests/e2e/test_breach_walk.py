"""Every breach that an admin can bring about: found for what it is, mended, and seen to be gone."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.cli.small_world import configuration, environment
from auditor.config.load import load_settings
from auditor.judge.findings import State
from auditor.run import Outcome, run
from auditor.sandbox import Sandbox, World
from tests.sandbox.breaches import BREACHES, Breach

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
OFF_BY_DEFAULT = "\n[rules.attribute-create-only]\nenabled = true\n"


class Audits:
    """A sandbox that is audited again and again."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        file = folder / "auditor.toml"
        without_slack, _, _ = configuration(sandbox).partition("[slack]")
        file.write_text(without_slack + OFF_BY_DEFAULT)
        self.world = sandbox.world
        self.settings = load_settings(file, environment(sandbox))

    def audit(self, *, after_minutes: int = 1) -> Outcome:
        self.world.advance(minutes=after_minutes)
        (target,) = self.settings.targets
        return run(self.settings, target, lambda: self.world.now)

    def audit_until_settled(self) -> Outcome:
        outcome = self.audit()
        if any(entry.after.state is State.PENDING for entry in outcome.delta.entries):
            return self.audit(after_minutes=60)
        return outcome


@contextmanager
def audits(folder: Path) -> Iterator[Audits]:
    with Sandbox(World.clean(at=AT)) as sandbox:
        yield Audits(sandbox, folder)
        assert sandbox.refused == []


def rules_with_open_findings(outcome: Outcome) -> set[str]:
    return {entry.after.rule for entry in outcome.delta.open}


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_breach_is_found_and_its_mending_is_seen(tmp_path: Path, breach: Breach) -> None:
    with audits(tmp_path) as audited:
        assert rules_with_open_findings(audited.audit()) == set()

        breach.break_(audited.world)
        broken = audited.audit_until_settled()
        assert rules_with_open_findings(broken) == {breach.rule, *breach.also}

        breach.mend(audited.world)
        assert rules_with_open_findings(audited.audit_until_settled()) == set()
