import pytest

from auditor.domain.provisioning.guide_attributes import aliases, beyond, missing
from tests.support.builders.contexts import schema, schema_attribute


@pytest.mark.parametrize(
    ("own", "external", "meant"),
    [
        ("primaryEmailType", "emails.^[primary==true].type", "emailType"),
        ("mail", "emails.^[primary == true].value", "email"),
        ("first", "name.givenName", "givenName"),
        ("last", "name.familyName", "familyName"),
        ("shown", "displayName", "displayName"),
    ],
)
def test_a_required_attribute_may_have_another_name_in_the_app(own, external, meant):
    renamed = schema(schema_attribute(own, external_name=external), without=meant)
    assert aliases(renamed) == {own: meant}
    assert missing(renamed) == ()
    assert beyond(renamed, ()) == ()


def test_the_usual_name_has_priority():
    both = schema(schema_attribute("mail", external_name="emails.^[primary==true].value"))
    assert aliases(both) == {}
    assert [each.name for each in beyond(both, ())] == ["mail"]


@pytest.mark.parametrize("external", [None, "", "emails.^[type=='work'].value"])
def test_another_external_name_is_another_attribute(external):
    renamed = schema(schema_attribute("mail", external_name=external), without="email")
    assert aliases(renamed) == {}
    assert missing(renamed) == ("email",)
