"""Faults that follow each other, and a `next` link that is cut, in the second audit only."""

from dataclasses import replace

import pytest

from auditor.sandbox.faults import wire
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from auditor.sandbox.faults.fault import Answer, Exchange, Fault, in_the_answer
from tests.faults.audit import WrongResults, audit, wrong_results
from tests.faults.reference import TWICE_HASTY, Reference

NOTHING: frozenset[str] = frozenset()
LISTS = (
    "/api/v1/apps/*/users",
    "/api/v1/apps/*/group-push/mappings",
    "/api/v1/groups/*/users",
    "/api/v1/logs",
    "/api/v1/mappings",
)


def cut_next() -> Fault:
    """Send a `next` link whose address has no end."""

    def change(exchange: Exchange, answer: Answer) -> Answer:
        others = tuple(header for header in answer.headers if header[0] != "link")
        return replace(answer, headers=(*others, ("link", f'<{exchange.url}&after=; rel="next"')))

    return in_the_answer("cut-next", change)


@pytest.mark.parametrize("path", LISTS)
def test_a_cut_next_link_ends_no_list(reference: Reference, path: str) -> None:
    reference.faults.add("okta", path, cut_next())
    result = reference.audit()
    assert reference.faults.struck
    assert result.snapshot.missing
    assert wrong_results(result, reference.truth) == WrongResults(NOTHING, NOTHING, NOTHING)


@pytest.mark.parametrize("then", [wire.closed(), wire.silent()], ids=lambda fault: fault.name)
@pytest.mark.parametrize("path", LISTS)
def test_a_rate_limit_and_then_no_answer_is_missing_data(
    reference: Reference, path: str, then: Fault
) -> None:
    reference.faults.add("okta", path, ALL_FAULTS["status-429-with-reset"], times=1)
    reference.faults.add("okta", path, then)
    result = reference.audit(limits=TWICE_HASTY)
    assert {each.fault for each in reference.faults.struck} == {"status-429-with-reset", then.name}
    assert result.snapshot.missing
    assert wrong_results(result, reference.truth) == WrongResults(NOTHING, NOTHING, NOTHING)
    after = audit(reference.truth.snapshot, result.memory)
    assert after.verdicts == reference.truth.verdicts
    assert wrong_results(after, reference.truth) == WrongResults(NOTHING, NOTHING, NOTHING)
