import pytest

from tests.support.peers.browser import accessibility_violations, no_outside_request

GOOD = '<!doctype html><html lang="en"><title>Report</title><main><h1>Report</h1>%s</main></html>'
DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="


@pytest.fixture
def report(tmp_path):
    def write(body):
        path = tmp_path / "report.html"
        path.write_text(GOOD % body)
        return path.as_uri()

    return write


def test_a_page_that_holds_all_it_needs_passes(page, report):
    home = report(f'<img alt="a dot" src="{DOT}">')
    with no_outside_request(page, home):
        page.goto(home)
    assert page.title() == "Report"
    assert accessibility_violations(page) == []


@pytest.mark.parametrize("source", ["http://127.0.0.1:9/dot.gif", "other.gif"])
def test_a_page_that_asks_for_more_fails(page, report, source):
    home = report(f'<img alt="a dot" src="{source}">')
    with pytest.raises(AssertionError, match="asked for"), no_outside_request(page, home):
        page.goto(home)


def test_axe_names_the_element_and_the_remedy(page, report):
    page.goto(report(f'<img src="{DOT}">'))
    [violation] = accessibility_violations(page)
    assert violation.startswith("image-alt at img: ")


def test_script_runs_only_where_it_may(page, page_without_script, report):
    home = report("<p id=p>before</p><script>p.textContent = 'after'</script>")
    for each, text in ((page, "after"), (page_without_script, "before")):
        each.goto(home)
        assert each.locator("p").inner_text() == text
