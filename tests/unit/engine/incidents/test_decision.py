from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.domain.collections import MAPPINGS, OWN_TOKENS, MissingData, MissingReason
from auditor.domain.remediation.missing_data import missing_data_remediation
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import AccessToken
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.changes.diff import Actor, Change, Confidence, ConfigurationRead
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.incidents.decision import DEFAULT, Decision, acknowledge, decide_notifications
from auditor.engine.incidents.incident import NOT_EVALUATED, Acknowledgement, IncidentStatus
from auditor.engine.incidents.notices import silent
from auditor.engine.incidents.notification import ChangesNotice, Incidents, Notice, NotificationKind
from auditor.engine.incidents.policy import NotificationPolicy, NotifyReason
from auditor.rule.reason_text import reason_text
from auditor.rule.results import Affected, Evidence, Remediation
from auditor.rule.severity import Severity
from tests.support.builders.contexts import TARGET
from tests.support.builders.findings import (
    START,
    TIMED_OUT,
    evaluated,
    finding,
    hours,
    missing_reason,
    remember,
)

CLEAN = ("email-not-login", "push-flag-off")
MAPPING_GONE = MissingData(why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/mappings", status=403)


WHY: dict[int | None, MissingReason] = {
    401: MissingReason.UNAUTHORIZED,
    403: MissingReason.FORBIDDEN,
    404: MissingReason.NOT_FOUND,
}


class Story:
    """A target's runs, each announced; the memory is what a store would keep."""

    def __init__(self) -> None:
        self.memory = PreviousAudits()
        self.told: Decision

    def run(self, *findings, hour: float, missing=None, **more):
        """Audit at ``hour``; ``more`` are arguments of ``audit`` and of ``evaluated``."""
        names = {"changes", "world", "waivers", "promises", "alerts"}
        options = {name: more.pop(name) for name in names & more.keys()}
        seen = evaluated(*findings, rules=CLEAN, **more)
        return self.audit(seen, hour=hour, missing=missing, **options)

    def audit(
        self,
        seen: Evaluated,
        *,
        hour: float,
        changes: tuple[Change, ...] = (),
        missing: dict[str, MissingData] | None = None,
        world: dict[str, Any] | None = None,
        waivers: tuple[Waiver, ...] = (),
        promises: tuple[Attestation | Waiver, ...] = (),
        alerts: NotificationPolicy = DEFAULT,
    ):
        at = hours(hour)
        reconciled = reconcile(
            self.memory.known,
            seen,
            self.memory.configurations,
            target=TARGET.name,
            at=at,
            waivers=waivers,
        )
        snapshot = Snapshot(target=TARGET, taken_at=at, read=world or {}, missing=missing or {})
        titles = {"push-flag-off": "Okta creates, updates and deactivates people."}
        known = self.memory.notified_state.causes if self.memory.notified_state else {}
        reconciled, causes = assign_causes(reconciled, seen, changes, known, at=at)
        self.told = decide_notifications(
            reconciled,
            changes,
            snapshot,
            before=self.memory.notified_state,
            is_first_audit=self.memory.configurations is None,
            read_before=self.memory.collections_read,
            titles=titles,
            causes=causes,
            alerts=alerts,
            promises=promises,
        )
        looks = self.memory.configuration_reads
        self.memory = replace(
            remember(reconciled, seen, self.memory),
            notified_state=self.told.notified_state,
            configuration_reads=looks,
        )
        return self.told.notifications


@pytest.fixture
def story() -> Story:
    """A target that was audited once and was clean."""
    story = Story()
    story.run(hour=0)
    return story


def reasons(notifications) -> list[NotifyReason]:
    return [
        update.reason
        for each in notifications
        if isinstance(each.about, Incidents)
        for update in each.about.updates
    ]


def change(path: str = "mapping[oty1].email.expression", **more: Any) -> Change:
    plain = Change(
        collection=MAPPINGS.name,
        path=path,
        before="user.login",
        after="user.email",
        since=hours(0),
        until=hours(1),
    )
    return replace(plain, **more)


def email_not_login(*, affected: int = 0, **more):
    people = tuple(Affected(id=f"u{n}", name=f"Person {n}") for n in range(affected))
    return replace(
        finding("email-not-login", "oty1", affected=people, **more),
        evidence=(
            Evidence(
                collection=MAPPINGS.name,
                field="mapping[oty1].email.expression",
                observed="user.email",
                expected="user.login",
            ),
        ),
        remediation=Remediation(
            steps=("Set Email to user.login.",), link="https://acme-admin.okta.com/x"
        ),
    )


def explained(one):
    """Return the finding with evidence that :func:`change` explains."""
    return replace(one, evidence=email_not_login().evidence)


OFF = explained(finding())
ALSO_OFF = explained(finding(subject="update-attributes"))


def test_the_first_audit_is_one_message_that_calls_nobody():
    story = Story()
    (one,) = story.run(finding(), email_not_login(severity=Severity.CRITICAL), hour=0)
    assert one.about.kind is NotificationKind.BASELINE
    assert [card.rule for card in one.about.states] == ["email-not-login", "push-flag-off"]
    assert one.about.attach_report
    assert not one.mentions


def test_a_first_audit_that_finds_nothing_says_what_it_rests_on():
    (one,) = Story().run(hour=0)
    assert one.about == Notice(
        title="First audit of production: no findings. 2 rules: 2 passed. "
        "From now on, changes are reported."
    )


@pytest.mark.parametrize("severity", Severity)
def test_a_first_audit_with_an_unknown_rule_is_reported_as_incomplete_and_never_as_clean(severity):
    seen = evaluated(rules=CLEAN, unknown_rules=("email-not-login",))
    verdicts = tuple(replace(each, severity=severity) for each in seen.verdicts)
    (one,) = Story().audit(replace(seen, verdicts=verdicts), hour=0)
    assert one.about.states[0].title == "Audit incomplete: 1 rule not evaluated"


def test_nothing_new_is_nothing_to_say(story):
    assert story.run(hour=1) == ()
    story.run(finding(), hour=2)
    assert story.run(finding(), hour=3) == ()


def test_a_new_breach_begins_an_incident_and_calls(story):
    (one,) = story.run(finding(), hour=1)
    assert (one.severity, one.rules, one.mentions) == (Severity.HIGH, ("push-flag-off",), True)
    (card,) = one.about.states
    assert card.title == "Create Users is off: new users get no account"
    assert card.lines == ("create-users is off",)
    assert (card.since, card.dated, card.note) == (hours(1), False, "")
    (update,) = one.about.updates
    assert (update.affected_before, update.severity_before) == (0, None)
    assert not one.about.attach_report


def test_a_story_is_told_in_one_thread(story):
    threads = set()
    said = []
    for hour, findings in enumerate(
        [
            [OFF],
            [OFF, ALSO_OFF],
            [ALSO_OFF],
            [],
            [OFF],
        ]
    ):
        (one,) = story.run(*findings, hour=1 + hour, changes=() if hour else (change(),))
        threads.add(one.thread)
        said += reasons([one])
    assert len(threads) == 1
    assert said == [
        NotifyReason.NEW,
        NotifyReason.WORSE,
        NotifyReason.BETTER,
        NotifyReason.RESOLVED,
        NotifyReason.REOPENED,
    ]


def test_what_comes_back_after_a_week_begins_a_new_thread(story):
    (first,) = story.run(finding(), hour=1)
    story.run(hour=2)
    story.run(hour=3)
    for day in range(1, 9):
        story.run(hour=24 * day)
    (again,) = story.run(finding(), hour=24 * 8 + 20)
    assert reasons([again]) == [NotifyReason.REOPENED]
    assert again.thread != first.thread


def test_what_comes_back_within_a_week_continues_its_thread(story):
    (first,) = story.run(finding(), hour=1)
    story.run(hour=2)
    _, again = story.run(finding(), hour=2 + 24 * 7)
    assert reasons([again]) == [NotifyReason.REOPENED]
    assert again.thread == first.thread


def test_what_lasts_for_weeks_keeps_its_thread(story):
    (first,) = story.run(finding(severity=Severity.LOW), hour=1)
    for day in range(1, 9):
        assert story.run(finding(severity=Severity.LOW), hour=24 * day) == ()
    (worse,) = story.run(finding(severity=Severity.MEDIUM), hour=24 * 9)
    assert (worse.thread, reasons([worse])) == (first.thread, [NotifyReason.WORSE])


def test_what_comes_back_long_after_a_storm_begins_a_thread_of_its_own(story):
    (storm,) = story.run(*many(6), hour=1)
    story.run(*many(5), hour=2)
    for day in range(1, 9):
        story.run(*many(5), hour=24 * day)
    said = story.run(*many(6), hour=24 * 9)
    (again,) = [each for each in said if reasons([each]) == [NotifyReason.REOPENED]]
    assert again.rules == ("rule-5",)
    assert again.thread != storm.thread


def test_one_that_comes_back_makes_it_a_return(story):
    story.run(OFF, hour=1)
    for day in range(1, 10):
        story.run(hour=24 * day)
    (one,) = story.run(OFF, ALSO_OFF, hour=24 * 10, changes=(change(until=hours(24 * 10)),))
    assert reasons([one]) == [NotifyReason.REOPENED]


def test_what_grows_more_severe_rises(story):
    said = [
        story.run(finding(severity=severity), hour=hour)[0].about.updates[0]
        for hour, severity in enumerate(
            (Severity.MEDIUM, Severity.CRITICAL, Severity.HIGH), start=1
        )
    ]
    assert [update.rises for update in said] == [False, True, False]
    (more,) = story.run(
        finding(severity=Severity.HIGH), finding(subject="b", severity=Severity.HIGH), hour=5
    )
    assert [update.rises for update in more.about.updates] == [False]


def test_reminders_come_further_and_further_apart(story):
    told = [
        hour
        for hour in range(1, 24 * 20)
        if NotifyReason.REMINDER
        in reasons(story.run(finding(severity=Severity.CRITICAL), hour=hour))
    ]
    day, week = 24, 24 * 7
    assert told == [5, 5 + day, 5 + day + week, 5 + day + 2 * week]


def test_what_is_news_again_is_reminded_of_anew(story):
    for hour in (1, 25):
        story.run(OFF, hour=hour, changes=(change(),) if hour == 1 else ())
    assert reasons(story.run(OFF, ALSO_OFF, hour=49)) == [NotifyReason.WORSE]
    assert reasons(story.run(OFF, ALSO_OFF, hour=72)) == []
    assert reasons(story.run(OFF, ALSO_OFF, hour=73)) == [NotifyReason.REMINDER]


def test_what_is_shown_is_redrawn_without_a_word(story):
    story.run(email_not_login(affected=10), hour=1)
    (one,) = story.run(email_not_login(affected=12), hour=2)
    assert one.about.updates == ()
    assert one.about.states[0].affected == 12
    assert not one.mentions


def test_slow_growth_is_told_once_it_has_doubled(story):
    story.run(email_not_login(affected=10), hour=1)
    said = []
    for hour, affected in enumerate((13, 16, 19, 21), start=2):
        said += reasons(story.run(email_not_login(affected=affected), hour=hour))
    assert said == [NotifyReason.WORSE]


def test_people_are_counted_once_and_ten_are_named(story):
    one = email_not_login(affected=30)
    two = replace(one, id="another", subject="oty2")
    (told,) = story.run(one, two, hour=1, changes=(change(),))
    (card,) = told.about.states
    assert (card.affected, len(card.people)) == (30, 10)


def test_more_than_the_files_list_are_still_counted(story):
    (told,) = story.run(replace(email_not_login(affected=100), affected_count=4322), hour=1)
    assert told.about.states[0].affected == 4322


def test_a_change_that_explains_a_breach_is_told_with_it_and_dates_it(story):
    ada = Actor(name="Ada Admin", actor_id="00u1", at=hours(0.5), event_id="abc-1")
    told = change(confidence=Confidence.LIKELY, actors=(ada,))
    (one,) = story.run(email_not_login(), hour=1, changes=(told,))
    (card,) = one.about.states
    assert card.change == told
    assert (card.since, card.dated) == (hours(0.5), True)
    assert [link.label for link in card.links] == ["Put it back", "Log entry"]


def test_who_changed_it_is_not_forgotten_while_it_stands(story):
    story.run(email_not_login(), hour=1, changes=(change(),))
    (one,) = story.run(email_not_login(affected=1), hour=2)
    assert one.about.states[0].change == change()


def test_a_dated_record_tells_since_when(story):
    dated, other = replace(OFF, since=hours(-40)), explained(finding(subject="b"))
    (one,) = story.run(dated, other, hour=1, changes=(change(),))
    (card,) = one.about.states
    assert (card.since, card.dated) == (hours(-40), True)


def test_what_came_back_stands_since_then_and_the_oldest_counts(story):
    story.run(OFF, hour=1)
    story.run(hour=2)
    (one,) = story.run(OFF, hour=5, changes=(change(until=hours(5)),))
    assert one.about.states[0].since == hours(5)
    (more,) = story.run(OFF, ALSO_OFF, hour=6)
    assert more.about.states[0].since == hours(5)


def test_what_waited_for_its_grace_stands_since_it_was_first_seen(story):
    for hour in (0.5, 1):
        assert story.run(finding(within_grace=True), hour=hour) == ()
    (one,) = story.run(finding(within_grace=True), hour=2)
    assert one.about.states[0].since == hours(0.5)


def test_of_several_suspects_the_first_ones_entry_is_linked(story):
    ada = Actor(name="Ada Admin", actor_id="00u1", at=hours(0.5), event_id="abc-1")
    bo = Actor(name="Bo Admin", actor_id="00u2", at=hours(0.6), event_id="abc-2")
    told = change(confidence=Confidence.AMBIGUOUS, actors=(ada, bo))
    (one,) = story.run(email_not_login(), hour=1, changes=(told,))
    assert [link.label for link in one.about.states[0].links] == ["Put it back", "Log entry"]
    (over,) = story.run(hour=2)
    assert [link.label for link in over.about.states[0].links] == ["Log entry"]


def test_an_entry_with_an_odd_id_is_not_linked(story):
    odd = Actor(name="Ada Admin", actor_id="00u1", at=hours(0.5), event_id="not an id; at all")
    told = change(confidence=Confidence.LIKELY, actors=(odd,))
    (one,) = story.run(email_not_login(), hour=1, changes=(told,))
    assert [link.label for link in one.about.states[0].links] == ["Put it back"]


def test_what_a_changed_rule_finds_is_not_called_drift(story):
    (one,) = story.run(finding(), hour=1, configurations=dict.fromkeys(CLEAN, "c2"))
    assert one.about.states[0].note.startswith("Newly checked: the rule or its configuration")


def test_changes_that_broke_nothing_are_told_quietly_and_once(story):
    told = change(before="user.login", after="String.toLowerCase(user.login)")
    (one,) = story.run(hour=1, changes=(told, change("app.status", collection="okta.app")))
    assert isinstance(one.about, ChangesNotice)
    assert (one.about.count, one.severity, one.mentions) == (2, None, False)
    assert one.about.alone
    assert story.run(hour=2) == ()


def test_changes_beside_a_breach_do_not_stand_alone(story):
    _, quiet = story.run(finding(), hour=1, changes=(change("schema[a]"),))
    assert not quiet.about.alone


def test_what_went_as_a_whole_is_told_as_one_change(story):
    gone = tuple(change(f"schema[title]{part}", before="x", after=None) for part in ("", ".title"))
    (one,) = story.run(hour=1, changes=gone)
    assert [each.path for each in one.about.changes] == ["schema[title]"]


def test_many_changes_are_counted(story):
    many = tuple(change(f"schema[a{n}]") for n in range(30))
    (one,) = story.run(hour=1, changes=many)
    assert (len(one.about.changes), one.about.count) == (20, 30)


def many(count: int):
    return [finding(f"rule-{number}") for number in range(count)]


def test_a_storm_is_one_message(story):
    assert len(story.run(*many(3), hour=1)) == 3
    (storm,) = Story().run(*many(6), hour=0)
    assert storm.about.kind is NotificationKind.BASELINE
    story.run(hour=2)
    (storm,) = story.run(*[finding(f"other-{n}") for n in range(4)], hour=3)
    assert storm.about.kind is NotificationKind.STORM
    assert storm.about.attach_report
    assert storm.mentions


def test_blindness_keeps_a_message_of_its_own_beside_a_storm(story):
    for hour in (1, 2):
        story.run(hour=hour, unknown_rules=("email-not-login",))
    told = story.run(*many(6), hour=3, unknown_rules=("email-not-login",))
    assert {each.about.kind: each.rules for each in told} == {
        NotificationKind.INCIDENT: (NOT_EVALUATED,),
        NotificationKind.STORM: tuple(f"rule-{number}" for number in range(6)),
    }


def test_what_hurts_very_many_is_one_message_with_the_report(story):
    def hurting(people: int, *rules: str):
        return [finding(rule, affected_count=people) for rule in rules]

    assert len(story.run(*hurting(9_999, "rule-1", "rule-2"), hour=1)) == 2
    story.run(hour=2)
    storm, *others = story.run(*hurting(10_000, "rule-3"), *hurting(5, "rule-4"), hour=3)
    assert others == []
    assert storm.about.kind is NotificationKind.STORM
    assert storm.about.attach_report


def test_what_a_storm_brought_is_told_in_its_thread_to_the_end(story):
    (storm,) = story.run(*many(6), hour=1)
    (after,) = story.run(*many(4), hour=2)
    assert after.thread == storm.thread
    assert reasons([after]) == [NotifyReason.RESOLVED, NotifyReason.RESOLVED]
    assert [card.status for card in after.about.states].count(IncidentStatus.RESOLVED) == 2


def test_a_waiver_ends_the_alarm_and_its_end_sounds_it_again(story):
    waiver = Waiver(
        rule="push-flag-off", owner="Ada", reason="a migration", expires=date(2026, 1, 6)
    )
    story.run(finding(), hour=1)
    (one,) = story.run(finding(), hour=2, waivers=(waiver,))
    assert reasons([one]) == [NotifyReason.WAIVED]
    assert one.about.states[0].note == "Accepted by Ada until 2026-01-06: a migration"
    assert story.run(finding(), hour=20, waivers=(waiver,)) == ()
    (again,) = story.run(finding(), hour=44, waivers=(waiver,))
    assert reasons([again]) == [NotifyReason.REOPENED]


def test_what_is_waived_before_it_is_seen_is_never_spoken_of(story):
    waiver = Waiver(rule="push-flag-off", owner="Ada", reason="", expires=date(2027, 1, 1))
    assert story.run(finding(), hour=1, waivers=(waiver,)) == ()


def test_what_cannot_be_looked_at_is_shown_as_it_was_and_not_called_mended(story):
    story.run(finding(), hour=1)
    (one,) = story.run(hour=2, unknown_rules=("push-flag-off",))
    (card,) = one.about.states
    assert one.about.updates == ()
    assert card.status is IncidentStatus.OPEN
    assert card.lines == ("create-users is off",)
    assert card.note == f"Not evaluated in this audit: {reason_text(TIMED_OUT)}"


def test_what_can_be_looked_at_in_part_says_how_much(story):
    both = (OFF, ALSO_OFF)
    story.run(*both, hour=1, changes=(change(),))
    (one,) = story.run(both[0], hour=2, unknown=(("push-flag-off", "update-attributes"),))
    assert one.about.states[0].note == "Not evaluated in this audit: 1 of 2 findings"


def test_blindness_is_told_when_it_has_lasted(story):
    assert story.run(hour=1, unknown_rules=("email-not-login",)) == ()
    assert story.run(hour=2, unknown_rules=("email-not-login",)) == ()
    (one,) = story.run(hour=3, unknown_rules=("email-not-login",))
    assert one.rules == (NOT_EVALUATED,)
    (card,) = one.about.states
    assert card.lines == (f"{reason_text(TIMED_OUT)} (not evaluated: email-not-login)",)
    assert card.since == hours(1)
    (after,) = story.run(hour=4)
    assert reasons([after]) == [NotifyReason.RESOLVED]


def test_what_to_do_is_said_of_a_gap_that_is_no_refusal(story):
    gone = {
        "okta.app": MissingData(
            why=MissingReason.NETWORK, endpoint="GET /api/v1/apps/0oa1", status=500
        )
    }
    for hour in (1, 2):
        story.run(hour=hour, unknown_rules=("email-not-login",), missing=gone)
    (one,) = story.run(hour=3, unknown_rules=("email-not-login",), missing=gone)
    assert one.about.states[0].steps == (missing_data_remediation("okta.app", gone["okta.app"]),)


def test_what_is_blind_for_another_reason_is_not_put_under_a_side_that_is_shut_out(story):
    refused = MissingData(
        why=MissingReason.UNAUTHORIZED, endpoint="GET /api/v1/mappings", status=401
    )
    for hour in (1, 2):
        story.run(hour=hour, unknown_rules=("email-not-login",), missing={MAPPINGS.name: refused})
    (one,) = story.run(hour=3, unknown_rules=("email-not-login",), missing={MAPPINGS.name: refused})
    assert one.about.states[0].lines == (
        f"{reason_text(TIMED_OUT)} (not evaluated: email-not-login)",
    )


def test_seeing_once_begins_the_count_anew(story):
    for hour in (1, 2, 4, 5):
        assert story.run(hour=hour, unknown_rules=("email-not-login",)) == ()
        if hour == 2:
            assert story.run(hour=3) == ()


def test_another_blind_rule_makes_it_worse(story):
    for hour in (1, 2, 3):
        story.run(hour=hour, unknown_rules=("email-not-login",))
    for hour in (4, 5):
        assert story.run(hour=hour, unknown_rules=CLEAN) == ()
    (one,) = story.run(hour=6, unknown_rules=CLEAN)
    assert reasons([one]) == [NotifyReason.WORSE]
    assert one.about.states[0].findings == 2


def blind_to_mappings(story, status: int | None, hour: float, why: MissingReason | None = None):
    missing = replace(MAPPING_GONE, why=why or WHY[status], status=status)
    seen = evaluated(rules=CLEAN, unknown_rules=("email-not-login",))
    because = (missing_reason(MAPPINGS.name, missing),)
    verdicts = tuple(
        replace(each, reasons=because) if each.reasons else each for each in seen.verdicts
    )
    gone = {MAPPINGS.name: missing}
    return story.audit(replace(seen, verdicts=verdicts), hour=hour, missing=gone)


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (401, "Issue a new credential and store it where target.okta"),
        (403, "Give it the permissions that `auditor doctor` lists."),
        (404, ""),
    ],
)
def test_what_was_readable_and_is_refused_is_told_at_once(story, status, step):
    looks = {MAPPINGS.name: ConfigurationRead(at=START, paths={})}
    story.memory = replace(story.memory, configuration_reads=looks)
    (one,) = blind_to_mappings(story, status, 1)
    (card,) = one.about.states
    assert card.steps[0].startswith(step)


