"""The page of a report: its size, its safety and its sections."""

import base64
import hashlib
import re
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.domain.collections import MissingData, MissingReason
from auditor.engine.evaluation.evaluate import fingerprint
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import Resolution, State
from auditor.publish.page_words import GUIDE_URL
from auditor.publish.report_page import render
from auditor.rule.results import Affected, Evidence, Remediation
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    HOSTILE,
    REPORT_RULES,
    RESOLVED,
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
