"""The report in a real browser: requests, first screen, sorting, print, accessibility."""

import pytest

from auditor.domain.collections import MissingData, MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import State
from auditor.engine.views.target_report.report_headline import TargetStatus
from auditor.publish.archive import ArchivedReport
from auditor.publish.report_page import render, render_index
from auditor.rule.results import Evidence, ManualCheck
from auditor.rule.severity import Severity
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    EMAIL_REMEDY,
    HOSTILE,
    SINCE,
    UNTIL,
    ago,
    bound,
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
from tests.support.peers.browser import accessibility_violations, no_outside_request

WORST = email_not_login(person(1, "mapped a@acme.example"), person(2), opened_at=ago(2))
FLAG = finding(opened_at=ago(9))
EXTRA = finding("extra-attribute", "oty1", "nickName", severity=Severity.LOW, opened_at=ago(1))


def full():
    """Return a week with data in every section."""
    return report(
        WORST,
        FLAG,
        EXTRA,
        finding(subject="later", state=State.PENDING),
        finding(subject="gone", state=State.RESOLVED, resolved_at=ago(1)),
        rules=tuple(
            bound(each)
            for each in ("email-not-login", "extra-attribute", "not-steady", "push-flag-off", "ok")
        ),
        verdicts=(
            *(verdict(each, VerdictStatus.FAIL) for each in ("email-not-login", "push-flag-off")),
            verdict("not-steady", VerdictStatus.UNKNOWN, reasons=(missing_reason("okta.log"),)),
            verdict(
                "extra-attribute",
                VerdictStatus.NEEDS_ATTESTATION,
                reasons=(ManualCheck(todo="Check the console."),),
            ),
        ),
        changes=(change(),),
        weeks=tuple(
            stored_audit(ago(7 * week), counts=counts(high=week, low=2)) for week in (5, 3, 1)
        ),
        missing={
            "okta.log": MissingData(
                why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/logs", status=403
            )
        },
    )


@pytest.fixture
def show(tmp_path):
    def write(seen=None):
        path = tmp_path / "report.html"
        path.write_text(render(seen or full()))
        return path.as_uri()

    return write


@pytest.fixture
def browser_messages(page):
    """Return the browser's messages: script errors and violations of the policy."""
    messages = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    return messages


SIZES = {"nothing": report, "something": full, "five hundred": lambda: many(500)}


@pytest.mark.parametrize("seen", SIZES.values(), ids=SIZES)
def test_it_requests_nothing_and_violates_no_policy(page, show, browser_messages, seen):
    home = show(seen())
    with no_outside_request(page, home):
        page.goto(home)
    assert browser_messages == []
    assert page.locator("h1").evaluate("each => getComputedStyle(each).fontWeight") == "700"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("seen", [full, report], ids=["something", "nothing"])
