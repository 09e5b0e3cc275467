"""The rule scim-disabled: SCIM must be on in Unleash."""

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
    id="scim-disabled",
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Unleash 2",
    problem="SCIM is turned off in Unleash",
    evidence=(
        "The auditor reads the SCIM settings. If they are unavailable, it reads the instance "
        "statistics, which can be some minutes old. The rule is not evaluated when neither source "
        "contains the status."
    ),
    remediation="Turn on SCIM in Unleash.",
    # No `requires`: one of the two sources is enough.
    may_read=SCIM_COLLECTIONS | {APP},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """SCIM is turned on in Unleash.

    While SCIM is off, Okta's pushes have no effect: new users do not arrive and deactivated users
    keep access. Accounts that SCIM managed can then be edited by hand.
    """
    # There is nothing to turn on: `unleash-too-old` reports this edition.
    if unleash_settings.is_scim_unsupported(context.snapshot):
        yield NotApplicable(reason=Note(code="no-scim"))
        return
    scim = unleash_settings.read_scim(context.snapshot)
    if scim.is_on is None:
        undecidable = Undecidable(why="no source contains the SCIM status")
        yield Unknown(reason=scim.reason or undecidable)
    elif not scim.is_on:
        yield _violation(context)


def _violation(context: RuleContext) -> Violation:
    paths = Steps(context.snapshot)
    return Violation(
        subject="instance",
        message=(
            "SCIM is turned off in Unleash. Okta's pushes have no effect, so new users do not "
            "arrive and deactivated users keep access."
        ),
        evidence=(
            Evidence.of(
                SCIM, "scim.enabled", "SCIM provisioning in Unleash", observed="Off", expected="On"
            ),
        ),
        remediation=Remediation(
            steps=(
                f"{steps.SCIM_PATH}. Turn on the SCIM toggle and save.",
                (
                    "If Unleash shows a token, none existed before. Copy it and enter it in "
                    f"{paths.integration} > Edit."
                ),
                (
                    'Do not select "Generate new token" while the present token works. It revokes '
                    "this token at once."
                ),
                paths.retry,
            ),
            link=paths.unleash_link(UnleashPage.SCIM),
        ),
    )