@pytest.mark.parametrize("reads", [True, False])
def test_access_that_was_lost_is_named(story, reads):
    looks = {MAPPINGS.name: ConfigurationRead(at=START, paths={})} if reads else {}
    story.memory = replace(story.memory, configuration_reads=looks)
    (one,) = blind_to_mappings(story, 403, 1)
    lost = "Access lost: okta.mappings could be read before"
    assert one.about.states[0].note == (lost if reads else "")


@pytest.mark.parametrize(
    "why", [MissingReason.TIMEOUT, MissingReason.RATE_LIMITED, MissingReason.NETWORK]
)
def test_a_fault_that_can_pass_is_reported_only_when_it_lasts(story, why):
    sent = [len(blind_to_mappings(story, None, hour, why=why)) for hour in (1, 2, 3)]
    assert sent == [0, 0, 1]


def test_what_nobody_vouched_for_is_never_an_alarm(story):
    for hour in range(1, 10):
        assert story.run(hour=hour, statuses={"push-flag-off": "needs_attestation"}) == ()


def test_a_token_is_spoken_of_from_fourteen_days_ahead_to_its_end(story):
    at = hours(1)
    ends = (None, at, at + timedelta(seconds=1), at + timedelta(days=14, seconds=1))
    assert len(story.run(hour=1, world=own_tokens(*ends))) == 1
    assert len(story.run(hour=1, world=own_tokens(at + timedelta(days=14)))) == 1


