"""Whether a member of a pushed admin group can sign in, and what is missing to decide it."""

import pytest

from auditor.domain.context import RuleContext
from auditor.domain.reasons import Note, Undecidable
from auditor.domain.tristate import Claim, Tristate
from auditor.domain.unleash import SsoSettings
from tests.support.builders.contexts import app, assignment, clean_snapshot, missing, target

ON = SsoSettings(enabled=True, auto_create=False)
OFF = SsoSettings(enabled=False, auto_create=False)


def path(**changes) -> Claim:
    return RuleContext(clean_snapshot(**changes)).admins.by_group


@pytest.mark.parametrize(
    ("settings", "fact"),
    [({}, "SAML is on"), ({"saml": OFF, "oidc": ON}, "OIDC is on")],
)
def test_the_sign_on_that_works_is_named(settings, fact) -> None:
    assert Note(code="fact", about=fact) in path(**settings).reasons


def test_saml_disproves_a_member_whose_account_has_another_email() -> None:
    other = assignment(okta_email="ada@corp.example")
    assert path(app=app(saml_subject="${user.email}"), assignments=[other]).state is (
        Tristate.DISPROVEN
    )


UNREAD = {
    "okta.app": {"app": missing()},
    "okta.sso_app": {
        "sso_app": missing(),
        "target": target(sso_app_id="0oaSignOn00000000001"),
    },
    "unleash.saml": {"saml": missing(), "statistics": missing()},
    "unleash.oidc": {"oidc": missing(), "statistics": missing()},
}


@pytest.mark.parametrize(("lacking", "changes"), UNREAD.items(), ids=UNREAD)
def test_an_unknown_identifier_names_the_missing_collection(lacking, changes) -> None:
    undecidable = [each for each in path(**changes).reasons if isinstance(each, Undecidable)]
    assert [each.lacking for each in undecidable] == [lacking]


def test_an_identifier_that_no_reference_gives_lacks_no_collection() -> None:
    claim = path(app=app(saml_subject="${user.employeeNumber}"))
    (reason,) = (each for each in claim.reasons if isinstance(each, Undecidable))
    assert reason.lacking is None
