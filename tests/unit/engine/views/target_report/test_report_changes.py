"""Configuration changes as the report describes them."""

import pytest

from auditor.engine.views.target_report.report_changes import change_in_words
from tests.support.builders.reports import change


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
        ("userType[Contractor]", None, "on", "User type > Contractor: added: On"),
        (
            "groupPush[Unleash Admins].status",
            "ACTIVE",
            "ERROR",
            "Group push > Unleash Admins > Status: Active → Error",
        ),
        ("unleash.disablePasswordAuth", "off", "on", "Unleash > Password login: On → Off"),
        ("group[4].rootRole", None, "Admin", "Unleash > Group 4 > Root role: added: Admin"),
        ("admin[3311]", "on", None, "Unleash > Admins > 3311: removed"),
        ("something.new", "1", "2", "something.new: 1 → 2"),
    ],
)
def test_a_change_names_the_setting_and_readable_values(path, before, after, words):
    found = change_in_words(change(path, before=before, after=after, collection="okta.app"))
    assert found.replace("\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}", ">") == words


def test_a_setting_of_the_sso_app_is_named_as_such():
    found = change_in_words(
        change("app.status", before="ACTIVE", after="INACTIVE", collection="okta.sso_app")
    )
    assert found.startswith("SSO app ")
