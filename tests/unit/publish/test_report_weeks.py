"""Figures over time in the page of a report."""

import re
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from auditor.config.tables.service_settings import SlaSettings
from auditor.domain.waivers import Waiver
from auditor.engine.changes.diff import ChangeActor, Confidence
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.exposure.access_delay import AccessDelay, DelayKind
from auditor.engine.exposure.exposure import exposure_of
from auditor.engine.findings.tracked_findings import State
from auditor.engine.incidents.notification import Digest
from auditor.engine.views.digest import weekly_digest
from auditor.engine.views.target_report.report_findings import Condition
from auditor.publish.page_words import GUIDE_STEPS, comparison
from auditor.publish.report_page import render
from auditor.rule.severity import Severity
from tests.support.builders.actions import done
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    SINCE,
    UNTIL,
    ago,
    change,
    counts,
    finding,
    report,
    stored_audit,
    verdict,
)
from tests.support.conclusions import ALL
from tests.support.inspection.html_page import Page


def test_joiners_and_leavers_are_shown_with_unknown_times_as_unknown():
    left_at = UNTIL - timedelta(days=2)
    delays = (
        AccessDelay(
            kind=DelayKind.LEAVER,
            user="00u1",
            at=left_at,
            changed_at=left_at,
            ended_at=left_at + timedelta(minutes=90),
            is_over=True,
        ),
        AccessDelay(kind=DelayKind.JOINER, user="00u2", at=left_at, is_over=True),
    )
    budgets = SlaSettings().delay_budgets
    exposure = exposure_of(delays, budgets, since=SINCE, until=UNTIL)
    page = Page(render(report(exposure=exposure)))
    assert "1 measured delay" in page.text
    assert "1 hour 30 minutes" in page.text
    assert "0.1 user-days" in page.text
    assert "—" in page.text
    empty = exposure_of((), budgets, since=SINCE, until=UNTIL)
    assert 'id="exposure"' not in render(report(exposure=empty))


def test_the_exposure_begins_with_the_week_of_the_first_audit():
    at = UNTIL - timedelta(days=2)
    delays = (AccessDelay(kind=DelayKind.JOINER, user="00u2", at=at, is_over=True),)
    exposure = exposure_of(delays, SlaSettings().delay_budgets, since=SINCE, until=UNTIL)
    text = Page(render(report(exposure=exposure, weeks=(stored_audit(ago(7)),)))).text
    (_, by_week) = text.split("Exposure (user-days)")
    shown = by_week.split(" Manual checks")[0].split("All checks")[0]
    assert re.findall(r"(\d+ \w+ \d{4}) \S+ \S+ (\S+)", shown) == [
        (f"{UNTIL - timedelta(days=UNTIL.weekday() + 7):%-d %b %Y}", "0.0"),
        (f"{UNTIL - timedelta(days=UNTIL.weekday()):%-d %b %Y}", "0.0"),
    ]


def test_a_text_is_cut_at_the_end_of_a_word():
    message = f"The push fails. {'Users keep their rights. ' * 9}"
    html = render(report(finding(message=message)))
    (short,) = re.findall(r"1 finding · <bdi>(.*?)</bdi>", html)
    assert len(short) <= 160
    assert message.startswith(short.removesuffix("…"))
    assert short.removesuffix("…")[-1] != " "
    assert message[len(short) - 1] == " "


def test_an_address_breaks_at_its_dots_and_code_in_a_message_is_code():
    actor = ChangeActor(name="ada.berg@acme.example", actor_id="1", at=UNTIL, event_id="7")
    made = replace(change(), actors=(actor,), confidence=Confidence.EXACT)
    html = render(
        report(finding(message="They are listed under `email-not-login`."), changes=(made,))
    )
    assert "ada<wbr>.berg@<wbr>acme<wbr>.example" in html
    assert "under <code>email-not-login</code>." in html
    assert "`email-not-login`" not in html


@pytest.mark.parametrize("bound", ALL, ids=lambda each: each.id)
def test_the_guide_step_of_each_rule_has_words(bound):
    assert bound.rule.guide == "effect" or bound.rule.guide in GUIDE_STEPS


def test_what_users_did_about_incidents_is_listed_with_the_reason():
    acknowledged = done(by="Ada Berg", title="Email mapping", reason="Change <CHG-7>")
    html = render(report(actions=(acknowledged,)))
    page = Page(html)
    assert "Actions of users" in page.text
    for shown in ("Ada Berg", "Email mapping", "Change <CHG-7>"):
        assert shown in page.text
    assert "<CHG-7>" not in html


def compared(now, *, affected: int | None = None, unread: int = 0, **week_before: int) -> str:
    """Compare a report with a week that had these open findings and affected users."""
    none = dict.fromkeys(Severity, 0)
    open_ = none | {Severity(name): number for name, number in week_before.items()}
    earlier = replace(now.trend[-1], open=open_, affected=affected, not_evaluated=unread)
    return comparison(replace(now, trend=(*now.trend[:-2], earlier, now.trend[-1])))


