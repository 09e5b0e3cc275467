"""What is told once and is no incident: quiet changes, and news of the auditor itself. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from auditor.domain.collections import OWN_TOKENS
from auditor.domain.snapshot import Snapshot
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.changes.diff import Change
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.engine.incidents.notification import ChangesNotice, Notice, Notification
from auditor.rule.severity import Severity
from auditor.text import format_time

SHOWN_CHANGES = 20


def quiet_changes(
    changes: list[Change], target: str, at: datetime, *, alone: bool
) -> Iterator[Notification]:
    """Tell, once and together, of changes to which no breach was traced.

    ``alone``: nothing broke in this run.
    """
    if changes:
        shown = tuple(changes[:SHOWN_CHANGES])
        about = ChangesNotice(changes=shown, count=len(changes), alone=alone)
        yield _announcement(f"changes/{at.isoformat()}", target, at, about, severity=None)


def all_is_well(reconciled: Reconciled, target: str, at: datetime) -> Notification:
    """Return the notice of a first audit without findings and without unknown rules."""
    counts = Counter(verdict.status for verdict in reconciled.verdicts)
    parts = [
        f"{counts[status]} {words}"
        for status, words in (
            (VerdictStatus.PASS, "passed"),
            (VerdictStatus.ATTESTED, "attested"),
            (VerdictStatus.NEEDS_ATTESTATION, "need a manual check"),
            (VerdictStatus.NOT_APPLICABLE, "not applicable"),
        )
        if counts[status]
    ]
    rules = f"{len(reconciled.verdicts)} rules: {', '.join(parts)}."
    title = f"First audit of {target}: no findings. {rules} From now on, changes are reported."
    return _notice(f"baseline/{at.isoformat()}", target, at, title)


def resumed(
    audited_at: datetime, target: str, at: datetime, stale_after: timedelta
) -> Iterator[Notification]:
    """Say that audits were missing between the last one and this."""
    if at - audited_at > stale_after:
        yield _notice(
            f"resumed/{at.isoformat()}",
            target,
            at,
            f"Audits of {target} are back: there was none from {format_time(audited_at)} "
            f"to {format_time(at)}.",
            "What came and went in between was not seen. Look at the auditor's log for the cause.",
        )


def silent(
    audited_at: datetime, target: str, at: datetime, stale_after: timedelta
) -> Notification | None:
    """Say that no audit has completed for too long; under one key while the silence lasts."""
    if at - audited_at <= stale_after:
        return None
    return _notice(
        f"silent/{audited_at.isoformat()}",
        target,
        at,
        f"No audit of {target} has completed since {format_time(audited_at)}.",
        "Nothing is known of what happened since. Look at the auditor's log for the cause.",
    )


def expiries(
    snapshot: Snapshot, warned: tuple[str, ...], notice: timedelta
) -> Iterator[tuple[str, Notification]]:
    """Yield, once each, the auditor's own Unleash tokens that expire soon, by a name for each."""
    at, target = snapshot.taken_at, snapshot.target.name
    for token in snapshot.get(OWN_TOKENS) or ():
        if token.expires_at is None or not at < token.expires_at <= at + notice:
            continue
        name = f"unleash-token/{token.id}/{token.expires_at:%Y-%m-%d}"
        if name not in warned:
            title = (
                f"The auditor's Unleash token “{token.description or token.id}” expires at "
                f"{format_time(token.expires_at)}."
            )
            step = "Make a new one, put it where the configuration names it, delete this one."
            yield name, _notice(name, target, at, title, step)


def endings(
    promises: Iterable[Attestation | Waiver],
    snapshot: Snapshot,
    warned: tuple[str, ...],
    notice: timedelta,
) -> Iterator[tuple[str, Notification]]:
    """Yield, once each, what people vouch for or accept and that ends soon, by a name for each."""
    at, target = snapshot.taken_at, snapshot.target.name
    for each in promises:
        if each.target not in {None, target}:
            continue
        if not at.date() <= each.expires <= (at + notice).date():
            continue
        match each:
            case Attestation(by=by):
                kind, title = "attestation", f"{by} vouches for {each.rule} until {each.expires}."
                step = "Look again and attest it anew; from the next day on nobody vouches for it."
            case Waiver(owner=owner):
                kind, title = "waiver", f"{owner} accepts {each.rule} until {each.expires}."
                step = "Mend what it covers or extend it; from the next day on that counts again."
        name = f"{kind}/{each.rule}/{each.subject or '*'}/{each.expires}"
        if name not in warned:
            yield name, _notice(name, target, at, title, step)


def _notice(key: str, target: str, at: datetime, title: str, *steps: str) -> Notification:
    return _announcement(key, target, at, Notice(title=title, steps=steps), Severity.MEDIUM)


def _announcement(
    key: str, target: str, at: datetime, about: ChangesNotice | Notice, severity: Severity | None
) -> Notification:
    return Notification(key=key, thread=key, target=target, at=at, severity=severity, about=about)
