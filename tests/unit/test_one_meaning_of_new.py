"""New, reopened, still open and resolved mean the same in the terminal, in Slack and in a report.

The period of the terminal and of Slack is one audit; a report of that period uses the same words.
"""

import pytest
from msgspec.structs import asdict

from auditor.cli.output.run_output.run_result import print_target
from auditor.cli.output.run_output.run_view import outcome_view
from auditor.cli.stored_findings import KnownFinding, state_label
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Transition
from auditor.engine.incidents.cause_entries import by_cause
from auditor.engine.incidents.notification import (
    Incidents,
    IncidentUpdate,
    Notification,
    NotificationKind,
)
from auditor.engine.incidents.notification_policy import NotifyReason, reason_to_notify
from auditor.engine.views.cause_summary import summarize_causes
from auditor.engine.views.target_report.report_findings import Condition
from auditor.notify.slack.message_style import MessageStyle
from auditor.notify.slack.thread_reply import reply
from auditor.pipeline.audit import Outcome
from auditor.publish.page_words import CONDITION_WORDS
from auditor.rule.severity import Severity
from tests.support.builders.config_files import settings_in
from tests.support.builders.contexts import TARGET, clean_snapshot
from tests.support.builders.findings import evaluated, finding, hours, only, remember
from tests.support.builders.reports import SINCE, UNTIL, report
from tests.support.builders.reports import finding as stored_finding

OFF, ON = evaluated(finding()), evaluated()
UNKNOWN = evaluated(unknown_rules=("push-flag-off",))
STORIES = {
    Transition.NEW: (OFF,),
    Transition.STILL_OPEN: (OFF, OFF),
    Transition.RESOLVED: (OFF, ON),
    Transition.REOPENED: (OFF, ON, OFF),
    Transition.NOT_EVALUATED: (OFF, UNKNOWN),
}


def audited(story):
    """Return the last audit of a story, and when it was."""
    memory = PreviousAudits()
    for hour, seen in enumerate(story):
        ran = memory.configurations if hour else None
        last = reconcile(memory.known, seen, ran, target=TARGET.name, at=hours(hour))
        memory = remember(last, seen, memory)
    return last, hours(len(story) - 1)


@pytest.fixture
def settings(tmp_path):
    return settings_in(tmp_path)


def view_of(story):
    reconciled, at = audited(story)
    explained, causes = assign_causes(reconciled, story[-1], (), {}, at=at)
    outcome = Outcome(
        target=TARGET.name,
        at=at,
        snapshot=clean_snapshot(at=at),
        evaluated=story[-1],
        reconciled=explained,
        causes=summarize_causes(explained, causes, {}),
    )
    return outcome_view(outcome, {})


@pytest.mark.parametrize("kind", STORIES)
def test_the_audit_calls_it_by_its_transition(kind):
    reconciled, _ = audited(STORIES[kind])
    assert only(reconciled).transition is kind


@pytest.mark.parametrize("kind", [kind for kind in STORIES if kind is not Transition.RESOLVED])
def test_the_terminal_shows_the_label(kind):
    (cause,) = view_of(STORIES[kind]).causes
    assert cause.state == kind.label


def test_the_terminal_counts_new_and_reopened_separately(settings, capsys):
    def numbers(kind):
        print_target(view_of(STORIES[kind]), settings)
        lines = capsys.readouterr().out.splitlines()
        return next(line for line in lines if "configuration change" in line)

    assert "1 new · 0 resolved" in numbers(Transition.NEW)
    assert "0 new · 1 reopened · 0 resolved" in numbers(Transition.REOPENED)
    assert "0 new · 1 resolved" in numbers(Transition.RESOLVED)


def known(entry):
    return asdict(entry.after) | {"target": TARGET.name, "transition": entry.transition}


@pytest.mark.parametrize(
    "kind", [Transition.NEW, Transition.REOPENED, Transition.NOT_EVALUATED, Transition.RESOLVED]
)
def test_the_list_of_findings_shows_the_label(kind):
    reconciled, at = audited(STORIES[kind])
    details = dict.fromkeys(
        ("owner", "due_at", "resolved_after", "change", "acknowledgement"), None
    )
    listed = KnownFinding(**known(only(reconciled)) | details)
    assert state_label(listed, at) == kind.label


@pytest.mark.parametrize("kind", STORIES)
def test_a_report_of_the_same_period_shows_the_label(kind):
    reconciled, at = audited(STORIES[kind])
    # The last audit is in the period, and the audits before it are not.
    moved = {
        name: UNTIL if value == at else SINCE - (at - value)
        for name, value in known(only(reconciled)).items()
        if name.endswith("_at") and value
    }
    stored = type(stored_finding())(**known(only(reconciled)) | moved)
    (reported,) = report(stored).findings
    assert reported.condition == kind.label
    assert kind.label in CONDITION_WORDS[Condition(kind.label)].lower()


@pytest.mark.parametrize("kind", [Transition.NEW, Transition.REOPENED])
def test_slack_begins_with_the_label(kind):
    reconciled, at = audited(STORIES[kind])
    explained, causes = assign_causes(reconciled, OFF, (), {}, at=at)
    (entries,) = by_cause(explained, causes, ()).values()
    why = reason_to_notify(None, entries.counts, at)
    assert (why.value, sentence(why)) == (kind.label, f"{kind.label.capitalize()}. 1 open finding")


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        (NotifyReason.REMINDER, Transition.STILL_OPEN),
        (NotifyReason.RESOLVED, Transition.RESOLVED),
    ],
)
def test_slack_continues_with_the_label(why, kind):
    assert sentence(why).startswith(f"{kind.label.capitalize()} after ")


def sentence(why):
    """Return what the reply in a thread states of an update."""
    update = IncidentUpdate(
        rule="push-flag-off",
        reason=why,
        at=UNTIL,
        since=UNTIL,
        severity=Severity.HIGH,
        open=1,
    )
    about = Incidents(kind=NotificationKind.INCIDENT, states=(), updates=(update,))
    notification = Notification(key="k", thread="k", target="production", at=UNTIL, about=about)
    text = reply([update], notification, MessageStyle()).text
    stated = text.removeprefix("production: ").removeprefix("Push flag off. ")
    return stated.removesuffix(", high.")


def test_several_findings_are_called_by_the_one_that_needs_action_first():
    every = list(Transition)
    assert Transition.leading(every) is Transition.REOPENED
    assert Transition.leading([Transition.STILL_OPEN, Transition.NEW]) is Transition.NEW
    mixed = [Transition.STILL_OPEN, Transition.NOT_EVALUATED]
    assert Transition.leading(mixed) is Transition.NOT_EVALUATED
