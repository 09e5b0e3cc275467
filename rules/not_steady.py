"""The rule not-steady: a profile that did not change must not be pushed again and again."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from auditor.rule import (
    APP,
    ASSIGNMENTS,
    LOG,
    Affected,
    Cleared,
    Evidence,
    Family,
    Params,
    Positive,
    Remediation,
    Result,
    RuleContext,
    Severity,
    Steps,
    Undecidable,
    Unknown,
    Violation,
    count,
    event_meanings,
    moment,
    okta,
    rule,
    system_log,
)

MAX_SINGLE_USERS = 20
"""Number of users with findings of their own; more users are one finding of the app."""

Proof = event_meanings.EventProof
REASONS_OF_ALL = frozenset({Proof.MAPPING_CHANGED, Proof.SCHEMA_CHANGED, Proof.APP_CHANGED})
"""A change after which Okta pushes every user."""

REASONS_OF_USER = frozenset(
    {
        Proof.PROFILE_CHANGED,
        Proof.ASSIGNMENT_CHANGED,
        Proof.ASSIGNMENT_REMOVED,
        Proof.USER_CREATED,
        Proof.USER_REACTIVATED,
    }
)


class SteadyParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many pushes count as repeated."""

    pushes: Positive = 3
    """Number of pushes of one profile that counts as repeated."""

    window_hours: Positive = 24
    """Hours within which the pushes are counted."""

    @property
    def window(self) -> timedelta:
        """The window in which the pushes are counted."""
        return timedelta(hours=self.window_hours)

    @property
    def log_window(self) -> timedelta:
        """Two windows: the changes before the first push of a window are its reasons."""
        return 2 * self.window


