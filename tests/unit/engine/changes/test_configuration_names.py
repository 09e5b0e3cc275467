"""Which names the objects in the configuration have."""

import pytest

from auditor.domain.collections import GROUPS
from auditor.engine.changes.configuration_names import configuration_names, reference_in_value
from auditor.engine.changes.configuration_paths import configuration
from tests.support.builders.contexts import ADMIN_ROLE, clean_snapshot, group


@pytest.mark.parametrize(
    ("path", "value", "reference"),
    [
        ("groupPush[gPm1].sourceGroup", "00g1", "oktaGroup[00g1]"),
        ("group[1].rootRole", "2", "role[2]"),
        ("group[1].rootRole", None, None),
        ("app.status", "ACTIVE", None),
    ],
)
def test_only_the_id_of_an_object_is_a_reference(path, value, reference):
    assert reference_in_value(path, value) == reference


def test_a_group_and_its_role_have_their_names_and_a_group_without_one_is_left_out():
    snapshot = clean_snapshot(groups=[group(), group(id=2, name="", root_role=None)])
    assert configuration_names(snapshot, configuration(snapshot), {})[GROUPS.name] == {
        "group[1]": "Unleash admins",
        f"role[{ADMIN_ROLE}]": "Admin",
    }
