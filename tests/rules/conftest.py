"""Running one rule by its id, through the real loader and the real evaluation."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from auditor.config.vouching import Attestation
from auditor.content import shipped
from auditor.judge.evaluate import Evaluated, Finding, Status, evaluate
from auditor.registry import bind, load_rules
from auditor.world.snapshot import Snapshot
from tests.rules.builders import world

Ask = Callable[..., Evaluated]
Check = Callable[..., tuple[Status, tuple[Finding, ...]]]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Ask one rule, by id, about a snapshot; keywords are its parameters."""
    rules = load_rules([shipped("rules")])

    def run(
        rule_id: str,
        snapshot: Snapshot | None = None,
        *,
        attestations: Iterable[Attestation] = (),
        **params: Any,
    ) -> Evaluated:
        table = {rule_id: {"enabled": True, **params}}
        bound = bind({rule_id: rules[rule_id]}, table, where="test")
        return evaluate(snapshot or world(), bound, tuple(attestations))

    return run


@pytest.fixture(scope="session")
def check(ask: Ask) -> Check:
    """Ask like ``ask``, but return only the verdict's status and the findings."""

    def run(rule_id: str, *args: Any, **kwargs: Any) -> tuple[Status, tuple[Finding, ...]]:
        evaluated = ask(rule_id, *args, **kwargs)
        return evaluated.verdicts[0].status, evaluated.findings

    return run