def test_as_many_findings_of_a_higher_severity_are_worse():
    now = report(finding(subject="a", severity=Severity.HIGH))
    assert compared(now, low=1) == (
        "Worse than last week: still 1 open finding, with higher severity."
    )
    assert compared(now, medium=2) == (
        "Worse than last week: 1 open finding, was 2, with higher severity."
    )
    assert compared(now, high=1) == "Same as last week: 1 open finding."


def test_a_new_critical_cause_is_worse_although_other_findings_were_fixed():
    new = report(finding(severity=Severity.CRITICAL, opened_at=ago(1)))
    assert compared(new, critical=1, high=4) == (
        "Worse than last week: 1 new or reopened critical cause."
    )
    old = report(finding(severity=Severity.CRITICAL, opened_at=ago(9)))
    assert compared(old, critical=1, high=4) == "Better than last week: 1 open finding, was 5."


def test_affected_users_decide_before_open_findings():
    counted = replace(counts(high=1), affected=30)
    now = report(finding(opened_at=ago(9)), audits=(stored_audit(counts=counted),))
    assert compared(now, affected=4, high=3) == "Worse than last week: 30 users affected, was 4."
    assert compared(now, affected=99, high=1) == "Better than last week: 30 users affected, was 99."
    assert compared(now, affected=30, high=3) == "Better than last week: 1 open finding, was 3."
    unread = verdict("push-flag-off", VerdictStatus.UNKNOWN, reasons=(missing_reason("okta.log"),))
    unknown = report(
        finding(opened_at=ago(9)), verdicts=(unread,), audits=(stored_audit(counts=counted),)
    )
    assert compared(unknown, affected=99, high=1) == (
        "Fewer known than last week: 30 users affected, was 99."
    )


def test_a_week_with_missing_data_is_never_called_better_than_a_later_one():
    now = report(finding(severity=Severity.HIGH, opened_at=ago(9)))
    assert compared(now, unread=1) == "More known than last week: 1 open finding, was 0."
    assert compared(now, unread=1, high=1) == "As many known as last week: 1 open finding."
    assert compared(now, unread=1, high=2) == "Better than last week: 1 open finding, was 2."
    new = report(finding(severity=Severity.CRITICAL, opened_at=ago(1)))
    assert compared(new, unread=1) == (
        "More known than last week: 1 new or reopened critical cause."
    )


def test_last_week_is_a_dash_where_missing_data_can_hide_findings():
    then = stored_audit(ago(7), counts=counts(unknown=1, high=2))
    page = Page(render(report(weeks=(then,)))).text
    assert "last week 2" in page
    assert page.count("last week —") == 3
    assert "last week 0" not in page


def test_a_rule_whose_findings_are_all_accepted_is_not_shown_as_a_failure():
    waiver = Waiver(rule="push-flag-off", owner="Jo", reason="later", expires=date(2099, 1, 1))
    failed = verdict("push-flag-off", VerdictStatus.FAIL)
    page = Page(
        render(report(finding(waived=True, waiver=waiver), verdicts=(failed,), waivers=(waiver,)))
    )
    assert "1 accepted" in page.text
    assert "1 fail" not in page.text
    assert "1 finding accepted by a waiver" in page.text
    assert "All subjects" in page.text
    both = report(finding(waived=True, waiver=waiver), finding(subject="b"), verdicts=(failed,))
    assert "1 fail" in Page(render(both)).text


def test_a_change_of_several_possible_actors_shows_the_time_of_each():
    first, second = (
        ChangeActor(
            name=name, actor_id=name, at=ago(2) - timedelta(hours=hour), event_id=f"e-{name}"
        )
        for name, hour in (("Mira", 3), ("Jonas", 2))
    )
    made = replace(change(), actors=(first, second), confidence=Confidence.AMBIGUOUS)
    text = Page(render(report(changes=(made,)))).text
    assert "Mira or Jonas (ambiguous)" in text
    for actor in (first, second):
        assert re.search(rf"{actor.at:%-d %b %Y, %H:%M} UTC ?, log entry {actor.event_id}", text)
    (row,) = re.findall(r"Changed by (\d.*?) UTC Attribute mapping", text)
    assert row == f"{made.since:%-d %b %Y, %H:%M} UTC – {made.until:%-d %b %Y, %H:%M}"  # noqa: RUF001


def test_a_finding_that_came_and_was_resolved_in_the_period_counts_as_new_and_as_resolved():
    week = report(
        finding(subject="a", state=State.RESOLVED, opened_at=ago(3), resolved_at=ago(1)),
        finding(
            subject="b", state=State.RESOLVED, reopened=1, opened_at=ago(3), resolved_at=ago(1)
        ),
        finding(subject="c", state=State.RESOLVED, opened_at=ago(20), resolved_at=ago(1)),
        finding(subject="d", opened_at=ago(20)),
    )
    assert (week.came(Condition.NEW), week.came(Condition.REOPENED)) == (1, 1)
    assert (
        "New · Reopened 1 · 1 in this period Resolved 3 in this period" in Page(render(week)).text
    )
    about = weekly_digest(week).about
    assert isinstance(about, Digest)
    assert about.counts == {"new": 1, "reopened": 1, "resolved": 3, "still open": 1}
