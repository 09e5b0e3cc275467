"""The overview of all targets as one HTML file, and where it is written."""

from collections.abc import Collection

from auditor.engine.views.fleet import Fleet, FleetTarget
from auditor.engine.views.target_report.report_headline import TargetStatus
from auditor.publish.archive import INDEX_FILE
from auditor.publish.destinations import open_destination
from auditor.publish.page_words import STATUS_WORDS, VERDICTS
from auditor.publish.report_page import page_environment, page_footer
from auditor.text import count

_STATUSES = (
    (TargetStatus.FAIL, "fail"),
    (TargetStatus.INCOMPLETE, "unknown"),
    (TargetStatus.NOT_AUDITED, "manual"),
    (TargetStatus.PASS, "pass"),
)


def render_fleet(fleet: Fleet, *, linked: Collection[str]) -> str:
    """Return the page. ``linked``: targets whose reports exist; the others have no link."""
    template = page_environment().get_template("fleet.html.j2")
    return template.render(
        fleet=fleet,
        linked=frozenset(linked),
        headline=fleet_headline(fleet),
        bar=_bar(fleet),
        listed=[each for each in fleet.targets if each.status is not TargetStatus.PASS],
        passing=[each for each in fleet.targets if each.status is TargetStatus.PASS],
        since_last_week=_since_last_week,
        cells={status: (label.sign, label.css) for status, label in VERDICTS.items()},
        page_footer=page_footer("Okta → Unleash provisioning audit · all targets"),
    )


def write_fleet(fleet: Fleet, place: str) -> str:
    """Write the page beside the folders of the targets; return its address."""
    linked = [
        each.name for each in fleet.targets if open_destination(place, each.name).exists(INDEX_FILE)
    ]
    folder = open_destination(place, "")
    return folder.write(INDEX_FILE, render_fleet(fleet, linked=linked).encode())


def fleet_headline(fleet: Fleet) -> tuple[TargetStatus, str]:
    """Return the status of the fleet and one sentence."""
    total = count(len(fleet.targets), "target")
    for status, words in (
        (TargetStatus.FAIL, ("has open causes", "have open causes")),
        (TargetStatus.INCOMPLETE, ("is incomplete", "are incomplete")),
        (TargetStatus.NOT_AUDITED, ("was not audited", "were not audited")),
    ):
        if number := fleet.count(status):
            return status, f"{number} of {total} {words[number > 1]}"
    return TargetStatus.PASS, f"{len(fleet.targets)} of {total} pass"


def _bar(fleet: Fleet) -> list[tuple[str, int, int, str]]:
    """Return label, number, position and style of each part of the bar."""
    parts, left = [], 0
    for status, css in _STATUSES:
        if number := fleet.count(status):
            parts.append((STATUS_WORDS[status].lower(), number, left, css))
            left += number
    return parts


def _since_last_week(target: FleetTarget) -> str:
    if target.status is TargetStatus.NOT_AUDITED:
        return "not audited"
    if target.open_last_week is None:
        return "no audit a week ago"
    difference = target.open - target.open_last_week
    # Missing data can hide findings, now or then: a number that did not rise now, or did not fall
    # since then, proves nothing.
    if not target.is_complete and difference <= 0:
        return "unknown"
    if not target.is_last_week_complete and difference >= 0:
        return "unknown"
    if not difference:
        return "unchanged"
    return f"{abs(difference):,} {'more' if difference > 0 else 'fewer'} open"
