import pytest

from auditor.engine.changes.causation import ExplainingChanges
from auditor.rule.results import Evidence
from tests.support.builders.reports import EMAIL_EVIDENCE, EMAIL_PATH, UNTIL, ago, change


def evidence(collection, field, seen="", wanted=""):
    return Evidence(collection=collection, field=field, observed=seen, expected=wanted)


def explained(changed, subject, attribute, seen):
    return ExplainingChanges([changed]).of(subject, attribute, [seen], by=UNTIL) is changed


@pytest.mark.parametrize(
    ("path", "subject", "attribute", "field"),
    [
        (EMAIL_PATH, "oty1", "", "properties.email.expression"),
        (EMAIL_PATH, "0oa1", "saml", "mapping[oty1].email.expression"),
        ("mapping[oty1].nickName.expression", "oty1", "nickName", "properties.nickName"),
        ("mapping[oty1].nickName.pushStatus", "oty1", "nickName", "properties.nickName"),
    ],
)
def test_a_change_of_the_very_thing_explains_it(path, subject, attribute, field):
    assert explained(change(path), subject, attribute, evidence("okta.mappings", field))


@pytest.mark.parametrize(
    "path",
    [
        "mapping[oty2].email.expression",
        "mapping[oty1].email.pushStatus",
        "mapping[oty1].displayName.expression",
    ],
)
def test_a_change_beside_it_explains_nothing(path):
    assert not explained(change(path), "oty1", "", EMAIL_EVIDENCE)


def test_a_field_may_be_named_just_as_the_path_is():
    assert explained(change(), "oty1", "", evidence("okta.mappings", "email.expression"))


def test_a_flag_is_explained_by_its_own_feature_alone():
    seen = evidence("okta.app", "features", wanted="PUSH_NEW_USERS")
    off = change("app.features[PUSH_NEW_USERS]", collection="okta.app")
    assert explained(off, "create-users", "", seen)
    other = change("app.features[GROUP_PUSH]", collection="okta.app")
    assert not explained(other, "create-users", "", seen)


def test_a_template_is_found_by_its_name():
    seen = evidence("okta.app", "credentials.userNameTemplate.template")
    assert explained(change("app.userNameTemplate", collection="okta.app"), "0oa1", "", seen)


@pytest.mark.parametrize(("before", "after", "explains"), [("on", None, True), (None, "on", False)])
def test_no_admin_is_left_because_one_went_not_because_one_came(before, after, explains):
    seen = evidence("unleash.users", "rootRole", seen="no admin", wanted="an admin")
    admin = change("admin[2]", collection="unleash.users", before=before, after=after)
    assert explained(admin, "instance", "", seen) is explains


def test_another_collection_explains_nothing():
    assert not explained(change(collection="okta.app_schema"), "oty1", "", EMAIL_EVIDENCE)


def test_the_latest_change_before_it_opened_is_to_blame():
    first, second, later = (change(until=ago(days)) for days in (9, 5, 1))
    explanations = ExplainingChanges([later, first, second])
    assert explanations.of("oty1", "", [EMAIL_EVIDENCE], by=ago(4)) is second
    assert explanations.of("oty1", "", [EMAIL_EVIDENCE], by=ago(10)) is None
