import pytest

from auditor.domain.context import RuleContext
from auditor.domain.okta import MappedAttribute
from auditor.domain.provisioning.profile_mapping import to_app
from auditor.domain.remediation.terraform import profile_mapping
from tests.support.builders.contexts import clean_snapshot, mapping, missing


def block(label="User", **expressions):
    return profile_mapping(
        label=label,
        source_id="oty1",
        target_id="0oa1",
        properties={
            name: MappedAttribute(expression=expression) for name, expression in expressions.items()
        },
    )


def test_a_block_deletes_other_attributes_and_states_when_it_pushes():
    assert block('user type "Contractor (EU)"', email="user.login") == (
        'resource "okta_profile_mapping" "user_type_contractor_eu_to_unleash" {\n'
        '  source_id          = "oty1"\n'
        '  target_id          = "0oa1"\n'
        "  delete_when_absent = true\n"
        "\n"
        "  mappings {\n"
        '    id          = "email"\n'
        '    expression  = "user.login"\n'
        '    push_status = "PUSH"\n'
        "  }\n"
        "}\n"
    )


def test_terraform_interprets_no_part_of_an_expression():
    text = block(email='"a\\b" + "${x}" + "%{y}"\n')
    assert r'expression  = "\"a\\b\" + \"$${x}\" + \"%%{y}\"\n"' in text


def test_removed_attributes_are_listed_above_the_block():
    text = profile_mapping(
        label="User",
        source_id="oty1",
        target_id="0oa1",
        properties={},
        removed=["title", "nick\nName"],
    )
    assert text.splitlines()[0] == (
        r'# Removes what is mapped today and not allowed: "title", "nick\nName".'
    )


@pytest.mark.parametrize(
    ("allowed", "removed"),
    [
        (frozenset(), ' "locale", "title".'),
        (frozenset({"locale"}), ' "title".'),
        (frozenset({"locale", "title"}), ""),
        (None, ""),
    ],
)
def test_a_block_states_the_expected_mapping(allowed, removed):
    seen = clean_snapshot(mappings=[mapping(title="user.title", locale="user.locale")])
    (mapped,) = to_app(RuleContext(seen, allowed_attributes=allowed))
    comment, _, block = mapped.terraform().partition("resource")
    assert comment.strip().partition(":")[2] == removed
    for name in ("locale", "title"):
        assert (f'id          = "{name}"' in block) is (f'"{name}"' not in removed)


def test_an_attribute_that_may_be_required_is_not_removed():
    renamed = mapping(emailType=None, primaryEmailType="'work'")
    seen = clean_snapshot(mappings=[renamed], app_schema=missing())
    (mapped,) = to_app(RuleContext(seen, allowed_attributes=frozenset()))
    assert '"primaryEmailType"' in mapped.terraform().partition("resource")[2]


def test_a_name_without_letters_has_an_identifier():
    assert '"okta_profile_mapping" "to_unleash"' in block("漢字")
