"""The report page: sections, size limits, escaping, empty sections, words."""

import base64
import hashlib
import re
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.config.tables.service_settings import SlaSettings
from auditor.domain.collections import MissingData, MissingReason
from auditor.domain.context import RuleContext
from auditor.domain.waivers import Waiver
from auditor.engine.audit_history import StoredFinding
from auditor.engine.changes.diff import ChangeActor, Confidence
from auditor.engine.evaluation.evaluate import fingerprint
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.exposure.access_delay import AccessDelay, DelayKind
from auditor.engine.exposure.exposure import exposure_of
from auditor.engine.findings.tracked_findings import Resolution, State
from auditor.engine.incidents.notification import Digest
from auditor.engine.simulation.fix_effects import CauseEffects, FixEffects, SimulatedRule
from auditor.engine.simulation.lockout import simulate_lockout
from auditor.engine.views.digest import weekly_digest
from auditor.engine.views.target_report.report_findings import Condition
from auditor.publish.page_words import GUIDE_STEPS, GUIDE_URL, comparison
from auditor.publish.report_page import render
from auditor.rule.results import Affected, Evidence, Remediation
from auditor.rule.severity import Severity
from tests.support.builders.actions import done
from tests.support.builders.contexts import clean_snapshot, users
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    HOSTILE,
    REPORT_RULES,
    SINCE,
    UNTIL,
    ago,
    change,
    counts,
    email_not_login,
    finding,
    many,
    person,
    report,
    stored_audit,
    verdict,
)
from tests.support.conclusions import ALL
from tests.support.inspection.html_page import Page


@pytest.mark.parametrize(("count", "limit"), [(500, 300_000), (10_000, 1_000_000)])
def test_the_page_stays_small_with_many_findings(count, limit):
    html = render(many(count, "é" * 900))
    assert len(html.encode()) <= limit
    assert "5 open causes affect" in Page(html).text


def test_many_findings_of_one_kind_have_the_step_for_many_and_no_call_of_one():
    def leaver(number: int) -> Any:
        remediation = Remediation(
            steps=(f"Remove the assignment of user {number}.",),
            api=f"PATCH /users/{number}",
            for_many="Review these {n} accounts: {list}.",
        )
        who = person(number)
        return finding("user-not-removed", str(number), affected=(who,), remediation=remediation)

    text = Page(render(report(*(leaver(number) for number in range(12))))).text
    assert "Review these 12 accounts: Person 0, Person 1," in text
    assert " and 2 more." in text
    assert "PATCH /users/" not in text


def test_a_cause_of_a_few_findings_has_one_remediation_and_its_lead_first():
    def of_cause(rule: str, subject: str, remediation: Remediation) -> Any:
        one = finding(rule, subject, affected=(person(len(subject)),))
        return replace(one, cause=lead, remediation=remediation, message=f"About {subject}.")

    lead = fingerprint("push-flag-off", "deactivate-users", "")
    leaver = Remediation(steps=("Remove one.",), for_many="Review these {n} accounts: {list}.")
    findings = (
        of_cause("login-mismatch", "a", leaver),
        of_cause("login-mismatch", "bb", leaver),
        of_cause("push-flag-off", "deactivate-users", Remediation(steps=("Turn it on.",))),
    )
    text = Page(render(report(*findings))).text
    assert text.count("Remediation ") == 1
    order = ("Turn it on.", "Review these 2 accounts", "About deactivate-users.", "About a.")
    assert [text.index(each) for each in order] == sorted(text.index(each) for each in order)


def test_five_hundred_findings_are_all_listed():
    page = Page(render(many(500)))
    ids = {attributes.get("id", "") for _, attributes in page.elements}
    assert {f"f-{each.id}" for each in many(500).findings} <= ids


def test_the_rest_of_ten_thousand_findings_is_counted_and_every_rule_is_listed():
    html = render(many(10_000))
    left_out = re.findall(r"and ([\d,]+) more, which", html)
    shown = len(set(re.findall(r' id="f-([0-9a-f]{16})"', html)))
    assert sum(int(each.replace(",", "")) for each in left_out) + shown == 10_000
    assert set(re.findall(r'data-rule="([^"]+)"', html)) == {"email-not-login", *REPORT_RULES}


