"""The rule unleash-too-old: version and edition of Unleash must support SCIM."""

import re
from collections.abc import Iterator

from auditor.rule import (
    APP,
    INSTANCE,
    SCIM,
    SCIM_COLLECTIONS,
    Evidence,
    Family,
    NoParams,
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

FIRST = (6, 1, 4)
"""6.1.0 lacked SCIM; 6.1.4 is the first version in which it works."""

CONSEQUENCE = "Okta's pushes have no effect, deactivations included."


@rule(
    id="unleash-too-old",
    severity=Severity.MEDIUM,
    family=Family.CONNECTION,
    guide="Unleash 1",
    problem="Unleash version or edition does not support SCIM",
    evidence=(
        "The auditor reads the version from Unleash's UI configuration and checks whether the SCIM "
        "settings exist. The edition named in the UI configuration is a hint, not proof. The rule "
        "is not evaluated without a readable version, or when no source shows whether the edition "
        "has SCIM."
    ),
    remediation="Upgrade to Unleash Enterprise 6.1.4 or later.",
    requires={INSTANCE},
    may_read=SCIM_COLLECTIONS | {APP},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Unleash is an Enterprise edition, version 6.1.4 or later.

    SCIM works only in Unleash Enterprise 6.1.4 or later. On other versions Okta's pushes have no
    effect, so deactivated users keep their accounts.
    """
    instance = context[INSTANCE]
    version = instance.version_enterprise or instance.version_oss
    numbers = _numbers(version or "")
    # First, because an edition without SCIM is wrong in every version.
    if unleash_settings.is_scim_unsupported(context.snapshot):
        yield _violation(
            context,
            f"This edition of Unleash has no SCIM (version {version or 'unknown'}). {CONSEQUENCE}",
            "Unleash edition",
            "Open source (the SCIM settings do not exist)",
            "Enterprise",
        )
    elif numbers is None:
        why = f'"{version}" is not a version number' if version else "no version is stated"
        yield Unknown(subject="instance", reason=Undecidable(why=why))
    elif numbers < FIRST:
        yield _violation(
            context,
            f"SCIM needs Unleash 6.1.4 or later; this instance runs {version}. {CONSEQUENCE}",
            "Unleash version",
            str(version),
            "6.1.4 or later",
        )
    # SCIM that is on proves that the edition has it.
    elif not unleash_settings.read_scim(context.snapshot).is_on and (
        missing := context.missing_reason(SCIM, "whether this edition has SCIM")
    ):
        yield Unknown(subject="instance", reason=missing)


def _numbers(version: str) -> tuple[int, ...] | None:
    """Read ``7.5.0`` or ``v7.5.0-main.3``; a pre-release counts as its release."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    return tuple(int(number) for number in found.groups()) if found else None


def _violation(
    context: RuleContext, message: str, label: str, observed: str, expected: str
) -> Violation:
    return Violation(
        subject="instance",
        message=message,
        evidence=(
            Evidence.of(INSTANCE, "unleash.version", label, observed=observed, expected=expected),
        ),
        remediation=Remediation(
            steps=(
                f"Check the version. {steps.INSTANCE_STATS_PATH}.",
                (
                    "Upgrade to Unleash Enterprise 6.1.4 or later. For a hosted instance, contact "
                    "Unleash."
                ),
            ),
            link=Steps(context.snapshot).unleash_link(UnleashPage.INSTANCE),
        ),
    )