def test_axe_finds_no_violation(page, show, seen, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(show(seen()))
    assert accessibility_violations(page) == []


def test_axe_finds_no_violation_in_the_index(page, tmp_path):
    issue = ArchivedReport(
        name="2026-W48.html",
        since=SINCE,
        until=UNTIL,
        status=TargetStatus.FAIL,
        verdict="3 open causes.",
        sha256="0" * 64,
        weekly=True,
    )
    path = tmp_path / "index.html"
    path.write_text(render_index("production", [issue]))
    page.goto(path.as_uri())
    assert accessibility_violations(page) == []
    assert page.get_by_role("link", name="2026-W48").get_attribute("href") == "2026-W48.html"


@pytest.mark.parametrize("media", ["screen", "print"])
def test_a_long_column_title_stays_in_its_column(page, show, media):
    setting = Evidence(
        collection="okta.app",
        field="app.features[PUSH_USER_DEACTIVATION]",
        observed="off",
        expected="on",
    )
    page.set_viewport_size({"width": 800, "height": 900})
    page.emulate_media(media=media)
    rows = (finding(subject=str(number), evidence=(setting,)) for number in range(5))
    page.goto(show(report(*rows)))
    assert page.locator(".people thead th", has_text="app.features").count() == 1
    cut = """all => all.filter(each => each.scrollWidth > each.clientWidth)
                       .map(each => each.textContent)"""
    assert page.locator(".people thead th").evaluate_all(cut) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_long_outside_text_needs_no_horizontal_scrolling(page, show, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(
        show(
            report(
                *(
                    email_not_login(person(1, name), subject=str(number), message=name)
                    for number, name in enumerate(HOSTILE)
                    if name.isprintable()
                ),
                changes=(change("x" * 300, before="y" * 300, after="z" * 300),),
            )
        )
    )
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_it_is_readable_without_script(page_without_script, show):
    page = page_without_script
    page.goto(show())
    heading = page.get_by_role("heading", level=1).inner_text()
    assert heading == "✗ Fail: 3 open causes affect 2 users"
    assert page.get_by_text("Map Email to user.login and save.").is_visible()
    assert page.get_by_text("Grace Lindqvist").first.is_visible()
    assert not page.locator("#theme").is_visible()
    assert not page.locator("#expand").is_visible()


def test_the_first_screen_has_status_completeness_checks_severities_causes_and_trend(page, show):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(show())
    for selector in ("h1", ".tiles", ".checks-bar", ".notice", ".trend svg", ".causes tbody tr"):
        box = page.locator(selector).first.bounding_box()
        assert box["y"] + box["height"] < 800, selector
    assert "Incomplete: 1 rule not evaluated" in page.locator(".notice").inner_text()


def test_a_link_to_a_finding_opens_the_list_that_contains_it(page, page_without_script, show):
    seen = many(140)
    home = show(seen)
    (cause,) = [each for each in seen.causes if each.rule == "user-not-removed"]
    last = cause.findings[-1]
    (of_last,) = [each.cause for each in seen.findings if each.id == last]
    row = f"#c-{of_last}" if of_last else f"#f-{last}"
    for each in (page, page_without_script):
        each.goto(home)
        assert not each.locator(row).is_visible()
        each.goto(home + row)
        assert each.locator(row).is_visible()


def test_expand_all_works_on_its_first_click(page, show):
    page.goto(show(many(200)))
    details = page.locator("main details")
    assert details.count() > 3
    all_open = "all => all.every(each => each.open)"
    assert not details.evaluate_all(all_open)
    page.get_by_role("button", name="Expand all").click()
    assert details.evaluate_all(all_open)
    page.get_by_role("button", name="Collapse all").click()
    assert details.evaluate_all("all => all.every(each => !each.open)")


def test_a_table_is_sorted_by_any_column_over_all_its_rows(page, show):
    page.goto(show(many(200)))
    lists = page.locator(".sortable").first
    rows = "all => all.map(each => each.cells[2].textContent)"
    total = lists.locator("tbody tr").count()
    assert total > 20
    lists.get_by_role("button", name="Since").click()
    shown = lists.locator("table").first.locator("tbody tr")
    assert shown.count() == total
    days = shown.evaluate_all(rows)
    assert days == sorted(days)
    lists.get_by_role("button", name="Since").click()
    assert shown.evaluate_all(rows) == sorted(days, reverse=True)
    assert accessibility_violations(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1600])
def test_no_width_needs_horizontal_scrolling(page, show, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(show(many(60)))
    page.get_by_role("button", name="Expand all").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_call_is_copied_as_it_stands(browser, show):
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(show())
        page.get_by_text("API call").first.click()
        page.get_by_role("button", name="Copy").first.click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == EMAIL_REMEDY.api


def test_the_theme_can_be_switched(page, show):
    page.emulate_media(color_scheme="light")
    page.goto(show())
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(paper) != light
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(paper) == light


@pytest.mark.parametrize("with_script", [True, False])
def test_print_shows_every_row_and_cuts_nothing(
    page, page_without_script, show, tmp_path, with_script
):
    each = page if with_script else page_without_script
    each.goto(show(many(140)))
    each.emulate_media(media="print")
    each.set_viewport_size({"width": 700, "height": 1000})
    assert each.evaluate("document.documentElement.scrollWidth") == 700
    assert not each.locator("nav").is_visible()
    assert each.locator(".print-only").is_visible()
    assert each.locator(".people tbody tr:visible").count() == 139
    each.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
