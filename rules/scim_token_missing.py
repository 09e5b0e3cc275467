"""The rule scim-token-missing: Unleash must have a SCIM token while SCIM is on."""

from collections.abc import Iterator

from auditor.rule import (
    APP,
    SCIM,
    SCIM_COLLECTIONS,
    Evidence,
    Family,
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
    steps,
    unleash_settings,
)


@rule(
    id="scim-token-missing",
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Unleash 2",
    problem="Unleash has no SCIM token",
    evidence=(
        "The auditor reads from the SCIM settings whether a token exists. It never reads the "
        "token. The rule is not evaluated when the SCIM settings are unavailable or do not contain "
        "this value."
    ),
    remediation="Create a SCIM token in Unleash and enter it in the connector.",
    may_read=SCIM_COLLECTIONS | {APP},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Unleash has a SCIM token while SCIM is on.

    Without a token, Unleash cannot authenticate Okta. Every push fails, deactivations included.
    """
    if unleash_settings.is_scim_unsupported(context.snapshot):
        yield NotApplicable(reason=Note(code="no-scim"))
        return
    scim = unleash_settings.read_scim(context.snapshot)
    if scim.is_on is False:
        yield NotApplicable(reason=Note(code="scim-off"))
        return
    if scim.is_on is None:
        undecidable = Undecidable(why="no source contains the SCIM status")
        yield Unknown(reason=scim.reason or undecidable)
        return
    # The statistics can show that SCIM is on, but only the settings show the token.
    has_token = context[SCIM].has_token
    if has_token is None:
        why = "the SCIM settings do not state whether a token exists"
        yield Unknown(subject="instance", reason=Undecidable(why=why))
    elif not has_token:
        yield _violation(context)


def _violation(context: RuleContext) -> Violation:
    paths = Steps(context.snapshot)
    return Violation(
        subject="instance",
        message=(
            "SCIM is on in Unleash, but no SCIM token exists. Okta cannot authenticate, so every "
            "push fails."
        ),
        evidence=(
            Evidence.of(
                SCIM,
                "scim.hasToken",
                "SCIM token in Unleash",
                observed="None",
                expected="One token, which is also entered in Okta",
            ),
        ),
        remediation=Remediation(
            steps=(
                (
                    f"{steps.SCIM_PATH}. Turn the SCIM toggle off and on again. Unleash creates a "
                    "token when none exists."
                ),
                "Copy the token. Unleash shows it once.",
                f"{paths.integration} > Edit. Enter the token under HTTP Header > Authorization.",
                steps.TEST_CONNECTOR,
                paths.retry,
            ),
            link=paths.unleash_link(UnleashPage.SCIM),
        ),
    )
