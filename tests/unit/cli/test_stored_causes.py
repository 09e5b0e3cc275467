"""The causes of stored findings: which change a cause has."""

from msgspec.structs import asdict, replace

from auditor.cli.stored_causes import KnownCause, known_causes
from auditor.cli.stored_findings import KnownFinding
from auditor.engine.audit_history import StoredChange
from tests.support.builders.reports import change, finding

LEAD_ID = finding(subject="a").id
EMAIL, OTHER = change(), change("schema[title]")


def known(subject: str, explained_by: StoredChange | None) -> KnownFinding:
    stored = asdict(replace(finding(subject=subject), cause=LEAD_ID))
    return KnownFinding(
        **stored,
        owner=None,
        due_at=None,
        resolved_after=None,
        change=explained_by,
        acknowledgement=None,
    )


def cause_of(first: StoredChange | None, second: StoredChange | None) -> KnownCause:
    (cause,) = known_causes((known("b", second), known("a", first)), {}, {})
    return cause


def test_the_change_of_a_cause_is_that_of_its_leading_finding():
    assert cause_of(EMAIL, EMAIL).change == EMAIL
    assert cause_of(EMAIL, None).change == EMAIL


def test_a_cause_has_no_change_if_a_change_explains_only_some_findings():
    assert cause_of(None, EMAIL).change is None
    assert cause_of(EMAIL, OTHER).change is None
