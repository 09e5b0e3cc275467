"""What readers see of a finding, in each of its variants, equals the golden file.

``AUDITOR_WRITE_GOLDEN=1`` writes the file. Read the difference: each line is shown to users.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.domain import unleash
from auditor.domain.okta import Assignment, LogTarget
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import ScimAnswer, ScimEndpoint
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.rule.texts.reason_text import reason_text
from tests.support.builders.contexts import (
    ADMIN_ROLE,
    AT,
    CONTRACTOR_TYPE,
    LONG_AGO,
    app,
    assignment,
    assignment_of,
    clean_snapshot,
    connection,
    event,
    instance,
    log,
    mapping,
    missing,
    on_app,
    on_person,
    recovery,
    user,
    user_of,
    user_type,
    users,
)

GOLDEN = Path(__file__).with_name("golden") / "findings.txt"

CY = user_of("Cy", 13)
GUEST = user_of("Cy", 13, scim_id=None)
AN_HOUR_AGO = AT - timedelta(hours=1)
DAYS_AGO = AT - timedelta(days=3)
NO_SCIM_STATE = {"scim": unleash.ScimSettings(enabled=None), "statistics": unleash.Statistics()}
ON, OFF = unleash.SsoSettings(enabled=True), unleash.SsoSettings(enabled=False)
CREATES = unleash.SsoSettings(enabled=True, auto_create=True)
ADA_ELSEWHERE = assignment(okta_email="ada@corp.example")
BO_ELSEWHERE = assignment_of("Bo", okta_email="bo@corp.example")
WITHOUT_SAML = app(sign_on_mode="OPENID_CONNECT", saml_subject=None)
LONG_HOST = f"https://{'unleash-' * 9}example.com"


def leaver(account: unleash.User = CY, **changes: Any) -> Snapshot:
    """Return a snapshot in which the user of an account is not assigned any more."""
    people = [assignment(), *changes.pop("people", ())]
    return clean_snapshot(users=users(user(), account, recovery()), assignments=people, **changes)


def without_account(**changes: Any) -> Snapshot:
    return clean_snapshot(users=users(recovery()), assignments=[assignment(**changes)])


def guest(*people: Assignment) -> Snapshot:
    """Return a snapshot with an account that SCIM does not manage."""
    accounts = users(user(), GUEST, recovery())
    return clean_snapshot(users=accounts, assignments=[assignment(), *people])


def answered(answer: ScimAnswer, status: int = 200, url: str = "https://x/scim") -> ScimEndpoint:
    return ScimEndpoint(url=url, answer=answer, status=status, at=AT)


def removed(minutes_ago: float) -> dict[str, Any]:
    """Return a log in which Okta's removal of Cy succeeded."""
    cy = LogTarget(id="0uaCy", type="AppUser", login="cy@example.com")
    kind = "application.provision.user.deactivate"
    return {"log": log(event(kind, on_app(), cy, on_person("00uCy"), minutes_ago=minutes_ago))}


def contractors(*names: str) -> Snapshot:
    types = [user_type(), user_type(id=CONTRACTOR_TYPE, name="contractor", display_name=None)]
    people = [assignment_of(name, user_type_id=CONTRACTOR_TYPE) for name in names]
    return clean_snapshot(user_types=types, assignments=people)


