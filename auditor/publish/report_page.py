"""The report as one HTML file that needs nothing else: no script, no network, no trust.

Whatever came from Okta or Unleash is text: escaped, isolated from the direction of the text around
it, and rid of control characters.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from auditor.engine.audit_history import StoredChange
from auditor.engine.changes.diff import whole
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import Resolution
from auditor.engine.views.report import Report
from auditor.engine.views.report_findings import Condition
from auditor.engine.views.report_headline import Tone
from auditor.publish.page_budget import fill, grouped_by_rule
from auditor.publish.trend_chart import chart_columns, rows
from auditor.resources import shipped
from auditor.rule.severity import Severity
from auditor.text import count, format_duration

UNFOLDED = 6
"""With so many open findings, at most, all are shown unfolded."""

LISTED_PEOPLE = 60
"""So many of the people hurt are listed by name."""

ENDINGS = {
    Resolution.CONFIGURATION_CHANGED: "Not counted any more",
    Resolution.GROUPED: "Listed under its cause",
    Resolution.RULE_REMOVED: "Not looked at any more",
    Resolution.ATTESTED: "Vouched for",
}
"""How to begin telling of what is resolved, where it may still be so."""

_ACRONYMS = {"scim": "SCIM", "sso": "SSO", "url": "URL"}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def render(report: Report, *, table: str | None = None) -> str:
    """Return the whole page; the tail of very many findings is counted, not listed.

    ``table``: the name of a file beside the page that lists them all.
    """
    environment = _environment()
    groups = grouped_by_rule(report)

    def page() -> str:
        return environment.get_template("report.html.j2").render(
            report=report,
            table=table,
            groups=groups,
            counted={each.id: group.rule for group in groups for each in group.left_out},
            chart=chart_columns(report.trend),
            weeks=tuple(rows(report.trend)),
            hands=manual_checks(report.changes),
            listed_people=report.people[:LISTED_PEOPLE],
        )

    advice = {rule.id: rule.remediation for rule in report.rules}
    finding = environment.get_template("report/finding.html.j2")
    macros = vars(finding.make_module({"advice": advice, "unfolded": len(report.open) <= UNFOLDED}))
    fill(groups, len(page().encode()), card=macros["card"], row=macros["row"])
    return page()


def render_index(target: str, issues: Iterable[object]) -> str:
    """Return the page that leads to the reports of ``target``, the latest first."""
    return _environment().get_template("index.html.j2").render(target=target, issues=issues)


def manual_checks(changes: Iterable[StoredChange]) -> list[list[StoredChange]]:
    """Put together what was changed in one go, as far as the logs tell, the latest first."""
    hands: dict[object, list[StoredChange]] = {}
    for change in whole(changes):
        hands.setdefault((change.actors or change.until, change.confidence), []).append(change)
    return sorted(hands.values(), key=lambda theirs: _made_at(theirs[0]), reverse=True)


def _made_at(change: StoredChange) -> datetime:
    return max((suspect.at for suspect in change.actors), default=change.until)


@cache
def _environment() -> Environment:
    """Build what renders; a missing value is an error, never a hole in the page."""
    environment = Environment(
        loader=FileSystemLoader(shipped("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    style, script = (
        shipped("templates").joinpath("report", name).read_text("utf-8").strip()
        for name in ("style.css", "script.js")
    )
    environment.globals |= {
        "style": Markup(style),  # noqa: S704  (our own file)
        "script": Markup(script),  # noqa: S704  (our own file)
        "policy": (
            f"default-src 'none'; style-src {_hash_of(style)}; script-src {_hash_of(script)}; "
            "base-uri 'none'; form-action 'none'"
        ),
        "Condition": Condition,
        "Severity": Severity,
        "Status": VerdictStatus,
        "Tone": Tone,
        "endings": ENDINGS,
    }
    environment.filters |= {
        "when": _when,
        "day": _day,
        "people": _people,
        "count": count,
        "clip": _clip,
        "words": _words,
        "how_long": format_duration,
    }
    environment.tests["web_address"] = _is_web_address
    return environment


def _hash_of(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _harmless(value: Any) -> Any:  # noqa: ANN401  (whatever a template prints)
    """Replace characters that do not belong into a page; markup stays markup.

    A record is looked at, too, in the words that it has for itself.
    """
    if isinstance(value, Markup):
        return Markup(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", value))  # noqa: S704  (as it was)
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(value))


def _when(at: datetime) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), f"{at:%-d %b %Y, %H:%M} UTC"
    )


def _day(at: date) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%d}", f"{at:%-d %b %Y}")


def _people(number: int) -> str:
    return count(number, "person", "people")


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _words(identifier: str) -> str:
    """Read a rule's id as words: ``email-not-login`` is *Email not login*."""
    words = identifier.split("-")
    return " ".join([_ACRONYMS.get(words[0], words[0].capitalize()), *map(_cased, words[1:])])


def _cased(word: str) -> str:
    return _ACRONYMS.get(word, word)


def _is_web_address(link: str | None) -> bool:
    return bool(link) and str(link).startswith(("https://", "http://"))
