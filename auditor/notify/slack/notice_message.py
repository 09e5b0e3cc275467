"""Slack messages that are no incident: changes without findings, notices, weekly digest. Pure."""

from auditor.engine.changes.diff import Change
from auditor.engine.incidents.notification import ChangesNotice, Digest, Notice
from auditor.engine.views.target_report.report_changes import change_in_words
from auditor.notify.slack.blocks import (
    Message,
    bullets,
    context,
    fallback,
    header,
    links,
    rich,
    run,
    section,
)
from auditor.text import count

_SHOWN = 10
_SHOWN_OVERDUE = 5


def changes_message(about: ChangesNotice, target: str) -> Message:
    """Return configuration changes from which no finding results, grouped by author."""
    them = "it" if about.count == 1 else "them"
    outcome = (
        f"No finding results from {them}."
        if about.alone
        else "The cause of the open findings is not certain."
    )
    title = f"{count(about.count, 'configuration change')} on {target}. {outcome}"
    by_author: dict[str, list[Change]] = {}
    for change in about.changes:
        by_author.setdefault(change.changed_by, []).append(change)
    blocks = [rich(section(run(f"✏️ {title}", style="bold")))]
    for author, made in by_author.items():
        # An account in a change can be an affected user, and no message names those.
        lines = bullets((change_in_words(each, names_people=False) for each in made), 250)
        blocks.append(rich(section(run(f"Changed by {author}", 150)), lines))
    if about.count > len(about.changes):
        blocks.append(context(f"and {about.count - len(about.changes):,} more"))
    return Message(text=fallback(title), blocks=blocks)


def notice_message(about: Notice) -> Message:
    """Return a notice about the auditor itself."""
    blocks = [rich(section(run(f"ℹ️ {about.title}", 600, style="bold")))]  # noqa: RUF001  (a sign)
    if about.steps:
        blocks.append(rich(bullets(about.steps[:_SHOWN], 500)))
    return Message(text=fallback(about.title), blocks=blocks)


def digest_message(about: Digest, target: str, report: str | None) -> Message:
    """Return the weekly digest: verdict, comparison, overdue findings, expiries, completeness."""
    title = f"{target}: {about.week or f'week to {about.until:%Y-%m-%d}'}"
    numbers = ", ".join(f"{number:,} {kind}" for kind, number in about.counts.items() if number)
    lines = [
        section(run(about.verdict, 600, style="bold")),
        section(run(f"This week: {numbers}." if numbers else "This week: no changes.", 400)),
    ]
    if len(about.trend) > 1:
        now, earlier = (_open_in(week, about) for week in (-1, -2))
        lines.append(section(run(f"Open findings: {now}, last week {earlier}.")))
    for heading, entries in (("Overdue", about.overdue), ("Expires soon", about.expiring)):
        if entries:
            lines.append(section(run(f"{heading} ({len(entries)})", style="bold")))
            lines.append(bullets(entries[:_SHOWN_OVERDUE], 200))
            if len(entries) > _SHOWN_OVERDUE:
                lines.append(section(run(f"and {len(entries) - _SHOWN_OVERDUE:,} more")))
    lines.append(section(run("Coverage ", style="bold"), run(about.completeness, 600)))
    if report and (linked := links([("Report", report)])):
        lines.append(section(*linked))
    blocks = [header(f"📋 {title}"), rich(*lines)]
    if about.report_sha256:
        blocks.append(context(f"Report SHA-256 {about.report_sha256}"))
    return Message(text=fallback(f"{title}: {about.verdict}"), blocks=blocks)


def _open_in(week: int, about: Digest) -> str:
    """Return the open findings of a week of the trend, by its index; never those of another."""
    monday, number = about.trend[week]
    if number is None:
        return "not audited"
    if monday in about.incomplete_weeks:
        return f"{number:,} (incomplete)" if number else "unknown (incomplete)"
    return f"{number:,}"