WORLDS: dict[str, tuple[str, Snapshot]] = {
    f"{rule}: {what}": (rule, snapshot)
    for rule, what, snapshot in (
        ("user-not-provisioned", "with a SCIM id", without_account()),
        ("user-not-provisioned", "never provisioned", without_account(external_id=None)),
        (
            "user-not-provisioned",
            "without dates",
            without_account(
                external_id=None, created_at=None, updated_at=None, status_changed_at=None
            ),
        ),
        (
            "user-not-provisioned",
            "without a login",
            without_account(external_id=None, login=None, username=None, email=None),
        ),
        ("user-not-removed", "unassigned", leaver()),
        ("user-not-removed", "an admin", leaver(user_of("Cy", 13, root_role=ADMIN_ROLE))),
        (
            "user-not-removed",
            "deactivated",
            leaver(people=[assignment_of("Cy", user_status="DEPROVISIONED")]),
        ),
        (
            "user-not-removed",
            "suspended, signed in before",
            leaver(
                user_of("Cy", 13, seen_at=LONG_AGO - timedelta(days=1)),
                people=[assignment_of("Cy", user_status="SUSPENDED")],
            ),
        ),
        (
            "user-not-removed",
            "suspended, signed in since",
            leaver(
                user_of("Cy", 13, seen_at=AN_HOUR_AGO),
                people=[assignment_of("Cy", user_status="SUSPENDED", status_changed_at=DAYS_AGO)],
            ),
        ),
        ("user-not-removed", "still listed", leaver(**removed(600))),
        ("user-not-removed", "removed a moment ago", leaver(**removed(1))),
        (
            "user-not-removed",
            "two, and one was removed",
            clean_snapshot(
                users=users(user(), CY, user_of("Di", 14), recovery()),
                assignments=[assignment()],
                **removed(600),
            ),
        ),
        ("unmanaged-user", "not assigned", guest()),
        ("unmanaged-user", "assigned", guest(assignment_of("Cy"))),
        ("unmanaged-user", "assigned without a login", guest(assignment_of("Cy", login=None))),
        ("unmanaged-user", "a leaver", guest(assignment_of("Cy", status="DEPROVISIONED"))),
        (
            "unmanaged-user",
            "ambiguous",
            guest(assignment_of("Cy"), assignment_of("Di", email="cy@example.com")),
        ),
        ("user-type-unmapped", "one user", contractors("Cy")),
        ("user-type-unmapped", "two users", contractors("Cy", "Di")),
        (
            "username-not-login",
            "a mapping, with SAML",
            clean_snapshot(mappings=[mapping(userName="user.email")]),
        ),
        (
            "username-not-login",
            "a mapping, without SAML",
            clean_snapshot(mappings=[mapping(userName="user.email")], app=WITHOUT_SAML),
        ),
        (
            "username-not-login",
            "a template, with SAML",
            clean_snapshot(app=app(username_template="${source.email}")),
        ),
        (
            "username-not-login",
            "a template, without SAML",
            clean_snapshot(app=replace(WITHOUT_SAML, username_template="${source.email}")),
        ),
        *(
            (
                "sso-autocreate-with-scim",
                f"version {version}",
                clean_snapshot(saml=CREATES, instance=changed),
            )
            for version, changed in {
                "7.2.2": instance(version_enterprise="7.2.2", version_oss="7.0.0"),
                "7.2.3": instance(version_enterprise="7.2.3"),
                "7.5.0 without Enterprise": instance(version_enterprise=None),
                "not read": missing(),
            }.items()
        ),
        (
            "sso-autocreate-with-scim",
            "SCIM is unknown",
            clean_snapshot(saml=CREATES, **NO_SCIM_STATE),
        ),
        ("scim-token-missing", "SCIM is unknown", clean_snapshot(**NO_SCIM_STATE)),
        ("scim-endpoint-down", "SCIM is unknown", clean_snapshot(**NO_SCIM_STATE)),
        (
            "scim-endpoint-down",
            "a web page",
            clean_snapshot(scim_endpoint=answered(ScimAnswer.HTML, url=f"{LONG_HOST}/scim-page")),
        ),
        (
            "scim-endpoint-down",
            "not found",
            clean_snapshot(scim_endpoint=answered(ScimAnswer.NOT_FOUND, 404)),
        ),
        (
            "scim-base-url-wrong",
            "the old form",
            clean_snapshot(connection=connection(base_url="https://unleash.example.com/api/scim")),
        ),
        (
            "scim-base-url-wrong",
            "another instance, with a long address",
            clean_snapshot(connection=connection(base_url=f"{LONG_HOST}/scim")),
        ),
        (
            "sso-identifier-differs",
            "SAML, no user affected",
            clean_snapshot(app=app(saml_subject="${user.email}")),
        ),
        *(
            (
                "sso-identifier-differs",
                f"SAML, {len(people)} affected",
                clean_snapshot(app=app(saml_subject="${user.email}"), assignments=people),
            )
            for people in ([ADA_ELSEWHERE], [ADA_ELSEWHERE, BO_ELSEWHERE])
        ),
        (
            "sso-identifier-differs",
            "OIDC",
            clean_snapshot(saml=OFF, oidc=ON, assignments=[ADA_ELSEWHERE]),
        ),
        (
            "sso-identifier-differs",
            "the email mapping is the cause",
            clean_snapshot(
                mappings=[mapping(email="user.email")], assignments=[ADA_ELSEWHERE, BO_ELSEWHERE]
            ),
        ),
        (
            "sso-identifier-differs",
            "an attribute without a value",
            clean_snapshot(app=app(saml_subject="${user.employeeNumber}")),
        ),
        (
            "recovery-admin-at-risk",
            "signed in long ago",
            clean_snapshot(users=users(user(), recovery(seen_at=AT - timedelta(days=120)))),
        ),
        (
            "recovery-admin-at-risk",
            "never signed in",
            clean_snapshot(
                users=users(user(), recovery(seen_at=None, created_at=AT - timedelta(days=120)))
            ),
        ),
    )
}


@pytest.fixture(scope="module")
def shown(ask) -> str:
    return "".join(
        f"# {name}\n" + "".join(f"{line}\n" for line in _lines(ask(rule, snapshot))) + "\n"
        for name, (rule, snapshot) in WORLDS.items()
    )


def _lines(evaluated: Evaluated) -> Iterator[str]:
    for verdict in evaluated.verdicts:
        yield f"{verdict.status}"
        yield from (f"  {reason_text(each)}" for each in verdict.reasons)
    for finding in evaluated.findings:
        remediation = finding.remediation
        assert remediation
        cause = finding.root_cause.rule if finding.root_cause else "none"
        yield f"finding {finding.subject} {finding.attribute or '-'} {finding.kind or '-'}"
        since = finding.since.isoformat() if finding.since else "unknown"
        grace = "within grace" if finding.within_grace else "at once"
        yield f"  {finding.severity}, since {since}, {grace}, root cause: {cause}"
        yield f"  {finding.message}"
        for each in finding.evidence:
            yield f"  {each.label}: {each.observed} | expected: {each.expected}"
        yield from (f"  affected: {each.name}: {each.detail}" for each in finding.affected)
        yield from (f"  {number}. {step}" for number, step in enumerate(remediation.steps, 1))
        yield f"  {remediation.link}"


def test_the_findings_equal_the_golden_file(shown):
    if os.environ.get("AUDITOR_WRITE_GOLDEN"):
        GOLDEN.write_text(shown, encoding="utf-8")
    assert shown.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()
