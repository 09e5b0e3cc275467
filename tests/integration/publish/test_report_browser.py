"""The report in a real browser: what it asks for, what it shows, and who can use it."""

import pytest

from auditor.domain.collections import MissingData, MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import State
from auditor.engine.views.report_headline import Tone
from auditor.publish.archive import ArchivedReport
from auditor.publish.report_page import render, render_index
from auditor.rule.results import ManualCheck
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
    run,
    verdict,
)
from tests.support.peers.browser import accessibility_violations, no_outside_request

WORST = email_not_login(person(1, "mapped a@acme.example"), person(2), opened_at=ago(2))
FLAG = finding(opened_at=ago(9))
EXTRA = finding("extra-attribute", "oty1", "nickName", severity=Severity.LOW, opened_at=ago(1))


def full():
    """Return a week with something in every section."""
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
                reasons=(ManualCheck(todo="Look into the console."),),
            ),
        ),
        changes=(change(),),
        weeks=tuple(run(ago(7 * week), counts=counts(high=week, low=2)) for week in (5, 3, 1)),
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
def complaints(page):
    """What the browser complains of: errors of the script, and what the policy forbids."""
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


SIZES = {"nothing": report, "something": full, "five hundred": lambda: many(500)}


@pytest.mark.parametrize("seen", SIZES.values(), ids=SIZES)
def test_it_asks_for_nothing_and_breaks_no_policy(page, show, complaints, seen):
    home = show(seen())
    with no_outside_request(page, home):
        page.goto(home)
    assert complaints == []
    assert page.locator("h1").evaluate("each => getComputedStyle(each).fontWeight") == "700"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("seen", [full, report], ids=["something", "nothing"])
def test_anybody_can_use_it(page, show, seen, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(show(seen()))
    assert accessibility_violations(page) == []


def test_anybody_can_use_the_index(page, tmp_path):
    issue = ArchivedReport(
        name="2026-W48.html", since=SINCE, until=UNTIL, tone=Tone.WRONG, verdict="It is wrong."
    )
    path = tmp_path / "index.html"
    path.write_text(render_index("production", [issue]))
    page.goto(path.as_uri())
    assert accessibility_violations(page) == []
    assert page.get_by_role("link", name="2026-W48").get_attribute("href") == "2026-W48.html"


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_sticks_out(page, show, width):
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
    assert page.get_by_role("heading", level=1).inner_text() == "3 things are wrong."
    assert page.get_by_text("Map Email to user.login and save.").is_visible()
    assert page.get_by_text("Grace Lindqvist").first.is_visible()
    assert not page.locator("#filters").is_visible()
    assert not page.locator("#theme").is_visible()


def test_a_link_to_a_finding_unfolds_it(page, page_without_script, show):
    seen = many(40)
    home = show(seen)
    body = f"#f-{seen.findings[7].id}"
    for each in (page, page_without_script):
        each.goto(home)
        assert not each.locator(body).is_visible()
        each.goto(home + body)
        assert each.locator(body).is_visible()


@pytest.mark.parametrize(
    ("control", "value", "left"),
    [
        ("q", "person 2", [WORST]),
        ("q", "EXTRA-attr", [EXTRA]),
        ("severity", "low", [EXTRA]),
        ("state", "still open", [FLAG]),
        ("rule", "email-not-login", [WORST]),
        ("q", "nobody of that name", []),
    ],
)
def test_filters_leave_what_fits(page, show, control, value, left):
    page.goto(show())
    if control == "q":
        page.locator("#q").fill(value)
    else:
        page.locator(f"#{control}").select_option(label=value)
    shown = page.locator("details.f:visible .body").evaluate_all("all => all.map(each => each.id)")
    assert shown == [f"f-{each.id}" for each in left]
    assert page.locator("#shown").inner_text() == f"{len(left)} of 4 shown"


def test_newest_first(page, show):
    page.goto(show())
    rules = page.locator(".rule")
    order = "all => all.map(each => each.dataset.rule)"
    assert rules.evaluate_all(order) == ["email-not-login", "push-flag-off", "extra-attribute"]
    page.locator("#sort").select_option(label="Newest first")
    assert rules.evaluate_all(order) == ["extra-attribute", "email-not-login", "push-flag-off"]
    page.locator("#sort").select_option(label="Worst first")
    assert rules.evaluate_all(order) == ["email-not-login", "push-flag-off", "extra-attribute"]


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


def test_a_keyboard_reaches_and_unfolds_every_finding(page, show):
    page.goto(show())
    summary = page.locator("details.f > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert not page.locator("details.f").first.evaluate("each => each.open")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize("with_script", [True, False])
def test_on_paper_all_is_unfolded_and_nothing_cut_off(
    page, page_without_script, show, tmp_path, with_script
):
    each = page if with_script else page_without_script
    each.goto(show(many(30)))
    each.emulate_media(media="print")
    each.set_viewport_size({"width": 700, "height": 1000})
    assert each.evaluate("document.documentElement.scrollWidth") == 700
    assert not each.locator("nav").is_visible()
    assert each.locator("details.f .body:visible").count() == 30
    each.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
