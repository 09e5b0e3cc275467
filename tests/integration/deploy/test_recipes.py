"""The receivers in docs/integrations.md, with requests of the real webhook."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from auditor.config.secrets import Secret
from auditor.engine.incidents.incident import IncidentState, IncidentStatus
from auditor.engine.incidents.notification import (
    Incidents,
    IncidentUpdate,
    Notification,
    NotificationKind,
)
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.notify.channel import DeliveryFailed, OutboxPart, ThreadBatch
from auditor.notify.webhook import Webhook
from auditor.rule.severity import Severity
from tests.support.peers.processes import free_port, listens
from tests.support.processes.service_process import eventually

PAGE = (Path(__file__).parents[3] / "docs/integrations.md").read_text()
AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
RECIPES = ("ticket_receiver", "on_call_receiver")


def code_of(recipe: str) -> str:
    blocks: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (code,) = (block for block in blocks if block.startswith(f"# {recipe}.py"))
    return code


@contextmanager
def receiver(recipe: str, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    path = tmp_path / f"{recipe}.py"
    path.write_text(code_of(recipe))
    port = free_port()
    command = [sys.executable, str(path), str(port), "a-shared-secret"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as it:
        try:
            eventually(lambda: it.poll() is not None or listens(port))
            yield f"http://127.0.0.1:{port}/", it
        finally:
            it.kill()


def batch(
    status: IncidentStatus,
    *,
    key: str,
    severity: Severity = Severity.CRITICAL,
    reason: NotifyReason = NotifyReason.WORSE,
) -> ThreadBatch:
    state = IncidentState(
        rule="email-not-login",
        title="Okta sends the wrong email to Unleash",
        cause="c0ffee",
        status=status,
        severity=severity,
        since=AT,
        dated=False,
        findings=1,
        lines=(),
    )
    update = IncidentUpdate(
        cause=state.cause, rule=state.rule, reason=reason, at=AT, since=AT, severity=severity
    )
    about = Incidents(kind=NotificationKind.INCIDENT, states=(state,), updates=(update,))
    notification = Notification(key=key, thread="t", target="production", at=AT, about=about)
    part = OutboxPart(id=1, key=key, created_at=AT, uncertain=False, notification=notification)
    return ThreadBatch(parts=(part,))


def send(url: str, *batches: ThreadBatch, secret: str = "a-shared-secret", age: int = 0) -> None:
    now = datetime.now(UTC) - timedelta(seconds=age)
    webhook = Webhook("tickets", Secret(url), Secret(secret), lambda: now)
    for each in batches:
        webhook.send(each)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_has_about_thirty_lines(recipe):
    lines = [line for line in code_of(recipe).splitlines() if line.strip()]
    assert len(lines) <= 35


def test_a_cause_is_one_ticket_that_is_updated_and_closed(tmp_path):
    with receiver("ticket_receiver", tmp_path) as (url, process):
        opened = batch(IncidentStatus.OPEN, key="a", reason=NotifyReason.NEW)
        send(
            url,
            opened,
            opened,
            batch(IncidentStatus.OPEN, key="b"),
            batch(IncidentStatus.RESOLVED, key="c", reason=NotifyReason.RESOLVED),
            batch(IncidentStatus.OPEN, key="d", reason=NotifyReason.REOPENED),
        )
        assert process.stdout is not None
        printed = [process.stdout.readline().split()[:3] for _ in range(4)]
    assert printed == [
        ["created", "T-1", "open"],
        ["updated", "T-1", "open"],
        ["closed", "T-1", "resolved"],
        ["updated", "T-1", "open"],
    ]


def test_only_a_critical_cause_pages_and_its_end_resolves_the_page(tmp_path):
    with receiver("on_call_receiver", tmp_path) as (url, process):
        send(
            url,
            batch(IncidentStatus.OPEN, key="a", severity=Severity.HIGH),
            batch(IncidentStatus.OPEN, key="b"),
            batch(IncidentStatus.RESOLVED, key="c"),
        )
        assert process.stdout is not None
        printed = [process.stdout.readline().split()[:2] for _ in range(2)]
    assert printed == [["trigger", "production/c0ffee"], ["resolve", "production/c0ffee"]]


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(("secret", "age"), [("another", 0), ("a-shared-secret", 310)])
def test_a_forged_or_an_old_message_is_refused(tmp_path, recipe, secret, age):
    with receiver(recipe, tmp_path) as (url, _), pytest.raises(DeliveryFailed, match="403"):
        send(url, batch(IncidentStatus.OPEN, key="a"), secret=secret, age=age)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_message_without_a_signature_is_refused(tmp_path, recipe):
    with receiver(recipe, tmp_path) as (url, _):
        with pytest.raises(DeliveryFailed, match="403"):
            send(url, batch(IncidentStatus.OPEN, key="a"), secret="another")
        assert httpx.post(url, content=b"{}").status_code == 403


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_compares_signatures_in_constant_time(recipe):
    code = code_of(recipe)
    assert "hmac.compare_digest(signature, " in code
    assert "signature ==" not in code


def test_a_message_that_is_less_than_five_minutes_old_is_accepted(tmp_path):
    with receiver("ticket_receiver", tmp_path) as (url, process):
        send(url, batch(IncidentStatus.OPEN, key="a"), age=290)
        assert process.stdout is not None
        assert process.stdout.readline().split()[:2] == ["updated", "T-1"]
