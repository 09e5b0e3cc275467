import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import APP_ID, attestation, clean_snapshot, connection, missing

RULE = "connector-auth-not-header"
ATTESTED = attestation(RULE)


def test_a_token_in_the_header_passes(check):
    assert check(RULE, clean_snapshot(connection=connection())) == (VerdictStatus.PASS, ())


@pytest.mark.parametrize("scheme", ["OAUTH2", "BASIC", "NEVER_HEARD_OF"])
def test_any_other_method_fails_despite_an_attestation(check, scheme):
    snapshot = clean_snapshot(connection=connection(auth_scheme=scheme))
    status, [finding] = check(RULE, snapshot, attestations=[ATTESTED])
    assert (status, finding.subject) == (VerdictStatus.FAIL, APP_ID)
    assert finding.severity is Severity.MEDIUM
    assert finding.evidence[0].observed == {"OAUTH2": "OAuth 2.0"}.get(scheme, scheme)
    assert finding.message.endswith(
        "An attestation by Ro Ott, valid until 2027-01-31, claims the opposite."
    )


@pytest.mark.parametrize(
    "silent", [connection(auth_scheme="UNKNOWN"), connection(auth_scheme=None), missing()]
)
def test_a_method_that_okta_does_not_report_needs_an_attestation(check, silent):
    assert check(RULE, clean_snapshot(connection=silent)) == (VerdictStatus.NEEDS_ATTESTATION, ())
    attested = check(RULE, clean_snapshot(connection=silent), attestations=[ATTESTED])
    assert attested == (VerdictStatus.ATTESTED, ())