def own_tokens(*expiries: datetime | None):
    tokens = [AccessToken(id=n, description="cron", expires_at=at) for n, at in enumerate(expiries)]
    return {OWN_TOKENS.name: tuple(tokens)}


def test_a_token_that_expires_soon_is_told_once(story):
    soon = own_tokens(datetime(2026, 1, 18, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), None)
    (one,) = story.run(hour=1, world=soon)
    assert one.about.title == (
        "The auditor's Unleash token “cron” expires at 2026-01-18 00:00 UTC."
    )
    assert story.run(hour=2, world=soon) == ()
    renewed = own_tokens(datetime(2026, 1, 19, tzinfo=UTC))
    assert len(story.run(hour=3, world=renewed)) == 1


ATTESTED = Attestation(
    rule="scim-base-url-wrong",
    by="Ada",
    on=date(2026, 1, 1),
    expires=date(2026, 1, 20),
    evidence="OPS-1",
)
WAIVED = Waiver(rule="push-flag-off", owner="Bo", reason="a migration", expires=date(2026, 1, 20))


@pytest.mark.parametrize(
    ("promise", "said"),
    [
        (ATTESTED, "The attestation of scim-base-url-wrong by Ada expires on 2026-01-20."),
        (WAIVED, "The waiver of push-flag-off by Bo expires on 2026-01-20."),
    ],
)
def test_a_promise_that_ends_soon_is_told_once_fourteen_days_ahead(story, promise, said):
    renewed = replace(promise, expires=date(2026, 1, 21))
    assert story.run(hour=1, promises=(promise,)) == ()
    (one,) = story.run(hour=24, promises=(promise,))
    assert (one.at.date(), one.about.title) == (date(2026, 1, 6), said)
    assert story.run(hour=48, promises=(promise,)) == ()
    assert len(story.run(hour=49, promises=(renewed,))) == 1


