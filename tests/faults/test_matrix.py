"""Every endpoint that the auditor calls, under every fault: it says what it did not see."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from auditor.collect.http import OUT_OF_TIME
from auditor.domain.collections import COLLECTIONS, PUSHED_GROUPS
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from auditor.sandbox.faults.endpoints import Endpoint, find_endpoint
from tests.faults.audit import RULES, Audit, Lies, audit, lies
from tests.faults.bystander import Bystander
from tests.faults.pairs import ASKED, FALLBACKS, SCIM_ENDPOINT, SIDES, TOKEN, UNREACHED
from tests.faults.tally import PROPERTY, Pair

SCIM = "unleash.scim_endpoint"
Record = Callable[[str, object], None]

NEVER_END = {"silent-before-answer", "silent-in-body", "dripping"}
OF_A_FIELD = {"missing-field", "null-field", "unknown-enum", "wrong-type-inside"}
"""A record is read without a field that it may lack; whoever needs the field says so."""

OF_A_GROUP = {"/api/v1/groups/*", "/api/v1/groups/*/users"}
"""Where 404 says that a pushed group was deleted: the others are read, and its push is unknown."""

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
"""What fits lists, or text beyond ASCII, or answers with such a field."""


CANNOT_BE_BROKEN_AS_WELL = {
    "not-steady",
    "provisioning-off",
    "scim-disabled",
    "scim-endpoint-down",
}
"""With provisioning or SCIM off, other rules do not apply. With SCIM on, its endpoint answers. The
changes of this world are reasons to push, so its pushes are steady."""


def test_the_truth_is_that_nearly_every_rule_is_in_breach(bystander: Bystander) -> None:
    truth = bystander.truth
    assert not truth.snapshot.missing
    assert truth.rules(VerdictStatus.PASS) == CANNOT_BE_BROKEN_AS_WELL
    assert truth.rules(VerdictStatus.NEEDS_ATTESTATION) == {"unique-identifier-not-email"}
    assert len(truth.rules(VerdictStatus.FAIL)) == len(RULES) - len(CANNOT_BE_BROKEN_AS_WELL) - 1


def test_an_undisturbed_second_look_tells_the_same(bystander: Bystander) -> None:
    told = bystander.audit()
    assert_no_lies(told, bystander)
    assert told.verdicts == bystander.truth.verdicts
    assert not bystander.misread(told)


def test_nothing_is_asked_for_that_the_matrix_does_not_spoil(bystander: Bystander) -> None:
    called = {find_endpoint(service, path) for service, path in bystander.asked}
    assert called == {each for each in ASKED if each.pattern != TOKEN}


@pytest.mark.parametrize("fault", ALL_FAULTS)
@pytest.mark.parametrize("endpoint", ASKED, ids=lambda each: f"{each.service} {each.pattern}")
def test_a_fault(
    bystander: Bystander, endpoint: Endpoint, fault: str, record_property: Record
) -> None:
    faults = bystander.faults
    faults.add(endpoint.service, endpoint.pattern, ALL_FAULTS[fault])
    told = bystander.audit(hasty=fault in NEVER_END, by_key=endpoint.pattern == TOKEN)
    is_scim = endpoint.pattern == SCIM_ENDPOINT  # a refusal is its good answer, and has no fields
    if not faults.struck and (fault in OF_SOME_ANSWERS or is_scim):
        assert told.verdicts == bystander.truth.verdicts  # the answers have nothing to break
        return
    assert faults.struck
    if is_scim and fault.startswith("status-404"):  # not a fault of the reading: this is the breach
        down = frozenset({"scim-endpoint-down"})
        assert lies(told, bystander.truth) == Lies(frozenset(), frozenset(), down)
        return
    record(record_property, f"{endpoint.service} {endpoint.pattern}", fault, told, bystander)

    assert_no_lies(told, bystander)
    assert_the_others_spoke(told, bystander)
    assert_nothing_moves_afterwards(told, bystander)
    # of the SCIM endpoint every answer is read: as what it is
    readable = {SCIM} if is_scim else set()
    if endpoint.pattern in OF_A_GROUP and fault.startswith("status-404"):
        readable = {PUSHED_GROUPS.name}
        assert bystander.blinded(told)
    assert fault in OF_A_FIELD or bystander.misread(told) <= readable
    spoilt = {f"{each.method} {each.path}" for each in faults.struck}
    for gap in told.snapshot.missing.values():
        assert gap.endpoint in spoilt
        assert gap.detail != OUT_OF_TIME
        if fault.startswith("status-"):
            assert gap.status == int(fault.split("-")[1])


@pytest.mark.parametrize(
    "fault", ["status-401", "status-403", "status-404", "html-with-200", "wrong-type", "empty-body"]
)
@pytest.mark.parametrize("both", [False, True], ids=["the stronger", "both"])
@pytest.mark.parametrize("sources", FALLBACKS, ids=" then ".join)
def test_no_weaker_source_takes_a_place_silently(
    bystander: Bystander, sources: tuple[str, str], fault: str, *, both: bool
) -> None:
    for path in sources if both else sources[:1]:
        bystander.faults.add("unleash", path, ALL_FAULTS[fault])
    told = bystander.audit()
    assert bystander.faults.struck
    assert_no_lies(told, bystander)
    assert_nothing_moves_afterwards(told, bystander)


@pytest.mark.parametrize("why", UNREACHED)
@pytest.mark.parametrize("side", SIDES)
def test_a_side_that_does_not_answer_at_all(
    bystander: Bystander, side: str, why: str, record_property: Record
) -> None:
    scheme, serve = UNREACHED[why]
    with serve() as port:
        unreached = replace(bystander.target, **{side: f"{scheme}://127.0.0.1:{port}"})
        told = bystander.audit(unreached)
    service = SIDES[side]
    record(record_property, f"{service}, all of it", why, told, bystander)

    assert_no_lies(told, bystander)
    assert_nothing_moves_afterwards(told, bystander)
    assert_the_others_spoke(told, bystander)
    own = {name for name in COLLECTIONS if name.startswith(f"{service}.")}
    missing = told.snapshot.missing
    assert own <= missing.keys()
    assert missing.keys() - own <= {PUSHED_GROUPS.name}  # Unleash says which matter
    asked = {f"GET {path}" for of, path in bystander.asked if of == service}
    assert {gap.endpoint for gap in missing.values()} <= asked


def assert_no_lies(told: Audit, bystander: Bystander) -> None:
    nothing: frozenset[str] = frozenset()
    assert lies(told, bystander.truth) == Lies(nothing, nothing, nothing)


def assert_nothing_moves_afterwards(told: Audit, bystander: Bystander) -> None:
    """Audit the unchanged world a third time: it is as it was before the fault.

    The fault was in the second audit only. Nothing opens, nothing resolves, nothing is lost.
    """
    after = audit(bystander.truth.snapshot, told.memory)
    assert_no_lies(after, bystander)
    assert after.verdicts == bystander.truth.verdicts
    before = {each.id for each in bystander.truth.memory.known}
    assert {each.id for each in after.memory.known} == before


def assert_the_others_spoke(told: Audit, bystander: Bystander) -> None:
    unconcerned = bystander.unconcerned(told)
    assert unconcerned
    assert not unconcerned & bystander.blinded(told)
    assert all(told.verdicts[rule] is bystander.truth.verdicts[rule] for rule in unconcerned)


def record(
    record_property: Record, where: str, fault: str, told: Audit, bystander: Bystander
) -> None:
    found = lies(told, bystander.truth)
    pair = Pair(
        where=where,
        fault=fault,
        missing=len(told.snapshot.missing),
        blind=sorted(bystander.blinded(told)),
        wrong_passes=sorted(found.passes),
        wrong_resolves=sorted(found.resolves),
        made_up=sorted(found.inventions),
    )
    record_property(PROPERTY, pair.as_property())
