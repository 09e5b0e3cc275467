"""TODO."""

import base64
import hashlib
import re
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.domain.collections import MissingData, MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import Resolution, State
from auditor.publish.report_page import render
from auditor.rule.results import Affected, Evidence, Remediation
from auditor.rule.severity import Severity
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    HOSTILE,
    REPORT_RULES,
    ago,
    change,
    counts,
    email_not_login,
    finding,
    many,
    person,
    report,
    run,
    verdict,
)
from tests.support.html_page import Page


@pytest.mark.parametrize(("count", "limit"), [(500, 300_000), (10_000, 1_000_000)])
def test_a_page_stays_small_however_much_is_wrong(count, limit):
    html = render(many(count, "é" * 900))
    assert len(html.encode()) <= limit
    assert f"{count:,} things are wrong." in Page(html).text


def test_of_five_hundred_findings_each_is_told():
    page = Page(render(many(500)))
    told = {attributes.get("id", "") for _, attributes in page.elements}
    assert {f"f-{each.id}" for each in many(500).findings} <= told


def test_of_ten_thousand_findings_the_tail_is_counted_and_no_rule_is_forgotten():
    html = render(many(10_000))
    left_out = re.findall(r"and ([\d,]+) more, which", html)
    shown = len(set(re.findall(r' id="f-([0-9a-f]{16})"', html)))
    assert sum(int(each.replace(",", "")) for each in left_out) + shown == 10_000
    assert set(re.findall(r'data-rule="([^"]+)"', html)) == {"email-not-login", *REPORT_RULES}


def test_a_finding_answers_the_five_questions():
    told = Page(
        render(report(email_not_login(person(1), opened_at=ago(2)), changes=(change(),)))
    ).text
    for answer in (
        "Okta sends user.email as the email",
        "Since when 21 Nov 2026, 08:40 UTC",
        "Who changed it Grace Lindqvist",
        "Whom it hurts 1 person: Person 1",
        "Seen Wanted okta.mappings mapping[oty1].email.expression user.email user.login",
        "How it is put back Map Email to user.login and save.",
        "POST /api/v1/mappings/prm1",
    ):
        assert answer in told


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_people_are_called_stays_text(name):
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
    assert len(page.all("script")) == len(page.all("style")) == 1
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
        text = html.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_nothing_is_fetched():
    page = Page(render(report(email_not_login(person(1)), changes=(change(),))))
    loading = [
        (tag, key)
        for tag, attributes in page.elements
        for key in attributes
        if key in {"src", "srcset", "data", "poster", "action", "style"}
        or (key == "href" and tag != "a")
    ]
    assert loading == []


def test_every_link_within_the_page_leads_somewhere():
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
        report(runs=()),
        report(rules=()),
        report(runs=(run(ago(1)), run()), weeks=(run(ago(9)),)),
        report(finding(message="", state=State.RESOLVED)),
        report(finding("its-rule-is-gone")),
    ],
    ids=["clean", "no run", "no rule", "weeks", "names dropped", "rule gone"],
)
def test_a_page_comes_of_little(seen):
    assert seen.headline.verdict in Page(render(seen)).text


MENDED: dict[str, Any] = {"state": State.RESOLVED, "opened_at": ago(4), "resolved_at": ago(1)}


@pytest.mark.parametrize(
    ("resolution", "begins"),
    [
        (Resolution.FIXED, "No longer: Deactivation is off. Fixed 22 Nov 2026"),
        (
            Resolution.CONFIGURATION_CHANGED,
            "Not counted any more: Deactivation is off. Configuration",
        ),
        (
            Resolution.RULE_REMOVED,
            "Not looked at any more: Deactivation is off. Rule removed",
        ),
        (Resolution.ATTESTED, "Vouched for: Deactivation is off. Attested"),
    ],
)
def test_what_is_resolved_is_not_told_as_if_it_stood(resolution, begins):
    seen = report(finding(message="Deactivation is off.", resolution=resolution, **MENDED))
    assert begins in Page(render(seen)).text


