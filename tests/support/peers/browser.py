"""Chromium through Playwright, and a check that a page requests nothing from outside."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:  # importing Playwright costs 0.4 s, and conftest imports this file
    from playwright.sync_api import Browser, Page


@contextmanager
def running_browser() -> "Iterator[Browser]":
    """Run the system's Chromium without a window; skips when it is absent."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no browser: Chromium (`chromium`) is not on the PATH")
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium) as browser,
    ):
        yield browser


@contextmanager
def no_outside_request(page: "Page", home: str) -> Iterator[None]:
    """Fail when the page requests, in this block, anything outside `home`'s origin.

    A `file:` URL has no origin: such a page may request nothing but itself.
    """
    asked: list[str] = []

    def remember(request_or_socket):
        asked.append(request_or_socket.url)

    page.on("request", remember)
    page.on("websocket", remember)
    yield
    page.remove_listener("request", remember)
    page.remove_listener("websocket", remember)
    outside = [url for url in asked if not _belongs_to(home, url)]
    assert outside == [], f"{home} asked for {outside}"


def _belongs_to(home: str, url: str) -> bool:
    ours, asked = urlsplit(home), urlsplit(url)
    if asked.scheme in {"data", "blob"}:
        return True
    if ours.scheme == "file":
        return asked.scheme == "file" and asked.path == ours.path
    return (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc)


def accessibility_violations(page: "Page") -> list[str]:
    """Return what axe finds wrong with the page, one line each: rule, element, what to do."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{violation['id']} at {' '.join(map(str, node['target']))}: {violation['help']}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    ]
