"""Notifications that belong to no incident: changes, and notices about the auditor. Pure."""

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
    """Yield one notification of all changes that neither caused nor fixed a finding.

    ``alone``: the audit has no new incident and no unknown rule.
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
            (VerdictStatus.NEEDS_ATTESTATION, "to check by hand"),
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
    """Yield a notice when no audit ran for longer than ``stale_after`` before this one."""
    if at - audited_at > stale_after:
        yield _notice(
            f"resumed/{at.isoformat()}",
            target,
            at,
            f"Audits of {target} are back: there was none from {format_time(audited_at)} "
            f"to {format_time(at)}.",
            "Problems that came and went in between are unknown. The log shows why no audit ran.",
        )


def silent(
    audited_at: datetime, target: str, at: datetime, stale_after: timedelta
) -> Notification | None:
    """Return a notice when no audit has completed for longer than ``stale_after``.

    Its key stays the same until an audit completes, so that the notice is sent once.
    """
    if at - audited_at <= stale_after:
        return None
    return _notice(
        f"silent/{audited_at.isoformat()}",
        target,
        at,
        f"No audit of {target} has completed since {format_time(audited_at)}.",
        "Problems since then are unknown. The auditor's log shows the cause.",
    )


def expiries(
    snapshot: Snapshot, warned: tuple[str, ...], notice: timedelta
) -> Iterator[tuple[str, Notification]]:
    """Yield a notice, by name, for each of the auditor's Unleash tokens that expires soon.

    A name in ``warned`` is skipped, so that each notice is sent once.
    """
    at, target = snapshot.taken_at, snapshot.target.name
    for token in snapshot.get(OWN_TOKENS) or ():
        if token.expires_at is None or not at < token.expires_at <= at + notice:
            continue
        # With the date, so that a token with a new expiry is notified again.
        name = f"unleash-token/{token.id}/{token.expires_at:%Y-%m-%d}"
        if name not in warned:
            title = (
                f"The auditor's Unleash token “{token.description or token.id}” expires at "
                f"{format_time(token.expires_at)}."
            )
            step = "Create a new token, store it at its configured place, and delete this one."
            yield name, _notice(name, target, at, title, step)


def endings(
    with_expiry: Iterable[Attestation | Waiver],
    snapshot: Snapshot,
    warned: tuple[str, ...],
    notice: timedelta,
) -> Iterator[tuple[str, Notification]]:
    """Yield a notice, by name, for each attestation or waiver that expires soon.

    A name in ``warned`` is skipped, so that each notice is sent once.
    """
    at, target = snapshot.taken_at, snapshot.target.name
    for each in with_expiry:
        if each.target not in {None, target}:
            continue
        if not at.date() <= each.expires <= (at + notice).date():
            continue
        match each:
            case Attestation(by=by):
                kind = "attestation"
                title = f"The attestation of {each.rule} by {by} expires on {each.expires}."
                step = "Check it again and renew the attestation. It is not valid after that day."
            case Waiver(owner=owner):
                kind = "waiver"
                title = f"The waiver of {each.rule} by {owner} expires on {each.expires}."
                step = "Fix the findings or extend the waiver. It is not valid after that day."
        name = f"{kind}/{each.rule}/{each.subject or '*'}/{each.expires}"
        if name not in warned:
            yield name, _notice(name, target, at, title, step)


def _notice(key: str, target: str, at: datetime, title: str, *steps: str) -> Notification:
    return _announcement(key, target, at, Notice(title=title, steps=steps), Severity.MEDIUM)


def _announcement(
    key: str, target: str, at: datetime, about: ChangesNotice | Notice, severity: Severity | None
) -> Notification:
    return Notification(key=key, thread=key, target=target, at=at, severity=severity, about=about)
