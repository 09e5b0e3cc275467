from auditor.domain import collections
from auditor.domain.collections import APP, SCIM, Collection, MissingData, MissingReason
from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.unreadable_sides import unreadable_sides
from auditor.engine.evaluation.verdicts import Verdict, VerdictStatus
from auditor.rule.results import GroupedUnder, MissingDataReason, Reason, Undecidable
from auditor.rule.severity import Severity
from tests.support.builders.contexts import world

OKTA = [
    key.lower()
    for key, value in vars(collections).items()
    if isinstance(value, Collection) and value.name.startswith("okta.")
]


def refused(where: str, status: int = 401) -> MissingData:
    why = MissingReason.UNAUTHORIZED if status == 401 else MissingReason.FORBIDDEN
    return MissingData(why=why, endpoint=f"GET {where}", status=status, detail="refused")


def without_okta(**but: object) -> Snapshot:
    return world(**{key: refused(f"/{key}") for key in OKTA} | but)


def verdict(*because: Reason, status: VerdictStatus = VerdictStatus.UNKNOWN) -> Verdict:
    return Verdict(rule="a-rule", status=status, severity=Severity.HIGH, reasons=because)


def test_one_cause_for_all_of_a_side_is_said_without_its_places():
    (shut,) = unreadable_sides(without_okta()).sides
    assert (shut.side, shut.cause) == ("Okta", "unauthorized (401): refused")
    assert shut.remediation.startswith("Issue a new credential")


def test_a_list_of_nothing_is_nothing_read():
    (shut,) = unreadable_sides(without_okta(other_assignments=[])).sides
    assert shut.side == "Okta"


def test_two_causes_are_told_rule_by_rule():
    assert unreadable_sides(without_okta(app=refused("/app", 403))).sides == ()


def test_a_side_of_which_something_was_read_is_not_shut_out():
    assert unreadable_sides(world(capabilities=refused("/features"))).sides == ()


def test_only_what_comes_down_to_the_side_is_put_under_it():
    other = refused("/api/admin/scim-settings", 403)
    dark = unreadable_sides(without_okta(scim=other, groups=refused("/api/admin/groups", 404)))
    okta = MissingDataReason(
        collection=APP.name, missing=without_okta().missing[APP.name], what="whether Ada is here"
    )
    elsewhere = MissingDataReason(collection=SCIM.name, missing=other)
    grouped = GroupedUnder(rule="email-not-login", count=2)
    assert dark.sides_behind(verdict(okta)) == {"Okta"}
    assert dark.sides_behind(verdict(okta, elsewhere)) == set()
    assert dark.sides_behind(verdict(okta, Undecidable(why="another reason"))) == set()
    assert dark.sides_behind(verdict()) == set()
    assert dark.sides_behind(verdict(okta, grouped, status=VerdictStatus.FAIL)) == {"Okta"}
    assert dark.sides_behind(verdict(okta, status=VerdictStatus.NOT_APPLICABLE)) == set()