def test_a_finding_has_dates_author_users_evidence_and_remediation():
    ids = Page(
        render(report(email_not_login(person(1), opened_at=ago(2)), changes=(change(),)))
    ).text
    for answer in (
        "Okta sends user.email as the email",
        "Since 21 Nov 2026, 08:40 UTC",
        "Changed by Grace Lindqvist",
        "Affected users (1) Person 1",
        (
            "Observed Expected mapping[oty1].email.expression okta.mappings "
            "Primary email (user.email) Login (user.login)"
        ),
        "Remediation Map Email to user.login and save.",
        "Attribute mapping › Email (user type oty1): user.login → user.email",  # noqa: RUF001
        "POST /api/v1/mappings/prm1",
    ):
        assert answer in ids


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        ("Set `a=b` and save.", "<bdi>Set <code>a=b</code> and save.</bdi>"),
        ("Set `<b>`.", "<bdi>Set <code>&lt;b&gt;</code>.</bdi>"),
        ("One ` alone", "<bdi>One ` alone</bdi>"),
    ],
)
def test_words_in_backticks_are_shown_as_code(step, shown):
    html = render(report(email_not_login(remediation=Remediation(steps=(step,)))))
    assert f"<li>{shown}</li>" in html


@pytest.mark.parametrize("mark", ["\u202e", "\u202d", "\u2066", "\u2067", "\x9b", "\x1b"])
def test_a_name_does_not_turn_the_text_after_it(mark):
    html = render(report(email_not_login(person(1), message=f"Ada{mark}gnp.exe")))
    assert mark not in html
    assert "Ada\N{REPLACEMENT CHARACTER}gnp.exe" in html


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_outside_text_is_escaped(name):
    someone = Affected(id=name, name=name, detail=name)
    html = render(
        report(
            email_not_login(
                someone,
                message=name,
                evidence=(Evidence(collection="c", field=name, observed=name, expected=name),),
                remediation=Remediation(
                    steps=(name,), api=name, terraform=name, link=f"javascript:{name}"
                ),
            ),
            replace(finding(), subject=name, attribute=name),
            finding(subject="gone", message=name, state=State.RESOLVED),
            changes=(change(path=name, before=name, after=name),),
        )
    )
    page = Page(html)
    html.encode()
    assert (len(page.all("script")), len(page.all("style"))) == (1, 2)
    assert page.all("img") == []
    assert {key for _, each in page.elements for key in each if key.startswith("on")} == set()
    assert not any("javascript:" in (each.get("href") or "") for each in page.all("a"))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", html)
    assert "W" * 5_000 not in html