@pytest.mark.parametrize("promise", [ATTESTED, WAIVED])
def test_a_promise_that_has_ended_or_is_for_another_target_is_not_told(story, promise):
    over = replace(promise, expires=date(2026, 1, 4))
    elsewhere = replace(promise, expires=date(2026, 1, 6), target="staging")
    assert story.run(hour=1, promises=(over, elsewhere)) == ()
    today = replace(promise, expires=date(2026, 1, 5))
    assert len(story.run(hour=1, promises=(elsewhere, over, today))) == 1


def test_promises_about_several_subjects_are_told_one_by_one(story):
    both = tuple(
        replace(WAIVED, subject=each, expires=date(2026, 1, 6)) for each in ("create-users", "b")
    )
    assert len(story.run(hour=1, promises=both)) == 2


def test_a_gap_between_audits_is_none_up_to_the_agreed_time(story):
    assert story.run(hour=26) == ()


def test_a_gap_between_audits_is_told_by_the_next_one(story):
    (one,) = story.run(hour=30)
    assert one.about.title == (
        "Audits of production are back: "
        "there was none from 2026-01-05 09:00 UTC to 2026-01-06 15:00 UTC."
    )
    assert story.run(hour=40) == ()


def test_silence_is_told_under_one_key_while_it_lasts():
    limit = timedelta(hours=26)
    assert silent(START, "production", hours(26), limit) is None
    first, later = (silent(START, "production", hours(h), limit) for h in (27, 99))
    assert first
    assert later
    assert first.key == later.key


