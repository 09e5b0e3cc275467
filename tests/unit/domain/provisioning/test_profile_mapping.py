"""The fix of a user type that has no mapping yet."""

from auditor.domain.provisioning.guide_attributes import GUIDE_EXPRESSIONS
from auditor.domain.provisioning.profile_mapping import fix_from_scratch
from tests.support.builders.contexts import CONTRACTOR_TYPE


def test_a_user_type_without_a_mapping_needs_each_attribute_of_the_guide_but_the_username() -> None:
    fix = fix_from_scratch(CONTRACTOR_TYPE)
    assert fix.type_id == CONTRACTOR_TYPE
    assert {each.name: each.expression for each in fix.attributes} == {
        name: expression for name, expression in GUIDE_EXPRESSIONS.items() if name != "userName"
    }
