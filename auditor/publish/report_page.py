"""The report as one HTML file: readable without script, and without any request.

All text from Okta or Unleash is escaped, isolated from the direction of the text around it, and
stripped of control characters.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from auditor.engine.audit_history import StoredChange
from auditor.engine.changes.diff import whole
from auditor.engine.incidents.incident_action import action_in_words
from auditor.engine.views.target_report.report import Report
from auditor.engine.views.target_report.report_changes import change_in_words
from auditor.engine.views.target_report.report_findings import Condition, ReportedFinding
from auditor.publish import page_words
from auditor.publish.page_budget import FindingGroup, fill, group_findings
from auditor.publish.trend_chart import chart, rows
from auditor.resources import shipped
from auditor.rule.severity import Severity
from auditor.rule.texts.message_text import MAX_CUT_WORD_LENGTH
from auditor.rule.texts.reason_text import reason_text
from auditor.text import count, format_duration

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Control characters, with those that turn the direction of the text after a name."""


def render(report: Report, *, table: str | None = None, affected: str | None = None) -> str:
    """Return the page.

    ``table`` and ``affected``: files beside the page with all findings and all affected users.
    """
    environment = page_environment()
    groups = group_findings(report)
    resolved = [each for each in report.findings if each.condition is Condition.RESOLVED]
    variables = {
        "report": report,
        "overdue_causes": sum(cause.overdue_count for cause in report.causes),
        "anchors": _anchors(groups, resolved),
        "table_file": table,
        "affected_file": affected,
        "groups": groups,
        "accepted": next((each for each in groups if each.key == "accepted"), None),
        "resolved": resolved,
        "changes": changes_by_time(report.changes),
        "chart": chart(report.trend),
        "weeks": tuple(rows(report.trend)),
        "check_bar": page_words.verdict_bar(report),
        "comparison": page_words.comparison(report),
        "last_week": page_words.last_week,
        "period": period_of(report),
        "page_footer": page_footer(
            f"{report.target.name} · Okta → Unleash provisioning audit · "
            f"{report.week or period_of(report)}"
        ),
        "titles": {rule.id: rule.problem for rule in report.rules},
        "advice": {rule.id: rule.remediation for rule in report.rules},
        "until": report.until,
        "fix_effects": {f"c-{each.cause}": each.fixes for each in report.fix_effects},
    }
    macros = vars(environment.get_template("report/finding.html.j2").make_module(variables))
    variables["macros"] = macros
    template = environment.get_template("report.html.j2")
    # Rendered without findings first: the rest of the allowed size is for them.
    frame = len(template.render(variables).encode())
    fill(groups, frame, details=macros["details"], row=macros["row"])
    return template.render(variables)


def _anchors(groups: Sequence[FindingGroup], resolved: Iterable[ReportedFinding]) -> dict[str, str]:
    """Return the anchor of each finding by id.

    Messages link to a cause. A finding that is its own cause, in a group of such findings, has the
    anchor of the cause; so has a resolved finding that led a cause which is no longer open.
    """
    anchors: dict[str, str] = {}
    for group in groups:
        lone = group.is_of_lone_causes  # once: it reads all findings of the group
        for each in group.findings:
            anchors[each.id] = f"c-{each.cause}" if lone else f"f-{each.id}"
    used = {*anchors.values(), *(group.key for group in groups)}
    for each in resolved:
        of_cause = f"c-{each.id}"
        leads = each.id == each.cause and of_cause not in used
        anchors[each.id] = of_cause if leads else f"f-{each.id}"
    return anchors


def render_index(target: str, issues: Iterable[object]) -> str:
    """Return the page that lists the reports of a target, the latest first."""
    template = page_environment().get_template("index.html.j2")
    footer = page_footer(f"{target} · Okta → Unleash provisioning audit")
    return template.render(target=target, issues=issues, page_footer=footer)


def period_of(report: Report) -> str:
    """Return the period in words: ``Week 48, 23 Nov to 29 Nov 2026``."""
    if report.week:
        year, _, week = report.week.partition("-W")
        first, last = (date.fromisocalendar(int(year), int(week), day) for day in (1, 7))
        return f"Week {int(week)}, {first:%-d %b} to {last:%-d %b %Y}"
    return f"{report.since:%-d %b} to {report.until:%-d %b %Y, %H:%M} UTC"


def changes_by_time(changes: Iterable[StoredChange]) -> list[StoredChange]:
    """Return changes, the latest first; what was added or removed as a whole is one change."""
    return sorted(whole(changes), key=_made_at, reverse=True)


def _made_at(change: StoredChange) -> datetime:
    return change.made_at or change.until


