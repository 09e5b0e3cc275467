"""Configuration changes as the report describes them."""

from typing import Any

import pytest

from auditor.engine.views.target_report.report_changes import change_in_words
from tests.support.builders.reports import change


def words_of(path: str, *, names_people: bool = True, **fields: Any) -> str:
    words = change_in_words(change(path, **fields), names_people=names_people)
    return words.replace("\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}", ">")


@pytest.mark.parametrize(
    ("path", "before", "after", "words"),
    [
        ("app.status", "ACTIVE", "INACTIVE", "App > Status: Active → Inactive"),
        (
            "app.features[PUSH_USER_DEACTIVATION]",
            "on",
            "off",
            "App > Deactivate users: On → Off",
        ),
        (
            "app.features[IMPORT_NEW_USERS]",
            "off",
            "on",
            "App > Feature IMPORT_NEW_USERS: Off → On",
        ),
        (
            "mapping[oty1].email.pushStatus",
            "PUSH",
            "DONT_PUSH",
            (
                "Attribute mapping > Email > Applies on (user type oty1): "
                "Create and update → Create only"
            ),
        ),
        (
            "schema[department]",
            None,
            "custom",
            "App profile > Attribute department: added (custom)",
        ),
        ("app.features[GROUP_PUSH]", None, "on", "App > Push groups: Off → On"),
        ("app.features[GROUP_PUSH]", "on", None, "App > Push groups: On → Off"),
        ("userType[oty1]", None, "contractor", "User type > oty1: added"),
        (
            "groupPush[gpm1].status",
            "ACTIVE",
            "ERROR",
            "Group push > gpm1 > Status: Active → Error",
        ),
        ("unleash.disablePasswordAuth", "off", "on", "Unleash > Password login: On → Off"),
        ("group[4].rootRole", None, "Admin", "Unleash > Group 4 > Root role: added: Admin"),
        ("admin[3311]", "on", None, "Unleash > Admins > user 3311: removed"),
        ("something.new", "1", "2", "something.new: 1 → 2"),
    ],
)
def test_a_change_names_the_setting_and_readable_values(path, before, after, words):
    found = words_of(path, before=before, after=after, collection="okta.app")
    assert found == words


def test_a_setting_of_the_sso_app_is_named_as_such():
    words = words_of("app.status", before="ACTIVE", after="INACTIVE", collection="okta.sso_app")
    assert words.startswith("SSO app ")


@pytest.mark.parametrize(
    ("path", "before", "after", "names", "words"),
    [
        (
            "mapping[oty1].email.expression",
            "user.login",
            "user.email",
            {"name": "Contractors"},
            "Attribute mapping > Email (user type Contractors): user.login → user.email",
        ),
        (
            "userType[oty1]",
            "contractor",
            None,
            {"name": "Contractors"},
            "User type > Contractors: removed",
        ),
        (
            "groupPush[gpm1].status",
            "ACTIVE",
            None,
            {"name": "Engineers"},
            "Group push > Engineers: removed",
        ),
        (
            "groupPush[gpm1].sourceGroup",
            "00g1",
            "00g2",
            {"name": "Admins", "before_name": "Engineers", "after_name": "Admins"},
            "Group push > Admins > Okta group: Engineers → Admins",
        ),
        (
            "group[4].rootRole",
            "1",
            "2",
            {"name": "Platform", "before_name": "Editor", "after_name": "Admin"},
            "Unleash > Group Platform > Root role: Editor → Admin",
        ),
        (
            "admin[3311]",
            "on",
            None,
            {"name": "Mira Torres"},
            "Unleash > Admins > Mira Torres: removed",
        ),
    ],
)
def test_a_change_names_its_object_and_the_objects_in_its_values(path, before, after, names, words):
    assert words_of(path, before=before, after=after, **names) == words


def test_where_people_are_not_named_an_account_has_its_id():
    words = words_of("admin[3311]", before=None, after="on", name="Mira", names_people=False)
    assert words == "Unleash > Admins > user 3311: added"
    words = words_of("group[4].rootRole", before="1", after=None, name="Ops", names_people=False)
    assert words == "Unleash > Group Ops > Root role: removed, was 1"
