from auditor.domain import collections
from auditor.domain.collections import APP, SCIM, Collection, MissingData, MissingReason
from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.unreadable_sides import unreadable_sides
from auditor.engine.evaluation.verdicts import Verdict, VerdictStatus
from auditor.rule.results import GroupedUnder, MissingDataReason, Reason, Undecidable
from auditor.rule.severity import Severity
from tests.support.builders.contexts import clean_snapshot

OKTA = [
    key.lower()
    for key, value in vars(collections).items()
    if isinstance(value, Collection) and value.name.startswith("okta.")
]


def refused(where: str, status: int = 401) -> MissingData:
    why = MissingReason.UNAUTHORIZED if status == 401 else MissingReason.FORBIDDEN
    return MissingData(why=why, endpoint=f"GET {where}", status=status, detail="refused")


def without_okta(**but: object) -> Snapshot:
    return clean_snapshot(**{key: refused(f"/{key}") for key in OKTA} | but)


def verdict(*because: Reason, status: VerdictStatus = VerdictStatus.UNKNOWN) -> Verdict:
    return Verdict(rule="a-rule", status=status, severity=Severity.HIGH, reasons=because)


def test_one_cause_for_a_whole_side_is_stated_without_endpoints():
    (shut,) = unreadable_sides(without_okta()).sides
    assert (shut.side, shut.cause) == ("Okta", "unauthorized (401): refused")
    assert shut.remediation.startswith("Issue a new credential")


def test_an_empty_list_does_not_count_as_read():
    (shut,) = unreadable_sides(without_okta(other_assignments=[])).sides
    assert shut.side == "Okta"


def test_two_causes_are_reported_for_each_rule():
    assert unreadable_sides(without_okta(app=refused("/app", 403))).sides == ()


def test_a_side_with_a_read_collection_is_not_unreadable():
    assert unreadable_sides(clean_snapshot(capabilities=refused("/features"))).sides == ()


def test_only_missing_data_belongs_to_an_unreadable_side():
    unreadable = unreadable_sides(without_okta())
    gap = MissingDataReason(collection=APP.name, missing=without_okta().missing[APP.name])
    assert unreadable.behind(gap) == unreadable.sides
    assert unreadable.behind(Undecidable(why="another reason")) == ()


def test_only_rules_that_need_the_unreadable_side_are_grouped_under_it():
    other = refused("/api/admin/scim-settings", 403)
    unreadable = unreadable_sides(
        without_okta(scim=other, groups=refused("/api/admin/groups", 404))
    )
    okta = MissingDataReason(
        collection=APP.name, missing=without_okta().missing[APP.name], what="whether Ada is here"
    )
    elsewhere = MissingDataReason(collection=SCIM.name, missing=other)
    grouped = GroupedUnder(rule="email-not-login", count=2)
    assert unreadable.sides_behind(verdict(okta)) == {"Okta"}
    assert unreadable.sides_behind(verdict(okta, elsewhere)) == set()
    assert unreadable.sides_behind(verdict(okta, Undecidable(why="another reason"))) == set()
    assert unreadable.sides_behind(verdict()) == set()
    assert unreadable.sides_behind(verdict(okta, grouped, status=VerdictStatus.FAIL)) == {"Okta"}
    assert unreadable.sides_behind(verdict(okta, status=VerdictStatus.NOT_APPLICABLE)) == set()