def test_an_acknowledgement_is_shown_and_silences_reminders(story):
    story.run(finding(), hour=1)
    acknowledgement = Acknowledgement(by="Ada", reason="ticket 7", until=hours(24 * 20))
    told = acknowledge(
        story.memory.notified_state,
        finding().id,
        acknowledgement,
        target="production",
        at=hours(2),
    )
    assert reasons(told.notifications) == [NotifyReason.ACKNOWLEDGED]
    story.memory = replace(story.memory, notified_state=told.notified_state)
    said = [story.run(finding(), hour=hour) for hour in range(24, 24 * 20, 24)]
    assert not any(said)
    assert reasons(story.run(finding(), hour=24 * 20)) == [NotifyReason.REMINDER]


def acknowledged(story, until: float) -> None:
    acknowledgement = Acknowledgement(by="Ada", reason="", until=hours(until))
    told = acknowledge(
        story.memory.notified_state,
        finding().id,
        acknowledgement,
        target="production",
        at=hours(2),
    )
    story.memory = replace(story.memory, notified_state=told.notified_state)


def test_an_acknowledgement_holds_while_it_gets_worse_and_not_when_it_comes_back(story):
    story.run(OFF, hour=1, changes=(change(),))
    acknowledged(story, until=24 * 20)
    assert reasons(story.run(OFF, ALSO_OFF, hour=3)) == [NotifyReason.WORSE]
    assert reasons(story.run(OFF, ALSO_OFF, hour=28)) == []
    story.run(hour=29)
    assert reasons(story.run(OFF, hour=30)) == [NotifyReason.REOPENED]
    assert reasons(story.run(OFF, hour=54)) == [NotifyReason.REMINDER]