def test_the_time_to_resolve_is_told():
    several = (finding(subject=str(each), **MENDED) for each in range(2))
    text = Page(render(report(*several))).text
    assert "2 findings, half of them within 3 days" in text
    assert "Resolved 22 Nov 2026, 09:00 UTC , after 3 days" in text


def test_the_appendix_names_the_answers_that_the_evidence_rests_on():
    refused = MissingData(why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/logs", status=403)
    asked = run(request_ids={"okta.app": "reqSeen", "okta.log": "reqRefused"})
    text = Page(render(report(runs=(asked,), missing={"okta.log": refused}))).text
    for told in (
        "SHA-256 c0ffee",
        "0123456789ab push-flag-off",
        "Taken at 23 Nov 2026, 09:00 UTC",
        "okta.app read reqSeen",
        "okta.log forbidden (403) at GET /api/v1/logs reqRefused",
        "forbidden (403) at GET /api/v1/logs request reqRefused In Okta's console give",
        "unleash.users read none told",
    ):
        assert told in text


def test_one_cause_that_hides_very_much_is_one_row():
    refused = MissingData(
        why=MissingReason.UNAUTHORIZED, endpoint="GET /api/v1/a", status=401, detail="E0000011"
    )
    hidden = {
        f"okta.{name}": replace(refused, endpoint=f"GET /api/v1/{name}")
        for name in ("app", "mappings", "log")
    }
    asleep = MissingData(why=MissingReason.TIMEOUT, endpoint="GET /api/admin/user-admin")
    blind = verdict("push-flag-off", VerdictStatus.UNKNOWN, reasons=(missing_reason("okta.app"),))
    seen = report(verdicts=(blind,), missing={"unleash.users": asleep, **hidden})
    text = Page(render(seen)).text
    assert (
        "okta.app , okta.log , okta.mappings blinds push-flag-off "
        "unauthorized (401) at 3 endpoints: E0000011 Issue a new credential"
    ) in text
    assert "unleash.users timeout at GET /api/admin/user-admin Too slow an answer" in text


def test_every_rule_names_its_controls_and_every_control_its_rules():
    text = Page(render(report())).text
    assert "Okta 4 ISO 27001 A.5.16, A.5.18 NIST 800-53 AC-2(1), AC-2(3), PS-4 SOC 2" in text
    assert "NIST 800-53 PS-4 Pass push-flag-off" in text


def test_the_words_of_verdicts_are_explained():
    text = Page(render(report(off=("user-not-removed",)))).text
    for term in ("reported The API says so.", "observed Its effect", "Guide: effect No step"):
        assert term in text
    assert "Switched off user-not-removed : nobody looked at what it watches over." in text


def test_weeks_on_end_in_which_nobody_looked_are_one_row():
    text = Page(render(report(weeks=(run(ago(21), counts=counts(high=3)),)))).text
    assert "9 Nov to 16 Nov 2026 nobody looked 2 Nov 2026 0 3 0 0 0" in text
    assert "7 Sep to 26 Oct 2026 nobody looked" in text


def test_the_latest_change_comes_first_whenever_it_was_seen():
    def made(path, days):
        by = replace(change().actors[0], at=ago(days), event_id=path)
        return change(path, actors=(by,), until=ago(1))

    text = Page(render(report(changes=(made("b.last", 2), made("a.first", 3))))).text
    assert text.index("b.last") < text.index("a.first")


def test_what_went_as_a_whole_is_one_line():
    parts = ("schema[title]", "schema[title].title", "schema[title].externalName")
    gone = (change(path, before="custom", after=None) for path in parts)
    [item] = re.findall(r"<li><code>schema.*", render(report(changes=tuple(gone))))
    assert "schema[title]</code>" in item


def test_nothing_of_a_kind_is_no_loud_number():
    page = Page(render(report(finding(opened_at=ago(1)))))
    quiet = [each.get("class") for each in page.all("a") if each.get("href") == "#overdue"]
    assert quiet == [None, "none"]  # in the navigation, and as a number


def test_severity_is_never_told_by_colour_alone():
    page = Page(render(report(*(finding(subject=each, severity=each) for each in Severity))))
    for severity in Severity:
        assert severity.capitalize() in page.text
