"""Unleash can be provisioned at all."""

import re
from collections.abc import Iterator

from auditor.rule import (
    INSTANCE,
    SCIM,
    STATISTICS,
    Evidence,
    Family,
    NoParams,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    console_links,
    rule,
    unleash_settings,
)

FIRST = (6, 1, 4)
"""6.1.0 promised SCIM; 6.1.4 is the first release in which it works."""


@rule(
    id="unleash-too-old",
    severity=Severity.MEDIUM,
    family=Family.CONNECTION,
    guide="Unleash 1",
    evidence=(
        "The version of ui-config, and whether the SCIM settings exist. Without the version, or "
        "when nothing shows that this edition has SCIM, it cannot tell."
    ),
    remediation="Upgrade to Unleash Enterprise 6.1.4 or later.",
    needs={INSTANCE},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Unleash is an Enterprise edition of version 6.1.4 or later.

    Older ones, and the open-source edition, do not take what Okta sends: people are assigned,
    nothing arrives, and nobody who leaves is ever removed.
    """
    instance = context[INSTANCE]
    version = instance.version_enterprise or instance.version_oss
    numbers = _numbers(version or "")
    if unleash_settings.is_scim_unsupported(context.snapshot):
        gap = context.lacks(SCIM)
        yield _breach(
            context,
            f"This edition of Unleash ({version or 'no version told'}) has no SCIM",
            f"{SCIM}: {gap}",
        )
    elif numbers is None:
        why = f"{version!r} is no version number" if version else "Unleash states no version"
        yield Unknown(subject="instance", reason=Undecidable(why=why))
    elif numbers < FIRST:
        yield _breach(context, f"SCIM does not work in Unleash {version}", f"version {version}")
    elif (
        missing := context.missing_reason(SCIM, "whether this edition has SCIM")
    ) and not _shown_elsewhere(context):
        yield Unknown(subject="instance", reason=missing)


def _numbers(version: str) -> tuple[int, ...] | None:
    """Read ``7.5.0`` or ``v7.5.0-main.3``; a pre-release counts as what it leads to."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    return tuple(int(number) for number in found.groups()) if found else None


def _shown_elsewhere(context: RuleContext) -> bool:
    statistics = context.get(STATISTICS)
    return bool(statistics and statistics.scim_enabled)


def _breach(context: RuleContext, what: str, seen: str) -> Violation:
    return Violation(
        subject="instance",
        message=f"{what}: Okta's pushes do not arrive, and nobody who leaves is removed.",
        evidence=(
            Evidence(
                collection=str(INSTANCE),
                field="unleash.version",
                label="Version",
                observed=seen,
                expected="Enterprise, 6.1.4 or later",
            ),
        ),
        remediation=Remediation(
            steps=("Upgrade Unleash to an Enterprise edition of version 6.1.4 or later.",),
            link=console_links.unleash_page(context.target, console_links.UnleashPage.INSTANCE),
        ),
    )
