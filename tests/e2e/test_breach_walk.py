"""Every breach that an admin can cause: the right finding opens, and closes after the fix."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.engine.findings.tracked_findings import Novelty, Resolution, State
from auditor.pipeline.audit import Outcome, audit_target
from auditor.sandbox import Sandbox, World
from tests.support.breaches import BREACHES, Breach
from tests.support.stores import create_empty_store

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
OFF_BY_DEFAULT = "\n[rules.attribute-create-only]\nenabled = true\n"


class Audits:
    """A sandbox that is audited again and again."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        file = folder / "auditor.toml"
        without_slack, _, _ = sandbox_configuration(sandbox).partition("[slack]")
        file.write_text(without_slack + OFF_BY_DEFAULT)
        create_empty_store(folder)
        self.world = sandbox.world
        self._settings = load_settings(file, environment(sandbox))

    def audit(self) -> tuple[Outcome, ...]:
        """Audit once, and again after the grace period if a finding is pending."""
        outcome = self._audit_after(after_minutes=1)
        if any(entry.after.state is State.PENDING for entry in outcome.reconciled.transitions):
            return outcome, self._audit_after(after_minutes=60)
        return (outcome,)

    def _audit_after(self, *, after_minutes: int) -> Outcome:
        self.world.advance(minutes=after_minutes)
        (target,) = self._settings.targets
        return audit_target(self._settings, target, lambda: self.world.now)


@contextmanager
def audits_of_a_clean_target(folder: Path) -> Iterator[Audits]:
    with Sandbox(World.clean(at=AT)) as sandbox:
        yield Audits(sandbox, folder)
        assert sandbox.refused == []


def open_rules(outcomes: tuple[Outcome, ...]) -> set[str]:
    return {entry.after.rule for entry in outcomes[-1].reconciled.open}


def novelties(outcomes: tuple[Outcome, ...]) -> set[Novelty]:
    return {
        each.novelty for outcome in outcomes for each in outcome.reconciled.open if each.novelty
    }


def resolved_rules(outcomes: tuple[Outcome, ...]) -> set[str]:
    return {
        entry.after.rule
        for outcome in outcomes
        for entry in outcome.reconciled.transitions
        if entry.after.resolution is Resolution.FIXED
    }


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_breach_is_found_and_its_fix_resolves_the_finding(tmp_path: Path, breach: Breach) -> None:
    with audits_of_a_clean_target(tmp_path) as audits:
        assert open_rules(audits.audit()) == set()

        breach.break_(audits.world)
        broken = audits.audit()
        assert open_rules(broken) == {breach.rule, *breach.also}
        assert novelties(broken) == {Novelty.DRIFT}

        breach.fix(audits.world)
        fixed = audits.audit()
        assert open_rules(fixed) == set()
        assert breach.rule in resolved_rules(fixed)