def test_only_what_is_spoken_of_can_be_acknowledged(story):
    acknowledgement = Acknowledgement(by="Ada", reason="", until=hours(9))
    with pytest.raises(KeyError):
        acknowledge(
            story.memory.notified_state,
            finding().id,
            acknowledgement,
            target="production",
            at=hours(1),
        )


def test_what_is_over_names_nobody_and_is_forgotten_after_a_week(story):
    story.run(email_not_login(affected=3), hour=1)
    (one,) = story.run(hour=2)
    assert one.about.states[0].people == ()
    assert one.about.states[0].lines
    (kept,) = story.memory.notified_state.incidents.values()
    assert (kept.state.lines, kept.traces) == ((), ())
    story.run(hour=2 + 24 * 7)
    assert story.memory.notified_state.incidents
    story.run(hour=2 + 24 * 7 + 0.1)
    assert story.memory.notified_state.incidents == {}


def put_back(hour: float) -> Change:
    bo = Actor(name="Bo Admin", actor_id="00u2", at=hours(hour - 0.5), event_id="abc-2")
    return change(
        before="user.email",
        after="user.login",
        until=hours(hour),
        confidence=Confidence.LIKELY,
        actors=(bo,),
    )


def test_whoever_mended_it_is_named_and_not_told_of_again(story):
    story.run(email_not_login(), hour=1)
    (one,) = story.run(hour=2, changes=(put_back(2),))
    (update,) = one.about.updates
    assert (update.reason, update.change) == (NotifyReason.RESOLVED, put_back(2))


