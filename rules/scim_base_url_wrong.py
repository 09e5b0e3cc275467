"""Okta knocks at the right door."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.rule import (
    APP,
    CONNECTION,
    INSTANCE,
    Evidence,
    Family,
    NoParams,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Violation,
    attestation_result,
    console_links,
    contradicting_attestation,
    rule,
)

RULE = "scim-base-url-wrong"


@rule(
    id=RULE,
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Okta 3",
    evidence=(
        "The connector's base URL where Okta tells it, which it does for few kinds of app; for "
        "the others somebody has to look and attest it."
    ),
    remediation="Set the connector's base URL to Unleash's own address followed by /scim.",
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """The connector's base URL is Unleash's address followed by /scim.

    With another one the pushes fail, or provision another Unleash than the one that is audited.
    """
    wanted = f"{context.target.unleash_url}/scim"
    connection, app = context.get(CONNECTION), context.get(APP)
    seen = _plain(connection.base_url) if connection and connection.base_url else None
    place = console_links.app_path(app, console_links.Tab.INTEGRATION)
    if seen is None:
        yield attestation_result(
            context,
            "scim-base-url-wrong",
            context.target.app_id,
            f"Look at {place}: the SCIM connector base URL must be {wanted}.",
        )
    elif seen not in (doors := _doors(context)):
        is_old = seen.endswith("/api/scim") and seen.removesuffix("/api/scim") + "/scim" in doors
        what = "the form of older guides" if is_old else "not the Unleash that is audited"
        yield Violation(
            subject=context.target.app_id,
            message=(
                f"Okta's connector points to {seen}, {what}: pushes belong to {wanted}."
                f"{contradicting_attestation(context, RULE, context.target.app_id)}"
            ),
            evidence=(
                Evidence(
                    collection=str(CONNECTION),
                    field="connection.baseUrl",
                    label="SCIM connector base URL",
                    observed=seen,
                    expected=wanted,
                ),
            ),
            remediation=Remediation(
                steps=(
                    f"{place}: set the SCIM connector base URL to {wanted}.",
                    "Test the connector and save.",
                ),
                link=console_links.app_page(context.target, app, console_links.Tab.INTEGRATION),
            ),
        )


def _doors(context: RuleContext) -> frozenset[str]:
    """Return the base URLs that lead to this Unleash: as configured, and as it calls itself."""
    instance = context.get(INSTANCE)
    own = (context.target.unleash_url, instance.unleash_url if instance else None)
    return frozenset(_plain(f"{url.rstrip('/')}/scim") for url in own if url)


def _plain(url: str) -> str:
    """Write an address in one way, without what may be a password in it."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "an unreadable address"
    host = parts.netloc.lower().rpartition("@")[2]
    default = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    return f"{parts.scheme}://{host.removesuffix(default)}{parts.path.rstrip('/')}"
