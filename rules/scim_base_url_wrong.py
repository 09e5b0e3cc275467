"""The rule scim-base-url-wrong: the SCIM connector must point to Unleash's SCIM endpoint."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.rule import (
    APP,
    CONNECTION,
    INSTANCE,
    PEOPLE_COLLECTIONS,
    Basis,
    Evidence,
    Family,
    NoParams,
    Note,
    Passed,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Tab,
    Unknown,
    Violation,
    attestation_result,
    connector_proof,
    contradicting_attestation,
    rule,
    shorten,
    steps,
)

RULE = "scim-base-url-wrong"
DEFAULT_PORTS = {"https": ":443", "http": ":80"}


@rule(
    id=RULE,
    severity=Severity.HIGH,
    family=Family.CONNECTION,
    guide="Okta 3",
    problem="Okta's SCIM connector points to the wrong URL",
    evidence=(
        "The auditor reads the connector's base URL where Okta exposes it; most custom apps need "
        "an attestation. The expected URL is the origin of Unleash, its base path and `/scim`. The "
        "base path comes from Unleash's UI configuration; `unleashUrl` can lack it."
    ),
    remediation="Set the connector's base URL to Unleash's SCIM endpoint.",
    may_read=PEOPLE_COLLECTIONS | {APP, CONNECTION, INSTANCE},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Okta's SCIM connector points to Unleash's SCIM endpoint.

    With a wrong base URL, pushes fail or change another Unleash instance. Leavers then keep access
    to this one.
    """
    connection, paths = context.get(CONNECTION), Steps(context.snapshot)
    observed = _plain(connection.base_url) if connection and connection.base_url else None
    endpoint = _plain(paths.endpoint)
    if observed in _endpoints(context):
        yield Passed(basis=Basis.REPORTED)
    # Without the base path, another address can still be the right one.
    elif observed and (missing := context.missing_reason(INSTANCE, "the base path of Unleash")):
        yield Unknown(subject=context.target.app_id, reason=missing)
    elif observed:
        yield _violation(context, observed, endpoint)
    elif connector_proof.linked_since_app_changed(context):
        yield Passed(basis=Basis.PROXY, note=Note(code="linked-after-change"))
    else:
        todo = (
            f'Open {paths.integration}. The field "SCIM connector base URL" must be '
            f"{endpoint}. Then add an attestation for `{RULE}`."
        )
        yield attestation_result(context, RULE, context.target.app_id, todo)


def _endpoints(context: RuleContext) -> frozenset[str]:
    """Return the endpoint under the configured origin, and under the origin that Unleash states."""
    instance = context.get(INSTANCE)
    roots = {steps.scim_endpoint(context.snapshot)}
    if instance and instance.unleash_url and instance.base_uri_path is not None:
        # Okta can reach Unleash under another origin than the auditor does.
        own = urlsplit(instance.unleash_url)
        base = instance.base_uri_path.rstrip("/")
        roots.add(f"{own.scheme}://{own.netloc}{base}/scim")
    return frozenset(map(_plain, roots))


def _violation(context: RuleContext, observed: str, endpoint: str) -> Violation:
    paths, app_id = Steps(context.snapshot), context.target.app_id
    root = endpoint.removesuffix("/scim")
    is_old = observed == f"{root}/api/scim"
    if is_old:
        message = (
            f"Okta's SCIM connector uses the old form {shorten(observed, 60)}. The SCIM endpoint "
            f"is {shorten(endpoint, 60)}, so pushes can fail."
        )
    else:
        message = (
            f"Okta's SCIM connector points to {shorten(observed, 60)}, not to "
            f"{shorten(endpoint, 60)}. Pushes fail or reach another Unleash instance."
        )
    return Violation(
        subject=app_id,
        message=f"{message}{contradicting_attestation(context, RULE, app_id)}",
        evidence=(
            Evidence.of(
                CONNECTION,
                "connection.baseUrl",
                "SCIM connector base URL",
                observed=f"{observed} (old form)" if is_old else observed,
                expected=endpoint,
            ),
        ),
        remediation=Remediation(
            steps=(
                f'{paths.integration} > Edit. Set "SCIM connector base URL" to {endpoint}.',
                steps.TEST_CONNECTOR,
                paths.retry,
                (
                    "For an instance under a base path, the SCIM tab of Unleash can show a URL "
                    f"without this path. Use {endpoint}."
                ),
            ),
            link=paths.link(Tab.INTEGRATION),
        ),
    )


def _plain(url: str) -> str:
    """Write an address in one form, without userinfo, which can contain a password."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "an unreadable address"
    host = parts.netloc.lower().rpartition("@")[2]
    default = DEFAULT_PORTS.get(parts.scheme, "")
    return f"{parts.scheme}://{host.removesuffix(default)}{parts.path.rstrip('/')}"
