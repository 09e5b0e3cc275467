"""The parameter ``all_members`` from the configuration to the finding, through a real audit."""

import pytest

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.pipeline.audit import audit_target
from auditor.sandbox import Sandbox, World
from tests.support.stores import create_empty_store

RULE = "group-push-failing"
GROUP = "Unleash Editors"
PARAMETER = f"\n[rules.{RULE}]\nall_members = {{}}\n"


@pytest.mark.parametrize(("value", "found"), [("true", [GROUP]), ("false", [])])
def test_the_parameter_decides_whether_the_members_of_ordinary_groups_are_read(
    tmp_path, value, found
):
    world = World.clean(people=4)
    world.set_team_role(GROUP, None)
    with Sandbox(world) as sandbox:
        file = tmp_path / "auditor.toml"
        file.write_text(sandbox_configuration(sandbox) + PARAMETER.format(value))
        create_empty_store(tmp_path)
        settings = load_settings(file, environment(sandbox))
        (target,) = settings.targets
        members = next(each for each in world.unleash.teams.values() if each.name == GROUP)
        members.member_ids.clear()
        evaluated = audit_target(settings, target, lambda: world.now).evaluated
    assert [GROUP for each in evaluated.findings if each.rule == RULE] == found
