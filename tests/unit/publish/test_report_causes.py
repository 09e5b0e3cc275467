"""Findings, causes and admin access in the page of a report."""

import re

import pytest
from msgspec.structs import replace

from auditor.domain.context import RuleContext
from auditor.engine.audit_history import StoredFinding
from auditor.engine.evaluation.evaluate import fingerprint
from auditor.engine.findings.tracked_findings import State
from auditor.engine.simulation.fix_effects import CauseEffects, FixEffects, SimulatedRule
from auditor.engine.simulation.lockout import simulate_lockout
from auditor.publish.report_page import render
from auditor.rule.results import Evidence, Remediation
from auditor.rule.severity import Severity
from tests.support.builders.contexts import clean_snapshot, users
from tests.support.builders.reports import (
    ago,
    finding,
    person,
    report,
)
from tests.support.inspection.html_page import Page


def test_more_than_three_findings_of_a_rule_are_a_table_with_their_evidence():
    def leaver(number):
        evidence = tuple(
            Evidence(collection="unleash.users", field=field, observed=value, expected="—")
            for field, value in (("Last login", f"2026-11-0{number}"), ("Root role", "Viewer"))
        )
        return finding(
            "user-not-removed", str(number), affected=(person(number),), evidence=evidence
        )

    text = Page(render(report(*map(leaver, range(1, 5))))).text
    assert "User Account Since Last login Root role Status" in text
    assert "Person 2 2 2026-11-03 2026-11-02 Viewer Still open" in text


def test_the_title_names_product_target_and_period():
    html = render(report(finding(), week="2026-W47"))
    assert re.findall("<title>(.*)</title>", html) == [
        "Fail: 1 open cause · Okta → Unleash provisioning audit · production · 2026-W47"
    ]
    assert "Week 47, 16 Nov to 22 Nov 2026" in Page(html).text


def test_the_printed_footer_cannot_leave_its_string():
    hostile = replace(report(), target=replace(report().target, name='"} body { display: none'))
    footer = re.findall(r"<style>(.*?)</style>", render(hostile), re.DOTALL)[1]
    assert footer.count('"') == 2
    assert footer.count("{") == 2


def test_severity_is_always_a_word():
    page = Page(render(report(*(finding(subject=each, severity=each) for each in Severity))))
    for severity in Severity:
        assert severity.capitalize() in page.text


def test_the_admin_access_section_has_every_failure_and_the_recovery_admins():
    access = simulate_lockout(RuleContext(clean_snapshot()))
    page = Page(render(report(admin_access=access)))
    assert all(each.title in page.text for each in access.scenarios)
    assert "Break glass" in page.text
    assert 'href="#admin-access"' in render(report(admin_access=access))


def test_a_lock_out_is_stated_above_the_table():
    access = simulate_lockout(RuleContext(clean_snapshot(users=users(), groups=())))
    page = Page(render(report(admin_access=access)))
    assert "No admin can sign in today, with or without a failure." in page.text
    assert "Okta is down" not in page.text


def test_without_an_audit_the_admin_access_section_is_left_out():
    assert "admin-access" not in render(report())


def test_the_effects_of_a_fix_are_listed_under_its_cause():
    effects = FixEffects(
        precaution="No admin can sign in afterwards.",
        lines=("1 account gets another email: a@x → b@x.",),
        closes=(SimulatedRule(rule="not-steady", severity=Severity.MEDIUM, what="2 findings"),),
        opens=(SimulatedRule(rule="login-mismatch", severity=Severity.HIGH, what="x"),),
        not_evaluated=("user-not-removed",),
    )
    broken = finding(subject="a")
    caused = CauseEffects(cause=broken.cause or broken.id, fixes=(effects,))
    shown = Page(render(report(broken, fix_effects=(caused,)))).text
    assert "What the fix can do" in shown
    assert "Caution: No admin can sign in afterwards." in shown
    assert "1 account gets another email: a@x → b@x." in shown
    assert "Closes Medium not-steady: 2 findings" in shown
    assert "Opens High login-mismatch: x" in shown
    assert "Not evaluated afterwards: user-not-removed" in shown
    other = CauseEffects(cause="another", fixes=(effects,))
    assert "What the fix can do" not in render(report(broken, fix_effects=(other,)))


def test_a_cause_of_two_findings_has_one_remediation_and_begins_with_its_lead():
    lead = finding("push-flag-off", "deactivate-users", severity=Severity.HIGH, message="It is off")
    lead = replace(lead, cause=lead.id, remediation=Remediation(steps=("Switch it on.",)))
    follower = finding("user-not-removed", "7", severity=Severity.CRITICAL, message="Ada is left")
    follower = replace(follower, cause=lead.id, remediation=Remediation(steps=("Delete Ada.",)))
    html = render(report(lead, follower))
    section = Page(html[html.index('<section class="cause is-') :].partition("</section>")[0]).text
    assert section.count("Remediation") == section.count("Changed by") == 1
    assert (
        section.index("Switch it on.") < section.index("It is off") < section.index("Ada is left")
    )


def leaver_findings(cause: str) -> list[StoredFinding]:
    remediation = Remediation(steps=("Delete it.",), for_many="Review these {n} accounts: {list}.")
    return [
        finding(
            "user-not-removed",
            str(number),
            affected=(person(number),),
            remediation=replace(remediation, steps=(f"Delete account {number}.",)),
            cause=cause or fingerprint("user-not-removed", str(number), ""),
        )
        for number in range(12)
    ]


def test_the_remediation_of_a_cause_is_one_list_for_all_users():
    page = Page(render(report(*leaver_findings("flag"))))
    assert "Review these 12 accounts: Person 0, " in page.text
    assert "and 2 more." in page.text
    assert "Delete account" not in page.text


@pytest.mark.parametrize("cause", ["flag", ""], ids=["one cause", "causes of their own"])
def test_each_open_cause_has_one_anchor(cause):
    leavers = leaver_findings(cause)
    html = render(report(*leavers))
    anchors = re.findall(r'id="([cf]-[\w-]+)"', html)
    assert len(anchors) == len(set(anchors))
    assert {f"c-{each.cause}" for each in leavers} <= set(anchors)


def test_a_resolved_cause_keeps_its_anchor():
    gone = finding(state=State.RESOLVED, opened_at=ago(3), resolved_at=ago(1))
    html = render(report(replace(gone, cause=gone.id)))
    assert f'id="c-{gone.id}"' in html
