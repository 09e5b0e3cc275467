from auditor.world.okta import MappedAttribute
from auditor.world.terraform import profile_mapping


def block(label="User", **expressions):
    return profile_mapping(
        label=label,
        source_id="oty1",
        target_id="0oa1",
        properties={
            name: MappedAttribute(expression=expression) for name, expression in expressions.items()
        },
    )


def test_a_block_deletes_the_rest_and_says_when_it_pushes():
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


def test_nothing_in_an_expression_is_read_by_terraform():
    text = block(email='"a\\b" + "${x}" + "%{y}"\n')
    assert r'expression  = "\"a\\b\" + \"$${x}\" + \"%%{y}\"\n"' in text


def test_a_name_without_letters_still_gives_an_identifier():
    assert '"okta_profile_mapping" "to_unleash"' in block("漢字")
