"""The rule sso-autocreate-with-scim: only SCIM may create accounts while SCIM is on."""

import re
from collections.abc import Iterator

from auditor.rule import (
    APP,
    INSTANCE,
    OIDC,
    SAML,
    SCIM_COLLECTIONS,
    SSO_COLLECTIONS,
    Collection,
    Evidence,
    Family,
    MissingReason,
    NoParams,
    NotApplicable,
    Note,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Undecidable,
    Unknown,
    UnleashPage,
    Violation,
    rule,
    sso,
    steps,
    unleash,
    unleash_settings,
)

WAYS: tuple[tuple[sso.Way, Collection[unleash.SsoSettings], UnleashPage, str], ...] = (
    ("saml", SAML, UnleashPage.SAML, steps.SAML_PATH),
    ("oidc", OIDC, UnleashPage.OIDC, steps.OIDC_PATH),
)
FIXED_IN = (7, 2, 3)
"""Since this version, sign-on does not overwrite SCIM-managed users (Unleash #10675)."""


@rule(
    id="sso-autocreate-with-scim",
    severity=Severity.MEDIUM,
    family=Family.IDENTIFIER,
    guide="Okta 1",
    problem="SSO creates accounts although SCIM is on",
    evidence=(
        "The auditor reads the SAML and OIDC settings of Unleash, the SCIM status and the version. "
        "A sign-on method is not evaluated while its settings are unavailable."
    ),
    remediation="Turn off auto-create for the sign-on method.",
    may_read=SCIM_COLLECTIONS | SSO_COLLECTIONS | {APP},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Only SCIM creates accounts while SCIM is on.

    SSO auto-create gives an account to users whom SCIM does not manage, so Okta cannot remove it
    later. Before Unleash 7.2.3, sign-on also overwrote SCIM-managed users.
    """
    if unleash_settings.is_scim_unsupported(context.snapshot):
        yield NotApplicable(reason=Note(code="no-scim"))
        return
    scim = unleash_settings.read_scim(context.snapshot)
    if scim.is_on is None:
        yield Unknown(reason=scim.reason or Undecidable(why="the SCIM status is unknown"))
        return
    if not scim.is_on:
        yield NotApplicable(reason=Note(code="scim-off"))
        return
    for way, collection, page, path in WAYS:
        settings, gap = context.get(collection), context.lacks(collection)
        state = sso.setting(context, way)
        creates = settings.auto_create if settings else None
        is_absent = gap is not None and gap.why is MissingReason.NOT_ON_THIS_EDITION
        # A method that creates no accounts has no effect here, even if it is unknown whether it is
        # on.
        if state.is_on is False or creates is False or is_absent:
            continue
        if state.is_on is None or creates is None:
            why = "the settings do not contain the auto-create status"
            reason = state.reason or Undecidable(what=way.upper(), why=why)
            yield Unknown(subject=way, reason=reason)
            continue
        yield _violation(context, way, collection, page, path)


def _violation(
    context: RuleContext,
    way: sso.Way,
    collection: Collection[unleash.SsoSettings],
    page: UnleashPage,
    path: str,
) -> Violation:
    method = way.upper()
    return Violation(
        subject=way,
        message=f"{method} sign-on creates accounts while SCIM is on. {_consequence(context)}",
        evidence=(
            Evidence.of(
                collection,
                f"{way}.autoCreate",
                f"Auto-create users ({method})",
                observed="On",
                expected="Off",
            ),
        ),
        remediation=Remediation(
            steps=(
                (
                    "Check that every user who needs access is assigned in Okta; see "
                    "`user-not-provisioned` and `unmanaged-user`."
                ),
                f'{path}. Turn off "Auto-create users" and save.',
                (
                    "If SSO is configured through environment variables, change the deployment "
                    "instead. The console cannot change it."
                ),
            ),
            link=Steps(context.snapshot).unleash_link(page),
        ),
    )


def _consequence(context: RuleContext) -> str:
    instance = context.get(INSTANCE)
    version = (instance.version_enterprise or instance.version_oss) if instance else None
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version or "")
    if found is None:
        return (
            "Okta cannot remove these accounts. Before Unleash 7.2.3, sign-on also overwrites "
            "SCIM-managed users."
        )
    if tuple(map(int, found.groups())) < FIXED_IN:
        return f"In Unleash {version}, sign-on also overwrites SCIM-managed users."
    return "Users whom SCIM does not manage get an account that Okta cannot remove."
