"""The links of remediations."""

from auditor.domain.remediation.steps import Steps
from tests.support.builders.contexts import clean_snapshot


def test_a_search_of_the_log_has_a_link_to_the_admin_console() -> None:
    assert Steps(clean_snapshot()).log_link('eventType eq "a.b"') == (
        "https://acme-admin.okta.com/report/system_log_2?search=eventType%20eq%20%22a.b%22"
    )