def page_footer(text: str) -> Markup:
    """Return the style of the printed footer; CSS escapes keep any text inside its string."""
    escaped = "".join(
        each if each.isascii() and each.isalnum() else f"\\{ord(each):x} "
        for each in _CONTROL.sub("", text)[:120]
    )
    box = f'content: "{escaped}"; font: 8pt sans-serif; color: #525b66;'
    return Markup(f"@page {{ @bottom-left {{ {box} }} }}")  # noqa: S704  (every character is escaped)


@cache
def page_environment() -> Environment:
    """Return the template environment; a missing value is an error."""
    environment = Environment(
        loader=FileSystemLoader(shipped("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    style, fleet_style, script = (
        shipped("templates").joinpath("report", name).read_text("utf-8").strip()
        for name in ("style.css", "fleet.css", "script.js")
    )
    script_hash = _hash_of(script)

    def policy(*styles: str) -> str:
        hashes = " ".join(_hash_of(str(each)) for each in (style, *styles))
        return (
            # Only styles and scripts with these hashes have an effect, and not those in outside
            # text.
            f"default-src 'none'; style-src {hashes}; script-src {script_hash}; "
            "base-uri 'none'; form-action 'none'"
        )

    environment.globals |= {
        "style": Markup(style),  # noqa: S704  (our own file)
        "fleet_style": Markup(fleet_style),  # noqa: S704  (our own file)
        "script": Markup(script),  # noqa: S704  (our own file)
        "policy": policy,
        "plain_time": _plain_time,
        "Condition": Condition,
        "Severity": Severity,
        "verdicts": page_words.VERDICTS,
        "access_words": page_words.ADMIN_ACCESS,
        "reason_text": reason_text,
        "status_words": page_words.STATUS_WORDS,
        "status_signs": page_words.STATUS_SIGNS,
        "condition_words": page_words.CONDITION_WORDS,
        "resolution_words": page_words.RESOLUTION_WORDS,
        "novelty_words": page_words.NOVELTY_WORDS,
        "guide_url": page_words.GUIDE_URL,
        "guide_steps": page_words.GUIDE_STEPS,
    }
    environment.filters |= {
        "when": _when,
        "day": _day,
        "short_day": _short_day,
        "days": lambda number: count(number, "day"),
        "count": count,
        "clip": _clip,
        "breakable": _breakable,
        "capitalized": _capitalized,
        "how_long": format_duration,
        "delay": _delay,
        "in_words": partial(change_in_words, names_people=True),
        "observed": _observed,
        "action_in_words": action_in_words,
        "known": page_words.known,
        "without_stop": lambda text: text.removesuffix("."),
    }
    environment.tests["web_address"] = _is_web_address
    return environment


def _hash_of(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _printable(value: Any) -> Any:  # noqa: ANN401  (any value of a template)
    """Replace characters that a page must not contain; markup stays markup."""
    if isinstance(value, Markup):
        return Markup(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", value))  # noqa: S704  (as it was)
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(value))


def _delay(span: timedelta | None) -> str:
    """Return a delay in words; a dash is an unknown one."""
    if span is None:
        return "—"
    return "less than a minute" if span < timedelta(minutes=1) else format_duration(span)


def _observed(finding: ReportedFinding, field: str) -> str:
    """Return the observed value of an evidence field; ``—`` if the finding has none."""
    return next((each.observed for each in finding.evidence if each.title == field), "—")


def _plain_time(at: datetime) -> str:
    return f"{at:%-d %b %Y, %H:%M} UTC"


def _when(at: datetime) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), _plain_time(at)
    )


def _day(at: date) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%d}", f"{at:%-d %b %Y}")


def _short_day(at: datetime) -> str:
    """Return the day alone: short, and sortable as text."""
    return f"{at:%Y-%m-%d}"


def _clip(text: str, length: int) -> str:
    """Cut a text at the end of a word, if one ends near the limit."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    if text[length - 1].isspace():
        return f"{cut}…"
    words, _, rest = cut.rpartition(" ")
    return f"{words if words and len(rest) <= MAX_CUT_WORD_LENGTH else cut}…"


def _breakable(text: str) -> Markup:
    """Let an address break after ``@`` and before a dot, instead of inside a word."""
    pieces = re.split(r"(?<=@)|(?=\.)", _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))
    return Markup("<wbr>").join(pieces)


def _capitalized(text: str) -> str:
    """Return a text whose first letter is a capital; the rest stays as it is."""
    return f"{text[:1].upper()}{text[1:]}"


def _is_web_address(link: str | None) -> bool:
    # A link with another scheme, such as javascript:, would run when it is clicked.
    return bool(link) and str(link).startswith(("https://", "http://"))
