"""Every endpoint that the auditor calls, under every fault: it reports what it could not read."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from auditor.collect.http import OUT_OF_TIME
from auditor.domain.collections import COLLECTIONS, PUSHED_GROUPS
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from auditor.sandbox.faults.endpoints import Endpoint, find_endpoint
from tests.faults.audit import RULES, Audit, WrongResults, audit, wrong_results
from tests.faults.pairs import (
    ASKED,
    FALLBACKS,
    NEVER_END,
    SCIM_ENDPOINT,
    SIDES,
    TOKEN,
    UNREACHED,
)
from tests.faults.reference import HASTY, LIMITS, Reference
from tests.faults.tally import PROPERTY, Pair

SCIM = "unleash.scim_endpoint"
Record = Callable[[str, object], None]

OF_A_FIELD = {"missing-field", "null-field", "unknown-enum", "wrong-type-inside"}
"""Faults of a field: the record is read without it, and rules that need the field are unknown."""

OF_A_GROUP = {"/api/v1/groups/*", "/api/v1/groups/*/users"}
"""Endpoints for which 404 means that a pushed group is deleted. Only the push of this group is
unknown."""

OF_SOME_ANSWERS = OF_A_FIELD | {
    "duplicated-page",
    "extra-fields",
    "ignored-offset",
    "invalid-utf8",
    "looping-next",
    "never-a-last-page",
    "next-drops-the-filter",
    "next-to-another-host",
    "wrong-charset-latin1",
}
"""Faults that apply only to lists, to text beyond ASCII, or to answers with a certain field."""


CANNOT_BE_BROKEN_AS_WELL = {
    "provisioning-off",
    "scim-disabled",
    "scim-endpoint-down",
}
"""Rules that are not broken: with provisioning or SCIM off, other rules do not apply. With SCIM on,
its endpoint answers."""


def test_in_the_reference_audit_nearly_every_rule_fails(reference: Reference) -> None:
    truth = reference.truth
    assert not truth.snapshot.missing
    assert truth.rules(VerdictStatus.PASS) == CANNOT_BE_BROKEN_AS_WELL
    assert truth.rules(VerdictStatus.NEEDS_ATTESTATION) == {"unique-identifier-not-email"}
    assert len(truth.rules(VerdictStatus.FAIL)) == len(RULES) - len(CANNOT_BE_BROKEN_AS_WELL) - 1


def test_a_second_audit_without_a_fault_has_the_same_results(reference: Reference) -> None:
    result = reference.audit()
    assert_nothing_wrong(result, reference)
    assert result.verdicts == reference.truth.verdicts
    assert not reference.misread(result)


def test_the_matrix_covers_every_requested_endpoint(reference: Reference) -> None:
    called = {find_endpoint(service, path) for service, path in reference.asked}
    assert called == {each for each in ASKED if each.pattern != TOKEN}


@pytest.mark.parametrize("fault", ALL_FAULTS)
@pytest.mark.parametrize("endpoint", ASKED, ids=lambda each: f"{each.service} {each.pattern}")
def test_a_fault(
    reference: Reference, endpoint: Endpoint, fault: str, record_property: Record
) -> None:
    faults = reference.faults
    faults.add(endpoint.service, endpoint.pattern, ALL_FAULTS[fault])
    limits = HASTY if fault in NEVER_END else LIMITS
    result = reference.audit(limits=limits, by_key=endpoint.pattern == TOKEN)
    is_scim = endpoint.pattern == SCIM_ENDPOINT  # its normal answer is a refusal without fields
    if not faults.struck and (fault in OF_SOME_ANSWERS or is_scim):
        # the answers have no field that the fault changes
        assert result.verdicts == reference.truth.verdicts
        return
    assert faults.struck
    if is_scim and fault.startswith("status-404"):  # not a read error: this is the violation
        down = frozenset({"scim-endpoint-down"})
        found = wrong_results(result, reference.truth)
        assert found == WrongResults(frozenset(), frozenset(), down)
        return
    record(record_property, f"{endpoint.service} {endpoint.pattern}", fault, result, reference)

    assert_nothing_wrong(result, reference)
    assert_other_rules_are_evaluated(result, reference)
    assert_no_change_afterwards(result, reference)
    # every answer of the SCIM endpoint is read and classified
    readable = {SCIM} if is_scim else set()
    if endpoint.pattern in OF_A_GROUP and fault.startswith("status-404"):
        readable = {PUSHED_GROUPS.name}
        assert reference.newly_unknown(result)
    assert fault in OF_A_FIELD or reference.misread(result) <= readable
    spoilt = {f"{each.method} {each.path}" for each in faults.struck}
    for gap in result.snapshot.missing.values():
        assert gap.endpoint in spoilt
        assert gap.detail != OUT_OF_TIME
        if fault.startswith("status-"):
            assert gap.status == int(fault.split("-")[1])


@pytest.mark.parametrize(
    "fault", ["status-401", "status-403", "status-404", "html-with-200", "wrong-type", "empty-body"]
)
@pytest.mark.parametrize("both", [False, True], ids=["the stronger", "both"])
@pytest.mark.parametrize("sources", FALLBACKS, ids=" then ".join)
def test_a_weaker_source_does_not_silently_replace_another(
    reference: Reference, sources: tuple[str, str], fault: str, *, both: bool
) -> None:
    for path in sources if both else sources[:1]:
        reference.faults.add("unleash", path, ALL_FAULTS[fault])
    result = reference.audit()
    assert reference.faults.struck
    assert_nothing_wrong(result, reference)
    assert_no_change_afterwards(result, reference)


@pytest.mark.parametrize("why", UNREACHED)
@pytest.mark.parametrize("side", SIDES)
def test_a_side_that_does_not_answer_at_all(
    reference: Reference, side: str, why: str, record_property: Record
) -> None:
    scheme, serve = UNREACHED[why]
    with serve() as port:
        unreached = replace(reference.target, **{side: f"{scheme}://127.0.0.1:{port}"})
        result = reference.audit(unreached)
    service = SIDES[side]
    record(record_property, f"{service}, all of it", why, result, reference)

    assert_nothing_wrong(result, reference)
    assert_no_change_afterwards(result, reference)
    assert_other_rules_are_evaluated(result, reference)
    own = {name for name in COLLECTIONS if name.startswith(f"{service}.")}
    missing = result.snapshot.missing
    assert own <= missing.keys()
    # the groups of Unleash decide which pushed groups are read
    assert missing.keys() - own <= {PUSHED_GROUPS.name}
    asked = {f"GET {path}" for of, path in reference.asked if of == service}
    assert {gap.endpoint for gap in missing.values()} <= asked


def assert_nothing_wrong(result: Audit, reference: Reference) -> None:
    nothing: frozenset[str] = frozenset()
    assert wrong_results(result, reference.truth) == WrongResults(nothing, nothing, nothing)


def assert_no_change_afterwards(result: Audit, reference: Reference) -> None:
    """Audit the unchanged sandbox a third time: the results are those before the fault.

    The fault was in the second audit only. Nothing opens, nothing resolves, nothing is lost.
    """
    after = audit(reference.truth.snapshot, result.memory)
    assert_nothing_wrong(after, reference)
    assert after.verdicts == reference.truth.verdicts
    before = {each.id for each in reference.truth.memory.known}
    assert {each.id for each in after.memory.known} == before


def assert_other_rules_are_evaluated(result: Audit, reference: Reference) -> None:
    unconcerned = reference.unconcerned(result)
    assert unconcerned
    assert not unconcerned & reference.newly_unknown(result)
    assert all(result.verdicts[rule] is reference.truth.verdicts[rule] for rule in unconcerned)


def record(
    record_property: Record, where: str, fault: str, result: Audit, reference: Reference
) -> None:
    found = wrong_results(result, reference.truth)
    pair = Pair(
        where=where,
        fault=fault,
        missing=len(result.snapshot.missing),
        unknown_rules=sorted(reference.newly_unknown(result)),
        wrong_passes=sorted(found.passes),
        wrong_resolves=sorted(found.resolves),
        made_up=sorted(found.inventions),
    )
    record_property(PROPERTY, pair.as_property())
