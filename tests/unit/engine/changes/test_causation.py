import pytest

from auditor.engine.changes.causation import ExplainingChanges
from auditor.rule.results import Evidence
from tests.support.builders.reports import EMAIL_EVIDENCE, EMAIL_PATH, UNTIL, ago, change


def evidence(collection, field, *, observed="", expected=""):
    return Evidence(collection=collection, field=field, observed=observed, expected=expected)


def explains(changed, piece):
    return ExplainingChanges([changed]).of([piece], by=UNTIL) is changed


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (EMAIL_PATH, EMAIL_PATH),
        ("mapping[oty1].nickName.expression", "mapping[oty1].nickName"),
        ("mapping[oty1].nickName.pushStatus", "mapping[oty1].nickName"),
    ],
)
def test_a_change_of_the_path_or_of_a_part_of_it_explains_the_finding(path, field):
    assert explains(change(path), evidence("okta.mappings", field))


@pytest.mark.parametrize(
    "path",
    [
        "mapping[oty2].email.expression",
        "mapping[oty1].email.pushStatus",
        "mapping[oty1].emailType.expression",
        "mapping[oty1].displayName.expression",
    ],
)
def test_a_change_of_another_path_explains_nothing(path):
    assert not explains(change(path), EMAIL_EVIDENCE)


def test_the_wording_of_the_evidence_does_not_matter():
    reworded = evidence(EMAIL_EVIDENCE.collection, EMAIL_EVIDENCE.field, observed="", expected="")
    other = evidence("okta.mappings", "mapping[oty2].email.expression", observed="oty1 email")
    assert explains(change(EMAIL_PATH), reworded)
    assert not explains(change(EMAIL_PATH), other)


def test_a_push_flag_is_explained_only_by_its_own_feature():
    piece = evidence("okta.app", "app.features[PUSH_NEW_USERS]")
    off = change("app.features[PUSH_NEW_USERS]", collection="okta.app")
    other = change("app.features[GROUP_PUSH]", collection="okta.app")
    assert explains(off, piece)
    assert not explains(other, piece)


@pytest.mark.parametrize(("before", "after", "is_why"), [("on", None, True), (None, "on", False)])
def test_a_missing_admin_is_explained_by_a_removed_admin_and_not_by_an_added_one(
    before, after, is_why
):
    admin = change("admin[2]", collection="unleash.users", before=before, after=after)
    assert explains(admin, evidence("unleash.users", "admin")) is is_why


def test_a_change_in_another_collection_explains_nothing():
    assert not explains(change(collection="okta.app_schema"), EMAIL_EVIDENCE)


@pytest.mark.parametrize(("days", "is_explained"), [(2, True), (2.01, False)])
def test_a_change_explains_what_opens_in_the_audit_that_first_read_it(days, is_explained):
    changed = change(until=ago(2))
    found = ExplainingChanges([changed]).of([EMAIL_EVIDENCE], by=ago(days))
    assert (found is changed) is is_explained


def test_the_latest_change_before_the_finding_opened_explains_it():
    first, second, later = (change(until=ago(days)) for days in (9, 5, 1))
    explanations = ExplainingChanges([later, first, second])
    assert explanations.of([EMAIL_EVIDENCE], by=ago(4)) is second
    assert explanations.of([EMAIL_EVIDENCE], by=ago(10)) is None
