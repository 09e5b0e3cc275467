"""The rule scim-endpoint-down: Unleash's SCIM endpoint must answer as a SCIM endpoint."""

from collections.abc import Iterator
from datetime import timedelta

from auditor.rule import (
    APP,
    INSTANCE,
    LOG,
    SCIM_COLLECTIONS,
    SCIM_ENDPOINT,
    Basis,
    Evidence,
    Family,
    NoParams,
    NotApplicable,
    Note,
    Passed,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Undecidable,
    Unknown,
    UnleashPage,
    Violation,
    moment,
    rule,
    shorten,
    system_log,
    unleash,
    unleash_settings,
)

Answer = unleash.ScimAnswer
ANSWERED = frozenset({Answer.SCIM, Answer.REFUSED})
DOWN = frozenset({Answer.HTML, Answer.NOT_FOUND})
RECENT = timedelta(hours=1)
"""A push of the hour before the answer contradicts it."""


@rule(
    id="scim-endpoint-down",
    severity=Severity.MEDIUM,
    family=Family.CONNECTION,
    guide="Okta 3",
    problem="Unleash's SCIM endpoint is not available",
    evidence=(
        "The auditor sends `GET {endpoint}/Users?startIndex=1&count=1` without a token, at most "
        "hourly. JSON with 401 or 403, or SCIM JSON, means available. HTML or 404 means not "
        "available, unless a push has succeeded since the previous audit; then, and for any other "
        "answer, the rule is not evaluated. The behaviour of Unleash Enterprise is inferred: a "
        'pass has the basis "proxy". Not applicable while SCIM is off, on an edition without SCIM, '
        "and with `scim_probe = false`."
    ),
    remediation="Check SCIM, the address and the proxy in front of Unleash.",
    may_read=SCIM_COLLECTIONS | {APP, LOG, SCIM_ENDPOINT},
    params=NoParams,
)
def check(context: RuleContext, _: NoParams) -> Iterator[Result]:
    """Unleash's SCIM endpoint answers SCIM requests.

    Okta sends every change to this endpoint. If a web page or an error answers instead, no change
    reaches Unleash.
    """
    if not context.target.scim_probe:
        yield NotApplicable(reason=Note(code="probe-off"))
        return
    if unleash_settings.is_scim_unsupported(context.snapshot):
        yield NotApplicable(reason=Note(code="no-scim"))
        return
    scim = unleash_settings.read_scim(context.snapshot)
    if scim.is_on is False:
        yield NotApplicable(reason=Note(code="scim-off"))
        return
    if missing := context.missing_reason(INSTANCE, "the address of the SCIM endpoint"):
        yield Unknown(subject="instance", reason=missing)
        return
    # Not in `requires`: where the rule does not apply, a missing answer must not make it unknown.
    endpoint = context[SCIM_ENDPOINT]
    if scim.is_on is None:
        yield Unknown(subject="instance", reason=scim.reason or Undecidable(why="SCIM is unknown"))
    elif endpoint.answer in ANSWERED:
        note = Note(code="answered-without-token", about=str(endpoint.status))
        yield Passed(basis=Basis.PROXY, note=note)
    elif endpoint.answer not in DOWN:
        kind = endpoint.content_type or "no content type"
        why = f"the SCIM endpoint answered {endpoint.status} ({kind}), which proves neither state"
        yield Unknown(subject="instance", reason=Undecidable(why=why))
    # An answer alone is no violation: a push in the log can contradict it.
    elif missing := context.missing_reason(LOG, "whether a push contradicts the answer"):
        yield Unknown(subject="instance", reason=missing)
    elif push := _contradicting_push(context, endpoint):
        why = f"the SCIM endpoint answered {_answer(endpoint)}, but a push succeeded on {push}"
        yield Unknown(subject="instance", reason=Undecidable(why=why))
    else:
        yield _violation(context, endpoint)


def _contradicting_push(context: RuleContext, endpoint: unleash.ScimEndpoint) -> str:
    """Return when a push succeeded that contradicts the answer; empty: none did."""
    push = system_log.last_success(context)
    is_recent = push is not None and push.published_at > endpoint.at - RECENT
    return moment(push.published_at) if push and is_recent else ""


def _answer(endpoint: unleash.ScimEndpoint) -> str:
    if endpoint.answer is Answer.HTML:
        return f"{endpoint.status}, a web page (text/html)"
    return f"{endpoint.status} (not found)"


def _violation(context: RuleContext, endpoint: unleash.ScimEndpoint) -> Violation:
    url = shorten(endpoint.url, 80)
    what = (
        "answers with a web page instead of SCIM"
        if endpoint.answer is Answer.HTML
        else "answers 404 (not found)"
    )
    return Violation(
        subject="instance",
        message=f"{url} {what}. Seen from the auditor's network; Okta's pushes can fail.",
        evidence=(
            Evidence.of(
                SCIM_ENDPOINT,
                "answer",
                "Answer of the SCIM endpoint",
                observed=_answer(endpoint),
                expected="SCIM JSON, 401 or 403",
            ),
        ),
        remediation=Remediation(
            steps=(
                (
                    "Check that SCIM is on; see `scim-disabled`. Check version and edition; see "
                    "`unleash-too-old`."
                ),
                (
                    "Check the address and base path of Unleash in the auditor's configuration "
                    "(`target.unleash`)."
                ),
                (
                    "Check the reverse proxy or load balancer. It must forward "
                    f"{endpoint.url} to Unleash."
                ),
                f"Run `auditor doctor -t {context.target.name}`.",
            ),
            link=Steps(context.snapshot).unleash_link(UnleashPage.SCIM),
        ),
    )