def test_the_policy_allows_our_style_and_our_script_and_nothing_else():
    html = render(report(finding()))
    [policy] = [
        each["content"]
        for each in Page(html).all("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    ]
    for tag in ("style", "script"):
        directive = policy.partition(f"{tag}-src ")[2].partition(";")[0]
        hashes = [
            f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
            for text in re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        ]
        assert directive.split() == hashes
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_the_page_requests_nothing():
    page = Page(render(report(email_not_login(person(1)), changes=(change(),))))
    loading = [
        (tag, key)
        for tag, attributes in page.elements
        for key in attributes
        if key in {"src", "srcset", "data", "poster", "action", "style"}
        or (key == "href" and tag != "a")
    ]
    assert loading == []


def test_every_link_within_the_page_has_a_target():
    page = Page(render(many(600)))
    places = {each["id"] for _, each in page.elements if "id" in each}
    links = {each["href"][1:] for each in page.all("a") if each["href"].startswith("#")}
    assert links <= places


def test_ids_are_used_once():
    resolved = finding(subject="gone", state=State.RESOLVED, resolved_at=ago(1))
    page = Page(render(report(email_not_login(), finding(), resolved)))
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "seen",
    [
        report(),
        report(audits=()),
        report(rules=()),
        report(audits=(stored_audit(ago(1)), stored_audit()), weeks=(stored_audit(ago(9)),)),
        report(finding(message="", state=State.RESOLVED)),
        report(finding("its-rule-is-gone")),
    ],
    ids=["clean", "no run", "no rule", "weeks", "names dropped", "rule gone"],
)
def test_a_page_with_little_data_is_rendered(seen):
    assert seen.headline.verdict.removesuffix(".") in Page(render(seen)).text


RESOLVED: dict[str, Any] = {"state": State.RESOLVED, "opened_at": ago(4), "resolved_at": ago(1)}


@pytest.mark.parametrize(
    ("resolution", "words"),
    [
        (Resolution.FIXED, "Fixed"),
        (
            Resolution.CONFIGURATION_CHANGED,
            "Closed by a configuration change of the auditor",
        ),
        (Resolution.RULE_REMOVED, "Rule removed"),
        (Resolution.ATTESTED, "Attested"),
    ],
)
def test_a_resolved_finding_is_in_the_past_with_its_resolution(resolution, words):
    seen = report(finding(message="Deactivation is off.", resolution=resolution, **RESOLVED))
    text = Page(render(seen)).text
    assert f"Was: Deactivation is off. push-flag-off {words} 22 Nov 2026, 09:00 UTC" in text


def test_the_time_to_resolve_is_stated():
    several = (finding(subject=str(each), **RESOLVED) for each in range(2))
    text = Page(render(report(*several))).text
    assert "2 findings resolved in this period. Median time to resolve: 3 days." in text
    assert "after 3 days" in text


def test_coverage_has_the_request_ids_of_all_collections():
    refused = MissingData(why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/logs", status=403)
    asked = stored_audit(request_ids={"okta.app": "reqSeen", "okta.log": "reqRefused"})
    text = Page(render(report(audits=(asked,), missing={"okta.log": refused}))).text
    for expected in (
        "SHA-256 c0ffee",
        "0123456789ab push-flag-off",
        "Last audit 23 Nov 2026, 09:00 UTC",
        "okta.app read reqSeen",
        "okta.log forbidden (403) at GET /api/v1/logs reqRefused",
        "forbidden (403) at GET /api/v1/logs request reqRefused",
        "unleash.users read —",
    ):
        assert expected in text


def test_collections_with_one_reason_are_one_row():
    refused = MissingData(
        why=MissingReason.UNAUTHORIZED, endpoint="GET /api/v1/a", status=401, detail="E0000011"
    )
    missing = {
        f"okta.{name}": replace(refused, endpoint=f"GET /api/v1/{name}")
        for name in ("app", "mappings", "log")
    }
    because = missing_reason("okta.app", missing["okta.app"])
    unknown = verdict("push-flag-off", VerdictStatus.UNKNOWN, reasons=(because,))
    text = Page(render(report(verdicts=(unknown,), missing=missing))).text
    row = "okta.app , okta.log , okta.mappings unauthorized (401) at 3 endpoints: E0000011"
    assert f"{row} push-flag-off Issue a new credential" in text


def test_every_rule_links_to_the_guide_and_every_control_to_its_rules():
    page = Page(render(report()))
    assert "NIST 800-53 PS-4 ✓ Pass push-flag-off" in page.text
    guide = [each for each in page.all("a") if each["href"] == GUIDE_URL]
    assert len(guide) == 1
    assert "Okta, step 4: Configure Okta Provisioning" in page.text


def test_rules_that_are_turned_off_are_named():
    text = Page(render(report(off=("user-not-removed",)))).text
    assert "Turned off: user-not-removed . Their requirements are not evaluated." in text


def test_consecutive_weeks_without_an_audit_are_one_row():
    text = Page(render(report(weeks=(stored_audit(ago(21), counts=counts(high=3)),)))).text
    assert "9 Nov to 16 Nov 2026 No audit 2 Nov 2026 0 3 0 0 0" in text
    assert "7 Sep to 26 Oct 2026 No audit" in text
    assert "First audit in the week of 2 Nov" in text


def test_an_area_without_audits_has_no_text_that_does_not_fit_into_it():
    def shown(weeks_ago: int) -> str:
        text: str = Page(render(report(weeks=(stored_audit(ago(7 * weeks_ago)),)))).text
        return text

    assert "First audit in the week of" in shown(3)
    assert "First audit in the week of" not in shown(8)
    assert "No audit" in shown(8)
    assert "First audit in the week of" not in shown(10)


def test_the_latest_change_comes_first():
    def made(path, days):
        by = replace(change().actors[0], at=ago(days), event_id=path)
        return change(path, actors=(by,), until=ago(1))

    text = Page(render(report(changes=(made("b.last", 2), made("a.first", 3))))).text
    assert text.index("b.last") < text.index("a.first")


def test_a_removed_item_is_one_change():
    parts = ("schema[title]", "schema[title].title", "schema[title].externalName")
    gone = tuple(change(path, before="custom", after=None) for path in parts)
    text = Page(render(report(changes=gone))).text
    assert text.count("App profile › Attribute title: removed") == 1  # noqa: RUF001
    assert "External name" not in text


def test_empty_sections_are_left_out():
    ids = {each.get("id") for _, each in Page(render(report())).elements}
    assert not ids & {"findings", "changes", "resolved", "manual", "waivers", "pending"}
    assert ids >= {"causes", "checks", "coverage", "appendix"}


def test_an_incomplete_audit_shows_no_zero():
    because = missing_reason("okta.app")
    unknown = verdict("push-flag-off", VerdictStatus.UNKNOWN, reasons=(because,))
    for seen in (report(verdicts=(unknown,)), report(audits=())):
        html = render(seen)
        values = re.findall(r'class="tile-value[^"]*">([^<]*)<', html)
        assert len(values) == 8
        assert not [each for each in values if "0" in each]
        assert "No open findings are known." in html
    assert re.findall(r'class="tile-value[^"]*">([^<]*)<', render(report()))[0] == "0"


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
