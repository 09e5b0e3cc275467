"""What doctor found, for a person at a terminal."""

from collections.abc import Sequence

from auditor.cli.page import Page
from auditor.domain.target import Target
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.text import count

_CONCLUSIONS = {
    HealthStatus.WORKS: "All that an audit needs is there.",
    HealthStatus.NOTE: "All that an audit needs is there; see the notes.",
    HealthStatus.ATTENTION: "Audits take place, but see, keep or tell less than they could.",
    HealthStatus.BROKEN: "Not everything can be audited.",
}
_MARKS = {
    HealthStatus.WORKS: ("✓", "green"),
    HealthStatus.NOTE: ("·", "cyan"),
    HealthStatus.ATTENTION: ("!", "bold yellow"),
    HealthStatus.BROKEN: ("✗", "bold red"),
}


def show(target: Target | None, checks: Sequence[HealthCheck]) -> None:
    """Write the checks of a target, or those that all targets share, area by area."""
    page = Page()
    if target:
        page.line((target.name, "bold"))
        page.whole(f"{target.org_url} {target.app_id} → {target.unleash_url}")
        page.gap()
    for area in dict.fromkeys(check.area for check in checks):
        page.line((area, "bold"))
        for check in checks:
            if check.area == area:
                _show_one(page, check)
        page.gap()


def conclude(checks: Sequence[HealthCheck]) -> None:
    """Say in one sentence how it stands."""
    worst = max((check.standing for check in checks), key=list(HealthStatus).index)
    mark, style = _MARKS[worst]
    blind = frozenset(rule for check in checks for rule in check.blinds)
    so = f" Blind for it: {count(len(blind), 'rule')}." if blind else ""
    Page().line(f"{_CONCLUSIONS[worst]}{so}", label=(f"{mark} ", style))


def _show_one(page: Page, check: HealthCheck) -> None:
    mark, style = _MARKS[check.standing]
    page.line((check.about, "bold"), ": ", check.says, label=(f"{mark} ", style))
    for detail in check.details:
        page.line(detail, indent=2)
    if check.needed_by:
        page.line(f"{count(len(check.needed_by), 'rule')} would be blind without it", indent=2)
    if check.blinds:
        page.line((", ".join(check.blinds), "bold"), indent=2, label="blinds  ")
    if check.remedy:
        page.line(check.remedy, indent=2, label="remedy  ")
