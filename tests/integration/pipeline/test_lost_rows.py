"""Lists that come without their rows in a second audit: findings and verdicts are not evaluated."""

import pytest

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import Transition
from auditor.pipeline.audit import audit_target
from auditor.sandbox import Sandbox, World
from auditor.sandbox.faults.fault import Answer, in_the_answer
from tests.support.stores import create_empty_store

AFFECTED = "benoit.lindqvist@example.com"
"""Users whose email in Okta is not the login."""


def wrong_mapping(world):
    world.map_attribute("user", "email", "user.email")
    world.advance(hours=2)


def repeated_pushes(world):
    world.push_repeatedly(AFFECTED, times=4)


def broken_push(world):
    world.break_group_push("Unleash Editors")


CASES = {
    "group pushes": ("group-push-failing", broken_push, "/api/v1/apps/*/group-push/mappings"),
    "mappings": ("email-not-login", wrong_mapping, "/api/v1/mappings"),
    "log": ("not-steady", repeated_pushes, "/api/v1/logs"),
}


@pytest.mark.parametrize(("rule", "violate", "path"), CASES.values(), ids=CASES)
def test_a_finding_stays_open_until_the_rows_are_back(tmp_path, rule, violate, path):
    world = World.clean(people=4)
    violate(world)
    with Sandbox(world) as sandbox:
        file = tmp_path / "auditor.toml"
        file.write_text(sandbox_configuration(sandbox))
        create_empty_store(tmp_path)
        settings = load_settings(file, environment(sandbox))
        (target,) = settings.targets

        def audit():
            world.advance(minutes=10)
            return audit_target(settings, target, lambda: world.now)

        first = audit()
        open_ = {each.after.id for each in first.reconciled.open if each.after.rule == rule}
        assert open_

        json = (("content-type", "application/json"),)
        empty = in_the_answer("empty-list", lambda _, answer: Answer(answer.status, json, b"[]"))
        sandbox.faults.add("okta", path, empty)
        second = audit()
        assert {each.rule: each.status for each in second.evaluated.verdicts}[rule] is (
            VerdictStatus.UNKNOWN
        )
        gone = second.reconciled.of(Transition.RESOLVED, Transition.REMOVED)
        assert not gone
        assert not second.reconciled.of(Transition.NEW, Transition.REOPENED)

        sandbox.faults.clear()
        third = audit()
        assert open_ <= {each.after.id for each in third.reconciled.open}
