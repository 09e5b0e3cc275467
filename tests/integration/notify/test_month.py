"""A month of hourly audits in a Slack channel, compared with golden transcripts.

`golden/month.txt` has each message as it arrived; `golden/channel.txt` is the channel at the end
of the month.

`AUDITOR_WRITE_GOLDEN=1 pytest tests/integration/notify/test_month.py` rewrites both: read the diff.
"""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from auditor.engine.views.digest import weekly_digest
from auditor.engine.views.target_report.report import build_report
from auditor.notify.dispatch import channels_of
from auditor.pipeline.incident_response import act_by_command
from auditor.resources import shipped
from auditor.rule.loader import load_rules
from auditor.sandbox.slack.block_text import Reader
from auditor.sandbox.slack.state import SlackState
from tests.integration.notify.month import BEGINS, WAIVER, Month, at
from tests.support.builders.actions import action
from tests.support.builders.contexts import TARGET
from tests.support.builders.findings import evaluated, missing_reason
from tests.support.builders.reports import bound
from tests.support.notified_target import TargetAudits

GOLDEN = Path(__file__).with_name("golden")
SHIPPED = load_rules([shipped("rules")])
RULES = {
    rule_id: SHIPPED[rule_id].rule.problem
    for rule_id in (
        "admin-unreachable",
        "app-not-usable",
        "email-not-login",
        "extra-attribute",
        "group-push-failing",
        "login-mismatch",
        "provisioning-off",
        "push-flag-off",
        "scim-disabled",
        "unmanaged-user",
        "user-not-provisioned",
        "user-not-removed",
    )
}


def test_the_messages_of_a_month_equal_the_golden_files(store, clock, configure, slack):
    clock[:] = [BEGINS]
    slack.names["S0IAMTEAM"] = "iam-team"
    tokens = dict(slack.tokens)
    settings = configure(bot='mentions = { critical = ["@here", "S0IAMTEAM"] }')
    audits, month, log = TargetAudits(store, clock, settings, titles=RULES), Month(), Log(slack)
    for now in month.hours():
        clock.append(now)
        slack.tokens = tokens if month.slack else {}
        slack.calls.clear()
        if month.audits:
            audit(audits, month)
        if now == at(3, 19):
            acknowledge_email(audits)
        if (now.weekday(), now.hour) == (0, 8):
            send_digest(audits)
        audits.deliver(attachment=lambda _: ("report.html", b"<!doctype html>"))
        if month.slack:
            log.write(now)
    assert store.outbox.backlog().waiting == 0
    transcripts = {
        "month.txt": "\n".join(log.lines).lstrip() + "\n",
        "channel.txt": slack.transcript(),
    }
    for name, text in transcripts.items():
        if os.environ.get("AUDITOR_WRITE_GOLDEN"):
            (GOLDEN / name).write_text(text)
        assert text == (GOLDEN / name).read_text()


class Log:
    """Each message as it arrived, as users read it at that time."""

    def __init__(self, slack: SlackState) -> None:
        self._slack = slack
        self.lines: list[str] = []

    def write(self, now: datetime) -> None:
        for call in self._slack.calls:
            self.lines += self._lines_of(call.method, call.arguments, f"[{now:%a %d %b %H:%M}]")

    def _lines_of(self, method: str, arguments: dict[str, Any], when: str) -> Iterator[str]:
        read = Reader(self._slack.names).read(
            arguments.get("text", ""), arguments.get("blocks") or []
        )
        match method:
            case "chat.update":
                yield from ("", f"{when} edited: {' | '.join(read[:2])}")
                return
            case "chat.postMessage" if arguments.get("thread_ts"):
                loud = ", in the channel too" if arguments.get("reply_broadcast") else ""
                yield from ("", f"{when} reply{loud}")
            case "chat.postMessage":
                yield from ("", f"{when} new message")
            case "files.completeUploadExternal":
                yield from ("", f"{when} reply with a file", f"    {arguments['initial_comment']}")
                return
            case _:
                return
        yield from (f"    {line}".rstrip() for line in read)


def audit(audits: TargetAudits, month: Month) -> None:
    seen = evaluated(
        *month.findings.values(), rules=tuple(RULES), unknown_rules=tuple(month.unread_rules)
    )
    verdicts = tuple(
        replace(each, reasons=(missing_reason(lacks, month.missing[lacks]),))
        if (lacks := month.unread_rules.get(each.rule))
        else each
        for each in seen.verdicts
    )
    audits.audit(
        seen=replace(seen, verdicts=verdicts),
        changes=tuple(month.changes),
        missing=month.missing,
        waivers=month.waivers,
        world=month.world,
        reads=month.reads,
    )


def acknowledge_email(audits: TargetAudits) -> None:
    now = audits.clock[-1]
    asked = action(at=now, by="Jonas Weber", reason="will be fixed tomorrow", until=at(4, 12))
    result = act_by_command(audits.store, audits.settings, "email-not-login", asked, lambda: now)
    assert result
    assert result.refusal is None


def send_digest(audits: TargetAudits) -> None:
    now = audits.clock[-1]
    since = now - timedelta(days=7)
    report = build_report(
        audits.store.history.period(TARGET.name, since=since, until=now),
        target=TARGET,
        rules=[bound(rule) for rule in RULES],
        since=since,
        until=now,
        waivers=[WAIVER],
    )
    audits.store.outbox.enqueue(
        TARGET.name, [weekly_digest(report)], channels_of(audits.settings), at=now
    )
