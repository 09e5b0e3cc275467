"""The page of a week with many findings: its size, and the time to render and open it."""
# ruff: noqa: T201  (it reports to the terminal)

import shutil
import sys
import time
from pathlib import Path
from statistics import median

from auditor.publish.report_page import render
from tests.support.builders.reports import many
from tests.support.peers.browser import running_browser

REPETITIONS = 5


def main(findings: int, page: Path) -> None:
    """Write the page; print its bytes, CPU seconds of rendering, and seconds until it is usable.

    Without a browser the last is missing.
    """
    report = many(findings)
    render(report)  # imports and compiled templates are not part of the measurement
    rendering = []
    for _ in range(REPETITIONS):
        began = time.process_time()
        html = render(report)
        rendering.append(time.process_time() - began)
    page.write_text(html)
    print(len(html.encode()), median(rendering), *([_opening(page)] if _has_browser() else []))


def _has_browser() -> bool:
    return shutil.which("chromium") is not None


def _opening(page: Path) -> float:
    """Return the median time until the page is drawn and its filter has answered, in seconds."""
    costs = []
    with running_browser() as browser:
        for _ in range(REPETITIONS):
            tab = browser.new_page()
            began = time.monotonic()
            tab.goto(page.as_uri())
            tab.get_by_role("searchbox").fill("00u")
            tab.evaluate("() => new Promise(requestAnimationFrame)")
            costs.append(time.monotonic() - began)
            tab.close()
    return median(costs)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
