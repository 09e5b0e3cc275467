"""The findings, changes and failures of one target during a month, hour by hour."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from auditor.domain.collections import (
    APP,
    MAPPINGS,
    OWN_TOKENS,
    USER_TYPES,
    MissingData,
    MissingReason,
)
from auditor.domain.unleash import AccessToken
from auditor.domain.waivers import Waiver
from auditor.engine.changes.diff import Change, ChangeActor, Confidence, ConfigurationRead
from auditor.engine.evaluation.evaluate import fingerprint
from auditor.engine.evaluation.verdicts import Finding
from auditor.rule.results import Affected, Evidence, Remediation
from auditor.rule.severity import Severity

BEGINS = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOURS = 30 * 24
CONSOLE = "https://acme-admin.okta.com/admin/app/acme_unleash/instance/0oaUnleash0000000001"
TO_APP = f"{CONSOLE}/#tab-user-management/create-n-update"
LOW, MEDIUM, HIGH, CRITICAL = Severity

WAIVER = Waiver(
    rule="push-flag-off",
    owner="Priya Raman",
    reason="leavers are removed by hand until the migration is over",
    expires=date(2026, 3, 9),
)


def at(day: int, hour: int) -> datetime:
    """Return the time of a day and hour; day 1 is Monday, March 2."""
    return BEGINS.replace(hour=hour) + timedelta(days=day - 1)


class Month:
    """The state of the target at one hour; `hours` applies the script."""

    def __init__(self) -> None:
        self.findings: dict[str, Finding] = {}
        self.changes: list[Change] = []
        """The changes of the present hour."""

        self.unread_rules: dict[str, str] = {}
        """Rule id to the name of its missing collection."""

        self.missing: dict[str, MissingData] = {}
        self.audits = True
        self.slack = True
        """Whether Slack answers."""

        self.now = BEGINS

    def hours(self) -> Iterator[datetime]:
        for hour in range(HOURS):
            self.now = BEGINS + timedelta(hours=hour)
            self.changes = []
            event = SCRIPT.get(self.now)
            if event:
                event(self)
            yield self.now

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        return (WAIVER,) if self.now >= at(2, 10) else ()

    @property
    def world(self) -> dict[str, Any]:
        token = AccessToken(
            id=4, description="auditor, production", expires_at=datetime(2026, 4, 3, tzinfo=UTC)
        )
        return {OWN_TOKENS.name: (token,), USER_TYPES.name: ()}

    @property
    def reads(self) -> dict[str, ConfigurationRead]:
        return {MAPPINGS.name: ConfigurationRead(at=BEGINS, paths={})}

    def opens(
        self,
        rule: str,
        subject: str,
        severity: Severity,
        message: str,
        *,
        field: str = "",
        people: tuple[str, ...] = (),
        affected: int = 0,
        steps: tuple[str, ...] = (),
        subject_name: str = "",
    ) -> None:
        evidence = Evidence(
            collection=MAPPINGS.name if field.startswith("mapping") else APP.name,
            field=field,
            observed="",
            expected="",
        )
        self.findings[f"{rule}/{subject}"] = Finding(
            id=fingerprint(rule, subject, ""),
            rule=rule,
            subject=subject,
            attribute="",
            subject_name=subject_name,
            severity=severity,
            message=message,
            evidence=(evidence,) if field else (),
            affected=tuple(Affected(id=f"00u-{name}", name=name) for name in people),
            affected_count=affected or len(people),
            since=None,
            within_grace=False,
            root_cause=None,
            remediation=Remediation(steps=steps, link=TO_APP) if steps else None,
        )

    def fixes(self, *keys: str) -> None:
        for key in keys:
            del self.findings[key]

    def has_change(
        self, path: str, before: str | None, after: str | None, *who: str, sure: Confidence
    ) -> None:
        actors = tuple(
            ChangeActor(
                name=name,
                actor_id=f"00u{number}",
                at=self.now - timedelta(minutes=22 - number),
                event_id=f"8f2c-{number}",
            )
            for number, name in enumerate(who)
        )
        collection = MAPPINGS.name if path.startswith("mapping") else APP.name
        self.changes.append(
            Change(
                collection=collection,
                path=path,
                name=USER_TYPE_NAMES.get(path[:12], ""),
                before=before,
                after=after,
                since=self.now - timedelta(hours=1),
                until=self.now,
                confidence=sure,
                actors=actors,
                unknown_reason="" if who else "no entry of okta.log matches",
            )
        )


USER_TYPE_NAMES = {"mapping[oty1": "User", "mapping[oty2": "Contractor"}
TEAM = ("Ada Okafor", "Bo Lindqvist", "Chen Wei", "Dana Levi", "Emil Novak", "Fatou Diallo")
REMAP = (
    "Provisioning > To App > Attribute Mappings: set Email to user.login.",
    "Push the existing users again (Force Sync on the same tab).",
)


def first_audit(month: Month) -> None:
    month.opens(
        "push-flag-off",
        "deactivate-users",
        HIGH,
        "Deactivate Users is off: leavers keep the Unleash account.",
        field="app.features[PUSH_USER_DEACTIVATION]",
        people=("Gil Moreau", "Hana Sato"),
        steps=("Provisioning > To App: switch Deactivate Users on.",),
    )
    month.opens(
        "extra-attribute",
        "oty1",
        MEDIUM,
        'Okta also sends title for user type "User".',
        field="mapping[oty1].title",
        steps=("Provisioning > To App > Attribute Mappings: remove title.",),
    )


def extra_attribute_goes(month: Month) -> None:
    month.fixes("extra-attribute/oty1")
    month.has_change(
        "mapping[oty1].title.expression",
        "user.title",
        None,
        "Priya Raman",
        sure=Confidence.LIKELY,
    )


def email_is_mapped_wrongly(month: Month) -> None:
    open_email_finding(month, TEAM[:4])
    month.has_change(
        "mapping[oty1].email.expression",
        "user.login",
        "user.email",
        "Jonas Weber",
        sure=Confidence.LIKELY,
    )


def open_email_finding(month: Month, people: tuple[str, ...]) -> None:
    month.opens(
        "email-not-login",
        "oty1",
        CRITICAL,
        'Okta maps email to user.email instead of user.login for user type "User". Users whose '
        "values differ get a second account or cannot sign in.",
        field="mapping[oty1].email.expression",
        people=people,
        steps=REMAP,
    )


def contractor_email_is_mapped_wrongly(month: Month) -> None:
    month.opens(
        "email-not-login",
        "oty2",
        HIGH,
        'Okta maps email to user.email instead of user.login for user type "Contractor". No user '
        "is affected yet.",
        field="mapping[oty2].email.expression",
        steps=REMAP,
    )
    month.has_change(
        "mapping[oty2].email.expression",
        "user.login",
        "user.email",
        "Jonas Weber",
        "Priya Raman",
        sure=Confidence.AMBIGUOUS,
    )


def quiet_change(month: Month) -> None:
    for user_type in ("oty1", "oty2"):
        month.has_change(
            f"mapping[{user_type}].displayName.expression",
            "user.displayName",
            'user.firstName + " " + user.lastName',
            "Priya Raman",
            sure=Confidence.LIKELY,
        )
    month.has_change("app.label", "Unleash", "Unleash (prod)", sure=Confidence.UNKNOWN)


def scope_is_lost(month: Month) -> None:
    gone = MissingData(
        why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/mappings", status=403, detail="E0000006"
    )
    month.missing = {MAPPINGS.name: gone}
    month.unread_rules = dict.fromkeys(("email-not-login", "extra-attribute"), MAPPINGS.name)


def everything_is_readable(month: Month) -> None:
    month.missing, month.unread_rules = {}, {}


def okta_is_slow(month: Month) -> None:
    slow = MissingData(
        why=MissingReason.TIMEOUT, endpoint="GET /api/v1/apps/0oaUnleash0000000001/users"
    )
    month.missing = {"okta.assignments": slow}
    month.unread_rules = dict.fromkeys(("login-mismatch", "user-not-removed"), "okta.assignments")


def group_push_fails(month: Month) -> None:
    month.opens(
        "group-push-failing",
        "gPm7",
        MEDIUM,
        "The group push of Unleash Editors is in error: new members get no access in Unleash.",
        steps=("Push Groups: push Unleash Editors again.",),
        subject_name="Unleash Editors",
    )


def app_is_deactivated(month: Month) -> None:
    month.has_change(
        "app.status", "ACTIVE", "INACTIVE", "Terraform (service)", sure=Confidence.EXACT
    )
    for rule, severity, message in (
        ("app-not-usable", HIGH, "The Okta app is INACTIVE: it pushes no changes."),
        ("provisioning-off", HIGH, "SCIM provisioning is off in the Okta app."),
        ("scim-disabled", HIGH, "SCIM is turned off in Unleash."),
        ("user-not-provisioned", HIGH, "14 assigned users have no Unleash account."),
        (
            "user-not-removed",
            HIGH,
            "Hana Sato is not assigned in Okta and still has an Unleash account.",
        ),
        ("admin-unreachable", CRITICAL, "No admin can sign in to Unleash without Okta."),
    ):
        field = "app.status" if rule == "app-not-usable" else ""
        month.opens(rule, "0oaUnleash0000000001", severity, message, field=field, affected=14)


def app_is_reactivated(month: Month) -> None:
    subject = "0oaUnleash0000000001"
    month.fixes(*(f"{rule}/{subject}" for rule in ("app-not-usable", "provisioning-off")))
    month.fixes(*(f"{rule}/{subject}" for rule in ("scim-disabled", "admin-unreachable")))
    month.has_change(
        "app.status", "INACTIVE", "ACTIVE", "Terraform (service)", sure=Confidence.EXACT
    )


def users_are_fixed(month: Month) -> None:
    subject = "0oaUnleash0000000001"
    month.fixes(*(f"{rule}/{subject}" for rule in ("user-not-provisioned", "user-not-removed")))


def many_users_are_affected(month: Month) -> None:
    people = tuple(f"{name} {number}" for number in range(1, 18) for name in TEAM)[:100]
    month.opens(
        "login-mismatch",
        "app",
        HIGH,
        "4,322 users have an email in Unleash that is not their login.",
        people=people,
        affected=4322,
        steps=REMAP,
    )


def hostile_name(month: Month) -> None:
    month.opens(
        "unmanaged-user",
        "31",
        LOW,
        "<!channel> *x* <https://evil.example|sign in here> is not managed by SCIM.",
        people=("<!channel> *x* <https://evil.example|sign in here>",),
    )


def sets(**state: bool):
    def apply(month: Month) -> None:
        for name, value in state.items():
            setattr(month, name, value)

    return apply


def both(*things):
    def apply(month: Month) -> None:
        for thing in things:
            thing(month)

    return apply


def fixed(*keys: str):
    return lambda month: month.fixes(*keys)


SCRIPT = {
    at(1, 9): first_audit,
    at(1, 15): extra_attribute_goes,
    # at(2, 10): the waiver for push-flag-off begins
    at(3, 14): email_is_mapped_wrongly,
    # four hours later: a reminder; at(3, 19) the incident is acknowledged
    at(4, 9): contractor_email_is_mapped_wrongly,
    at(4, 10): lambda month: open_email_finding(month, TEAM[:5]),
    at(4, 11): fixed("email-not-login/oty2"),
    at(4, 12): fixed("email-not-login/oty1"),
    at(5, 16): quiet_change,
    at(6, 8): email_is_mapped_wrongly,
    at(6, 10): fixed("email-not-login/oty1"),
    at(7, 3): scope_is_lost,
    at(7, 8): everything_is_readable,
    # at(8, 8): the week's digest; at(9, 0): the waiver ends
    at(9, 11): fixed("push-flag-off/deactivate-users"),
    at(10, 2): okta_is_slow,
    at(10, 7): everything_is_readable,
    at(11, 13): group_push_fails,
    at(16, 10): app_is_deactivated,
    at(16, 12): app_is_reactivated,
    at(16, 15): users_are_fixed,
    at(17, 20): sets(audits=False),
    at(19, 6): sets(audits=True),
    at(20, 12): fixed("group-push-failing/gPm7"),
    at(22, 10): sets(slack=False),
    at(22, 11): both(first_audit, fixed("extra-attribute/oty1")),
    at(22, 13): email_is_mapped_wrongly,
    at(22, 15): fixed("email-not-login/oty1"),
    at(22, 16): sets(slack=True),
    at(23, 9): fixed("push-flag-off/deactivate-users"),
    at(24, 9): many_users_are_affected,
    at(26, 9): hostile_name,
    at(28, 9): fixed("login-mismatch/app"),
}
