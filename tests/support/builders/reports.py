"""Builders for the records of a report. Each has defaults, so a test shows one fact."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from auditor.domain.collections import MissingData
from auditor.domain.context import RuleContext
from auditor.domain.target import Target
from auditor.engine.audit_history import (
    AuditCounts,
    History,
    StoredAudit,
    StoredChange,
    StoredFinding,
    StoredVerdict,
)
from auditor.engine.changes.diff import ChangeActor, Confidence
from auditor.engine.evaluation.evaluate import fingerprint
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import State, Transition
from auditor.engine.views.target_report.report import Report, build_report
from auditor.rule.binding import BoundRule
from auditor.rule.definition import NoParams, rule
from auditor.rule.results import Affected, Evidence, Remediation, Result
from auditor.rule.severity import Family, Severity

UNTIL = datetime(2026, 11, 23, 9, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=7)
TARGET = Target(
    name="production",
    org_url="https://acme.okta.com",
    app_id="0oaUnleash0000000001",
    unleash_url="https://unleash.example.com",
)


def ago(days: float) -> datetime:
    """Return the time so many days before the end of the period."""
    return UNTIL - timedelta(days=days)


RESOLVED: dict[str, Any] = {"state": State.RESOLVED, "opened_at": ago(4), "resolved_at": ago(1)}


def bound(
    id_: str = "push-flag-off",
    *,
    severity: Severity = Severity.HIGH,
    family: Family = Family.PUSH_FLAGS,
) -> BoundRule:
    @rule(
        id=id_,
        severity=severity,
        family=family,
        guide="Okta 4",
        evidence="The features of the app.",
        remediation="Switch it on in the console.",
        params=NoParams,
    )
    def check(_world: RuleContext, _params: NoParams) -> tuple[Result, ...]:
        """Okta pushes all that Unleash needs.

        Without it, people keep an access that they should have lost.
        """
        return ()

    return BoundRule(rule=check, params=NoParams(), ceiling=None, version="0123456789ab")


def stored_audit(at: datetime = UNTIL, **changes: Any) -> StoredAudit:
    clean = StoredAudit(
        id=1,
        target=TARGET.name,
        at=at,
        version="0.1.0",
        duration=1.5,
        requests=23,
        snapshot="c0ffee",
        rules={},
        collections_read=("okta.app", "unleash.users"),
        missing={},
        counts=AuditCounts(open={}, waived=0, pending=0, not_evaluated=0, verdicts={}),
    )
    return replace(clean, **changes)


def counts(
    *, unknown: int = 0, critical: int = 0, high: int = 0, medium: int = 0, low: int = 0
) -> AuditCounts:
    numbers = zip(Severity, (low, medium, high, critical), strict=True)
    return AuditCounts(
        open={severity: number for severity, number in numbers if number},
        waived=0,
        pending=0,
        not_evaluated=0,
        verdicts={"unknown": unknown},
    )


def verdict(
    rule_id: str = "push-flag-off", status: VerdictStatus = VerdictStatus.PASS, **changes: Any
) -> StoredVerdict:
    clean = StoredVerdict(
        rule=rule_id,
        status=status,
        severity=Severity.HIGH,
        target=TARGET.name,
        since=ago(30),
    )
    return replace(clean, **changes)


def finding(
    rule_id: str = "push-flag-off",
    subject: str = "create-users",
    attribute: str = "",
    *,
    affected: tuple[Affected, ...] = (),
    opened_at: datetime | None = None,
    **changes: Any,
) -> StoredFinding:
    is_pending = changes.get("state") is State.PENDING
    opened = opened_at or ago(20)
    open_ = StoredFinding(
        id=fingerprint(rule_id, subject, attribute),
        rule=rule_id,
        subject=subject,
        attribute=attribute,
        severity=Severity.HIGH,
        state=State.OPEN,
        first_seen_at=opened,
        last_seen_at=UNTIL,
        opened_at=None if is_pending else opened,
        affected_count=len(affected),
        target=TARGET.name,
        transition=Transition.STILL_OPEN,
        message=f"{subject} is off.",
        affected=affected,
    )
    return replace(open_, **changes)


def person(number: int, detail: str = "") -> Affected:
    return Affected(id=f"00u{number:017}", name=f"Person {number}", detail=detail)


EMAIL_PATH = "mapping[oty1].email.expression"


def change(
    path: str = EMAIL_PATH, *, until: datetime | None = None, **changes: Any
) -> StoredChange:
    first_seen = until or ago(2)
    clean = StoredChange(
        target=TARGET.name,
        collection="okta.mappings",
        path=path,
        before="user.login",
        after="user.email",
        since=first_seen - timedelta(hours=1),
        until=first_seen,
        confidence=Confidence.LIKELY,
        actors=(
            ChangeActor(
                name="Grace Lindqvist",
                actor_id="00uGrace",
                at=first_seen - timedelta(minutes=20),
                event_id="5f3c2e10-8e41-11ee-b962-0242ac120002",
            ),
        ),
    )
    return replace(clean, **changes)


EMAIL_EVIDENCE = Evidence(
    collection="okta.mappings",
    field=EMAIL_PATH,
    observed="Primary email (user.email)",
    expected="Login (user.login)",
    expression="user.email",
)

EMAIL_REMEDY = Remediation(
    steps=("Map Email to user.login and save.", "Push the existing people again."),
    link="https://acme-admin.okta.com/admin/app/unleash/instance/0oaUnleash0000000001/",
    api='POST /api/v1/mappings/prm1\n{"properties": {"email": {"expression": "user.login"}}}',
    terraform='resource "okta_profile_mapping" "unleash" {\n  source_id = "oty1"\n}',
)


def email_not_login(*people: Affected, **changes: Any) -> StoredFinding:
    defaults: dict[str, Any] = {
        "subject": "oty1",
        "severity": Severity.CRITICAL,
        "message": "For User Okta sends user.email as the email instead of the login.",
        "evidence": (EMAIL_EVIDENCE,),
        "remediation": EMAIL_REMEDY,
    }
    return finding("email-not-login", affected=people, **(defaults | changes))


def report(
    *findings: StoredFinding,
    verdicts: tuple[StoredVerdict, ...] = (),
    rules: tuple[BoundRule, ...] = (bound(),),
    audits: tuple[StoredAudit, ...] = (stored_audit(),),
    reopened: frozenset[str] = frozenset(),
    changes: tuple[StoredChange, ...] = (),
    weeks: tuple[StoredAudit, ...] = (),
    missing: dict[str, MissingData] | None = None,
    **more: Any,
) -> Report:
    """Build a report. A rule without a verdict in `verdicts` passes."""
    given = {each.rule for each in verdicts}
    passing = tuple(verdict(each.id) for each in rules if each.id not in given)
    if missing:
        audits = (*audits[:-1], replace(audits[-1], missing=missing))
    history = History(
        audits=audits,
        verdicts=(*verdicts, *passing),
        findings=findings,
        reopened=reopened,
        changes=changes,
        weeks=weeks,
    )
    return build_report(history, target=TARGET, rules=rules, since=SINCE, until=UNTIL, **more)


REPORT_RULES = ("login-mismatch", "user-not-provisioned", "user-not-removed", "unmanaged-user")


def many(count, more=""):
    """Return a week with so many findings, a message and people as long as real ones."""
    return report(
        email_not_login(*(person(n, "Okta sends a@acme.example") for n in range(100))),
        *(
            finding(
                REPORT_RULES[number % len(REPORT_RULES)],
                f"00u{number:017}",
                affected=(person(number),),
                opened_at=ago(number % 40),
                message=(
                    f"Person {number} is assigned in Okta, but the account in Unleash carries "
                    f"person{number}@acme.example and not the login.{more}"
                ),
                remediation=EMAIL_REMEDY,
                evidence=(
                    Evidence(
                        collection="unleash.users",
                        field="email",
                        observed=f"person{number}@acme.example",
                        expected=f"person.{number}@acme.example",
                    ),
                ),
            )
            for number in range(count - 1)
        ),
        rules=tuple(bound(each) for each in ("email-not-login", *REPORT_RULES)),
    )


HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "{{ 7 * 7 }}{% raw %}",
    "]]></style><!--",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "שלום עולם",
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿" * 40,
    "W" * 20_000,
    "a\x00b\x1b[31mc\x7fd\x9be\ud800f\uffff",
    "line\nbreak\ttab",
]