def test_whoever_mended_it_in_part_is_named_too(story):
    other = replace(email_not_login(), id="another", subject="oty2")
    story.run(email_not_login(), other, hour=1, changes=(change(),))
    (one,) = story.run(other, hour=2, changes=(put_back(2),))
    (update,) = one.about.updates
    assert (update.reason, update.change) == (NotifyReason.BETTER, put_back(2))


def test_whoever_mended_it_is_named_though_it_could_not_be_looked_at_in_between(story):
    story.run(email_not_login(), hour=1)
    story.run(hour=2, unknown_rules=("email-not-login",))
    (one,) = story.run(hour=3, changes=(put_back(3),))
    assert one.about.updates[0].change == put_back(3)


def test_another_change_is_not_taken_for_the_mending(story):
    story.run(email_not_login(), hour=1)
    other = change("mapping[oty9].title.expression", until=hours(2))
    resolved, quiet = story.run(hour=2, changes=(other,))
    assert resolved.about.updates[0].change is None
    assert quiet.about.changes == (other,)


def test_what_was_accepted_long_ago_is_not_why_the_rest_is_over(story):
    waiver = Waiver(
        rule="push-flag-off",
        subject="create-users",
        owner="Ada",
        reason="",
        expires=date(2027, 1, 1),
    )
    other = finding(subject="update-attributes")
    story.run(finding(), other, hour=1, waivers=(waiver,))
    (one,) = story.run(finding(), hour=2, waivers=(waiver,))
    assert reasons([one]) == [NotifyReason.RESOLVED]
    assert one.about.states[0].note == "It was fixed"