@rule(
    id="not-steady",
    severity=Severity.MEDIUM,
    family=Family.ONLY_SIX,
    guide="Okta 5",
    problem="Okta pushes unchanged profiles repeatedly",
    many={
        "": (
            "Okta pushed the profiles of {n} users repeatedly without a change. "
            "Provisioning does not reach a steady state."
        )
    },
    evidence=(
        "The auditor counts successful profile pushes per user in the System Log; pushes with a "
        "reason do not count. Reasons are a profile update, a changed mapping or app schema, an "
        "edited assignment, a (re)activation and a mass push by an admin. The rule is not "
        "evaluated when the log covers less than the window."
    ),
    remediation="Remove all mappings except the six, and find the value that differs.",
    requires={LOG},
    may_read={APP, ASSIGNMENTS},
    params=SteadyParams,
    resolves_on_success=True,
)
def check(context: RuleContext, params: SteadyParams) -> Iterator[Result]:
    """Okta pushes a profile only after a change.

    Repeated pushes show that Okta does not reach a steady state. They can use up rate limits and
    hide real changes in the log.
    """
    log, window = context[LOG], params.window
    pushes = _pushes_without_reason(context, log.until - window)
    repeated = {user_id: times for user_id, times in pushes.items() if len(times) >= params.pushes}
    findings = [("app", repeated)]
    if len(repeated) <= MAX_SINGLE_USERS:
        findings = [(user_id, {user_id: times}) for user_id, times in sorted(repeated.items())]
    users = context.get(ASSIGNMENTS) or ()
    names = {each.user_id: each.label for each in users if each.user_id in repeated}
    # Before the tests below: pushes that were read are a fact, even if the log is too short.
    for subject, pushed in findings:
        yield _violation(context, params, subject, pushed, names)
    # Profile updates are read for a short time only; a push before that can have an unread reason.
    covered = log.until - max(log.since, log.profile_updates_since or log.since)
    if covered < window:
        hours = int(covered.total_seconds() // 3600)
        why = f"the System Log covers {hours} hours; the window is {params.window_hours} hours"
        yield Unknown(reason=Undecidable(why=why))
        return
    undecided = _users_with_undecided_pushes(context, pushes, log.until - window, params.pushes)
    if undecided - repeated.keys():
        why = (
            f"{count(len(undecided), 'user has', 'users have')} profile pushes whose outcome is "
            "unknown"
        )
        yield Unknown(reason=Undecidable(why=why))
        return
    # The window was read in full, so a user without repeated pushes in it is steady again.
    steady = {*pushes, *(each.user_id for each in users)} - repeated.keys()
    if len(repeated) <= MAX_SINGLE_USERS:
        steady.add("app")
    yield Cleared(subjects=frozenset(steady))


def _pushes_without_reason(context: RuleContext, since: datetime) -> dict[str, list[datetime]]:
    """Return the longest series of pushes after ``since``, by Okta user id, oldest first.

    A reason ends a series: it explains what follows, not what was before.
    """
    series = _series_of_pushes(context)
    recent = {
        user_id: [[at for at in times if at > since] for times in parts]
        for user_id, parts in series.items()
    }
    return {user_id: max(parts, key=len) for user_id, parts in recent.items()}


def _users_with_undecided_pushes(
    context: RuleContext, pushes: Mapping[str, Sequence[datetime]], since: datetime, most: int
) -> set[str]:
    """Return the users who have ``most`` pushes after ``since`` if unknown outcomes succeeded."""
    app_users = system_log.app_users(context)
    undecided = Counter(
        user_id
        for event in context[LOG].events
        if event.published_at > since
        and event_meanings.can_prove(event, Proof.USER_UPDATED)
        and app_users.is_of_this_app(event)
        and (user_id := app_users.user_of(event))
        and not _is_started_by_admin(event, user_id)
    )
    return {
        user_id
        for user_id, number in undecided.items()
        if number + len(pushes.get(user_id, ())) >= most
    }


def _series_of_pushes(context: RuleContext) -> dict[str, list[list[datetime]]]:
    """Return the times of profile pushes between two reasons, by Okta user id."""
    series: dict[str, list[list[datetime]]] = {}
    app_users = system_log.app_users(context)
    for event in context[LOG].events:
        proof = event_meanings.proof_of(event)
        if proof in REASONS_OF_ALL:
            # A mapping's event can name only the mapping or the user type (facts on Okta).
            if proof is not Proof.APP_CHANGED or system_log.is_of_app(context, event):
                for parts in series.values():
                    parts.append([])
            continue
        user_id = app_users.user_of(event)
        if user_id is None or not app_users.is_of_this_app(event):
            continue
        if proof in REASONS_OF_USER:
            series.setdefault(user_id, []).append([])
        elif proof is Proof.USER_UPDATED and not _is_started_by_admin(event, user_id):
            series.setdefault(user_id, [[]])[-1].append(event.published_at)
    return series


def _is_started_by_admin(event: okta.LogEvent, user_id: str) -> bool:
    """Whether an admin started the push: "Apply updates now", or a forced push of one user."""
    # Inferred (docs/inferred-facts.md): a push with another user as the actor was started by hand.
    return event.actor.type == "User" and event.actor.id != user_id


def _violation(
    context: RuleContext,
    params: SteadyParams,
    subject: str,
    repeated: dict[str, list[datetime]],
    names: dict[str, str],
) -> Violation:
    affected = [
        Affected(
            id=user_id,
            name=names.get(user_id, user_id),
            detail=f"{count(len(times), 'push', 'pushes')} between {moment(min(times))} and "
            f"{moment(max(times))}",
        )
        for user_id, times in repeated.items()
    ]
    affected.sort(key=lambda each: (each.name, each.id))
    most, steps = max(map(len, repeated.values())), Steps(context.snapshot)
    if subject == "app":
        message = (
            f"Okta pushes the profiles of {len(affected):,} users repeatedly without a change. "
            f"Provisioning of {steps.app} does not reach a steady state."
        )
    else:
        message = (
            f"Okta pushed the profile of {affected[0].name} {most} times within "
            f"{params.window_hours} hours without a change. Provisioning does not reach a steady "
            "state."
        )
    search = f'eventType eq "{system_log.PUSH_PROFILE_EVENT}"'
    return Violation(
        subject=subject,
        message=message,
        evidence=(
            Evidence.of(
                LOG,
                system_log.PUSH_PROFILE_EVENT,
                f"Profile pushes without a change, within {params.window_hours} hours",
                observed=str(most),
                expected=f"Fewer than {params.pushes}",
            ),
        ),
        affected=tuple(affected),
        since=min(min(times) for times in repeated.values()),
        remediation=Remediation(
            steps=(
                f"{steps.mappings}. Remove all mappings except the six; see `extra-attribute`.",
                (
                    "Compare the pushed values with the account in Unleash: Admin settings > Users "
                    f"> {affected[0].name}. Find the value that differs."
                ),
                (
                    f"Okta: Reports > System Log. Search for `{search}` and check the actor of the "
                    "pushes."
                ),
            ),
            link=steps.log_link(search),
            for_many=(
                "Start with one of these {n} users: {list}. The cause is usually the same mapping."
            ),
        ),
    )
