"""Provisioning comes to rest."""

from collections.abc import Iterator
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
    Remediation,
    Result,
    RuleContext,
    Severity,
    Undecidable,
    Unknown,
    Violation,
    console_links,
    rule,
    system_log,
)

MOST_APART = 20
"""So many restless people are findings of their own; more are one."""


class SteadyParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much repetition is too much."""

    pushes: int = 3
    """So many pushes of one person's profile ..."""

    window_hours: int = 24
    """... within so many hours, without a change of the profile between them."""

    @property
    def window(self) -> timedelta:
        """The span in which pushes are counted."""
        return timedelta(hours=self.window_hours)

    @property
    def log_window(self) -> timedelta:
        """See pushes before the window too: only of those people can it be said that they rest."""
        return 2 * self.window


@rule(
    id="not-steady",
    severity=Severity.MEDIUM,
    family=Family.ONLY_SIX,
    guide="Okta 5",
    evidence=(
        "The System Log: pushes of profiles, and changes of profiles. A push with a reason, or a "
        "quiet stretch as long as the window after the last one, closes it. A log shorter than "
        "the window cannot tell that all is quiet."
    ),
    remediation="Find the attribute that Unleash gives back differently, and stop sending it.",
    needs={LOG},
    params=SteadyParams,
    sticky=True,
)
def check(context: RuleContext, params: SteadyParams) -> Iterator[Result]:
    """A profile that did not change is not pushed over and over.

    Okta pushes again when what Unleash answers is not what it sent: an attribute that Unleash
    does not keep makes an endless loop, in whose noise the real changes drown.
    """
    log, window = context[LOG], params.window
    pushes = _pushes_since_change(context)
    restless = {
        user_id: recent
        for user_id, times in pushes.items()
        if len(recent := [at for at in times if at > log.until - window]) >= params.pushes
    }
    findings = [("app", restless)]
    if len(restless) <= MOST_APART:
        findings = [(user_id, {user_id: times}) for user_id, times in sorted(restless.items())]
    people = context.get(ASSIGNMENTS) or ()
    names = {each.user_id: each.label for each in people if each.user_id in restless}
    for subject, pushed in findings:
        yield _breach(context, params, subject, pushed, names)
    if log.until - log.since < window:
        yield Unknown(
            reason=Undecidable(why=f"{LOG} was read for less than {params.window_hours} hours")
        )
        return
    if len(restless) <= MOST_APART:
        yield Cleared(subject="app")
    for user_id in sorted(pushes.keys() - restless.keys()):
        yield Cleared(subject=user_id)


def _pushes_since_change(context: RuleContext) -> dict[str, list[datetime]]:
    """Return when each person was pushed, from the last change of their profile on."""
    times: dict[str, list[datetime]] = {}
    for event in context[LOG].events:
        person = system_log.person_of(event)
        if person is None or event.result != system_log.SUCCESS:
            continue
        if event.type == system_log.PROFILE_CHANGED and person in times:
            times[person].clear()
        elif event.type == system_log.UPDATED and system_log.is_of_app(context, event):
            times.setdefault(person, []).append(event.published_at)
    return times


def _breach(
    context: RuleContext,
    params: SteadyParams,
    subject: str,
    restless: dict[str, list[datetime]],
    names: dict[str, str],
) -> Violation:
    affected = [
        Affected(id=user_id, name=names.get(user_id, user_id), detail=f"{len(times)} pushes")
        for user_id, times in restless.items()
    ]
    affected.sort(key=lambda each: (each.name, each.id))
    whom = affected[0].name if len(affected) == 1 else f"{len(affected)} people"
    app = context.get(APP)
    return Violation(
        subject=subject,
        message=(
            f"Okta keeps pushing {whom}: {params.pushes} times or more within "
            f"{params.window_hours} hours, though the profile did not change."
        ),
        evidence=(
            Evidence(
                collection=str(LOG),
                field=system_log.UPDATED,
                observed=f"{max(map(len, restless.values()))} pushes without a change between",
                expected=f"fewer than {params.pushes}",
            ),
        ),
        affected=tuple(affected),
        since=min(min(times) for times in restless.values()),
        remediation=Remediation(
            steps=(
                (
                    f"{console_links.app_path(app, console_links.Tab.TO_APP)}: unmap all but "
                    "the six attributes."
                ),
                "Compare the person's attributes in Okta with what Unleash shows.",
            ),
            link=console_links.system_log(context.target, f'eventType eq "{system_log.UPDATED}"'),
        ),
    )
