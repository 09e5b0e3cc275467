"""The audits of one target in memory, and the notifications that an audit decides."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from auditor.domain.collections import MAPPINGS, MissingData
from auditor.domain.snapshot import Snapshot
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.changes.diff import Change
from auditor.engine.configuration_changes import with_late_actors
from auditor.engine.evaluation.verdicts import Evaluated, Finding
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.targeted_reconcile import reconcile_targeted
from auditor.engine.incidents.notification import Incidents
from auditor.engine.incidents.notification_decision import (
    DEFAULT_NOTIFICATION_POLICY,
    Decision,
    decide_notifications,
)
from auditor.engine.incidents.notification_policy import NotificationPolicy, NotifyReason
from auditor.engine.incidents.targeted_decision import decide_targeted
from auditor.rule.results import Affected, Evidence, Remediation
from tests.support.builders.contexts import TARGET
from tests.support.builders.findings import (
    evaluated,
    finding,
    hours,
    remember,
    targeted_evaluation,
)

TITLES = {
    "push-flag-off": "Okta creates, updates and deactivates people.",
    "user-not-provisioned//many": "{n} assigned users have no account.",
}
ADVICE = {"push-flag-off": "Select the option."}
CLEAN = ("email-not-login", "push-flag-off")


class TargetAudits:
    """The audits of a target, each with its notifications. `memory` is what a store would keep."""

    def __init__(self) -> None:
        self.memory = PreviousAudits()
        self.decision: Decision

    def run(self, *findings, hour: float, missing=None, **more):
        """Audit at ``hour``; ``more`` are arguments of ``audit`` and of ``evaluated``."""
        names = {"changes", "world", "waivers", "with_expiry", "alerts"}
        options = {name: more.pop(name) for name in names & more.keys()}
        seen = evaluated(*findings, **{"rules": CLEAN} | more)
        return self.audit(seen, hour=hour, missing=missing, **options)

    def audit(
        self,
        seen: Evaluated,
        *,
        hour: float,
        changes: tuple[Change, ...] = (),
        missing: dict[str, MissingData] | None = None,
        world: dict[str, Any] | None = None,
        waivers: tuple[Waiver, ...] = (),
        with_expiry: tuple[Attestation | Waiver, ...] = (),
        alerts: NotificationPolicy = DEFAULT_NOTIFICATION_POLICY,
    ):
        at = hours(hour)
        reconciled = reconcile(
            self.memory.known,
            seen,
            self.memory.configurations,
            target=TARGET.name,
            at=at,
            waivers=waivers,
        )
        snapshot = Snapshot(target=TARGET, taken_at=at, read=world or {}, missing=missing or {})
        known = self.memory.notified_state.causes if self.memory.notified_state else {}
        reconciled, causes = assign_causes(reconciled, seen, changes, known, at=at)
        self.decision = decide_notifications(
            reconciled,
            changes,
            snapshot,
            before=self.memory.notified_state,
            is_first_audit=self.memory.configurations is None,
            read_before=self.memory.collections_read,
            titles=TITLES,
            advice=ADVICE,
            causes=causes,
            alerts=alerts,
            with_expiry=with_expiry,
        )
        reads = self.memory.configuration_reads
        self.memory = replace(
            remember(reconciled, seen, self.memory),
            notified_state=self.decision.notified_state,
            configuration_reads=reads,
        )
        return self.decision.notifications

    def targeted(
        self,
        *findings: Finding,
        hour: float,
        rules: tuple[str, ...],
        changes: tuple[Change, ...] = (),
        attributed: tuple[Change, ...] = (),
        uncounted: frozenset[str] = frozenset(),
        waivers: tuple[Waiver, ...] = (),
    ):
        """Do a targeted audit that evaluates ``rules``; the evidence of no finding is as before.

        ``attributed`` are earlier changes with the actors that are known now.
        """
        before, at = self.memory.notified_state, hours(hour)
        assert before
        found = reconcile_targeted(
            self.memory.known,
            targeted_evaluation(*findings, rules=rules, uncounted=uncounted),
            {},
            self.memory.configurations or {},
            target=TARGET.name,
            at=at,
            grace=timedelta(),
            resolve_after=1,
            waivers=waivers,
        )
        actors = {each.key: each for each in attributed}
        changes = (*before.unreported_changes, *changes)
        reconciled, causes = assign_causes(
            found.reconciled,
            found.evaluated,
            changes,
            with_late_actors(before.causes, actors),
            at=at,
        )
        self.decision = decide_targeted(
            replace(found, reconciled=reconciled),
            changes,
            TARGET,
            at=at,
            before=before,
            titles=TITLES,
            advice=ADVICE,
            causes=causes,
            attributed=actors.keys(),
            alerts=DEFAULT_NOTIFICATION_POLICY,
        )
        after = {each.id: each for each in self.memory.known}
        after |= {each.after.id: each.after for each in reconciled.transitions}
        self.memory = replace(
            self.memory,
            known=tuple(after.values()),
            notified_state=self.decision.notified_state,
        )
        return self.decision.notifications


def reasons(notifications) -> list[NotifyReason]:
    return [
        update.reason
        for each in notifications
        if isinstance(each.about, Incidents)
        for update in each.about.updates
    ]


def change(path: str = "mapping[oty1].email.expression", **more: Any) -> Change:
    plain = Change(
        collection=MAPPINGS.name,
        path=path,
        before="user.login",
        after="user.email",
        since=hours(0),
        until=hours(1),
    )
    return replace(plain, **more)


def email_not_login(*, affected: int = 0, **more):
    people = tuple(Affected(id=f"u{n}", name=f"Person {n}") for n in range(affected))
    return replace(
        finding("email-not-login", "oty1", affected=people, **more),
        evidence=(
            Evidence(
                collection=MAPPINGS.name,
                field="mapping[oty1].email.expression",
                observed="user.email",
                expected="user.login",
            ),
        ),
        remediation=Remediation(
            steps=("Set Email to user.login.",), link="https://acme-admin.okta.com/x"
        ),
    )


def explained(one):
    """Return the finding with evidence that :func:`change` explains."""
    return replace(one, evidence=email_not_login().evidence)


OFF = explained(finding())
ALSO_OFF = explained(finding(subject="update-attributes"))


def many(count: int):
    return [finding(f"rule-{number}") for number in range(count)]
