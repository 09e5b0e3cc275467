"""The overview of all targets: order, counts, unknown values, links, size."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.views.fleet import FleetTarget, fleet_of, fleet_target
from auditor.engine.views.target_report.report_headline import TargetStatus
from auditor.publish.fleet_page import fleet_headline, render_fleet
from auditor.rule.severity import Severity
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    UNTIL,
    ago,
    counts,
    email_not_login,
    finding,
    person,
    stored_audit,
    verdict,
)
from tests.support.inspection.html_page import Page

UNKNOWN = verdict("not-steady", VerdictStatus.UNKNOWN, reasons=(missing_reason("okta.log"),))


def target(
    name, *findings, verdicts=None, last=None, week_ago=None, stale=False, titles=None
) -> FleetTarget:
    return fleet_target(
        name,
        findings=findings,
        verdicts=verdicts or (verdict(),),
        last=last or stored_audit(ago(5) if stale else UNTIL),
        week_ago=week_ago,
        deadlines=Deadlines(owner="Identity Platform"),
        titles=titles or {},
        at=UNTIL,
        stale_after=timedelta(hours=26),
    )


def text_of(*targets, linked=()) -> str:
    text: str = Page(render_fleet(fleet_of(targets, UNTIL), linked=linked)).text
    return text


FAILING = target("zeta", email_not_login(person(1), person(2), opened_at=ago(2)))
INCOMPLETE = target("beta", verdicts=(verdict(), UNKNOWN))
STALE = target("gamma", stale=True)
PASSING = target("alpha")


def test_the_worst_target_comes_first():
    fleet = fleet_of((PASSING, STALE, INCOMPLETE, FAILING), UNTIL)
    assert [each.name for each in fleet.targets] == ["zeta", "beta", "gamma", "alpha"]
    assert fleet_headline(fleet) == (TargetStatus.FAIL, "1 of 4 targets has open causes")
    text = text_of(PASSING, STALE, INCOMPLETE, FAILING)
    assert "1 fail 1 incomplete 1 not audited 1 pass" in text
    row = "✗ Fail zeta Email is mapped from user.email, not the login critical 1 2 1"
    assert f"{row} Identity Platform" in text


def test_numbered_targets_are_in_the_order_of_their_numbers():
    names = ["payments-10", "payments-2", "Payments-1", "orders"]
    fleet = fleet_of(map(target, names), UNTIL)
    ordered = ["orders", "Payments-1", "payments-2", "payments-10"]
    assert [each.name for each in fleet.targets] == ordered


@pytest.mark.parametrize("unknown", [INCOMPLETE, STALE], ids=["incomplete", "not audited"])
def test_unknown_values_are_not_shown_as_zero(unknown):
    text = text_of(unknown)
    assert "unknown unknown unknown Identity Platform" in text
    assert fleet_headline(fleet_of((unknown,), UNTIL))[0] is not TargetStatus.PASS


def test_passing_targets_are_counted_in_words_that_fit_a_printed_page():
    assert "1 target passes alpha" in text_of(PASSING, FAILING)
    assert "2 targets pass" in text_of(PASSING, target("beta"), FAILING)


def test_a_target_without_verdicts_never_passes():
    never = fleet_target(
        "new",
        findings=(),
        verdicts=(),
        last=stored_audit(),
        week_ago=None,
        deadlines=Deadlines(),
        titles={},
        at=UNTIL,
        stale_after=timedelta(hours=26),
    )
    assert never.status is TargetStatus.INCOMPLETE


def test_a_cause_of_several_targets_is_listed_once():
    others = (target("one", finding()), target("two", finding(severity=Severity.CRITICAL)))
    text = text_of(FAILING, *others)
    assert "Critical Create Users is off: new users get no account 2 two , one" in text


def test_only_existing_reports_are_links():
    html = render_fleet(fleet_of((FAILING, PASSING), UNTIL), linked=["zeta"])
    hrefs = [each["href"] for each in Page(html).all("a")]
    assert [each for each in hrefs if not each.startswith("#")] == ["zeta/index.html"]


def test_open_findings_are_compared_with_last_week():
    more = target("one", finding(), week_ago=stored_audit(ago(7), counts=counts()))
    assert "1 more open" in text_of(more)
    assert "no audit a week ago" in text_of(FAILING)


def test_a_comparison_with_an_incomplete_audit_is_unknown_unless_it_had_more_findings():
    def since_incomplete(**open_then: int) -> str:
        then = stored_audit(ago(7), counts=counts(unknown=1, **open_then))
        return text_of(target("one", finding(), week_ago=then))

    assert "No owner unknown" in since_incomplete().replace("Identity Platform", "No owner")
    assert "more open" not in since_incomplete()
    assert "1 fewer open" in since_incomplete(high=2)


def test_an_outdated_state_is_not_compared():
    outdated = target("one", finding(), week_ago=stored_audit(ago(7), counts=counts()), stale=True)
    assert "more open" not in text_of(outdated)
    assert "Identity Platform not audited" in text_of(outdated)


LEAVERS = {"user-not-removed": "Leavers keep their accounts", "x/a": "A is off", "x/b": "B is off"}


def leaver(number):
    return finding("user-not-removed", subject=str(number), affected=(person(number),))


def test_targets_share_a_cause_of_one_rule_and_kind_also_with_different_titles():
    one = target("one", leaver(1), titles=LEAVERS)
    two = target("two", leaver(1), leaver(2), titles=LEAVERS)
    assert one.causes[0].title != two.causes[0].title
    (shared,) = fleet_of((one, two), UNTIL).shared
    assert (shared.title, shared.targets) == ("Leavers keep their accounts", ("two", "one"))


def test_two_kinds_of_a_rule_and_two_causes_of_one_target_are_not_shared():
    off = [finding("x", subject=kind, kind=kind, cause=kind * 2) for kind in "ab"]
    one = target("one", off[0], titles=LEAVERS)
    two = target("two", off[1], titles=LEAVERS)
    assert fleet_of((one, two), UNTIL).shared == ()
    twice = target("twice", *(replace(each, cause=f"c{each.id}") for each in (off[0], off[0])))
    assert fleet_of((twice,), UNTIL).shared == ()


def test_a_cause_with_one_title_in_all_targets_keeps_it():
    targets = [target(name, email_not_login(person(1))) for name in ("one", "two")]
    (shared,) = fleet_of(targets, UNTIL).shared
    assert shared.title == "Email is mapped from user.email, not the login"
    assert (shared.targets, shared.affected) == (("one", "two"), 2)


def test_two_hundred_targets_are_a_small_page():
    rules = [f"some-rule-of-usual-length-{number}" for number in range(29)]
    verdicts = tuple(verdict(each) for each in rules)
    targets = [
        target(
            f"payments-production-{number:03}",
            email_not_login(person(1), person(2)),
            *(finding(subject=str(each), affected=(person(each),)) for each in range(20)),
            verdicts=verdicts,
        )
        for number in range(200)
    ]
    html = render_fleet(fleet_of(targets, UNTIL), linked=[each.name for each in targets])
    assert len(html.encode()) < 300_000
    assert html.count("<tr>") > 400
