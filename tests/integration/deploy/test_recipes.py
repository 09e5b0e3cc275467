"""The receivers in docs/integrations.md, with requests of the real webhook."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.config.secrets import Secret
from auditor.engine.incidents.incident import IncidentState, IncidentStatus
from auditor.engine.incidents.notification import Incidents, Notification, NotificationKind
from auditor.notify.channel import DeliveryFailed, OutboxPart, ThreadBatch
from auditor.notify.webhook import Webhook
from auditor.rule.severity import Severity
from tests.support.peers.processes import free_port

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
            yield f"http://127.0.0.1:{port}/", it
        finally:
            it.kill()


def batch(
    status: IncidentStatus, *, key: str, severity: Severity = Severity.CRITICAL
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
    about = Incidents(kind=NotificationKind.INCIDENT, states=(state,))
    notification = Notification(key=key, thread="t", target="production", at=AT, about=about)
    part = OutboxPart(id=1, key=key, created_at=AT, uncertain=False, notification=notification)
    return ThreadBatch(parts=(part,))


def send(url: str, *batches: ThreadBatch, secret: str = "a-shared-secret", age: int = 0) -> None:
    now = datetime.now(UTC) - timedelta(seconds=age)
    webhook = Webhook("tickets", Secret(url), Secret(secret), lambda: now)
    for each in batches:
        for attempt in range(100):
            try:
                webhook.send(each)
                break
            except DeliveryFailed as failure:
                if attempt == 99 or "403" in str(failure):
                    raise
                time.sleep(0.1)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_has_about_thirty_lines(recipe):
    lines = [line for line in code_of(recipe).splitlines() if line.strip()]
    assert len(lines) <= 35


def test_a_cause_is_one_ticket_that_is_updated_and_closed(tmp_path):
    with receiver("ticket_receiver", tmp_path) as (url, process):
        opened = batch(IncidentStatus.OPEN, key="a")
        send(url, opened, opened, batch(IncidentStatus.RESOLVED, key="b"))
        assert process.stdout is not None
        printed = [process.stdout.readline().split()[:2] for _ in range(2)]
    assert printed == [["update", "T-1"], ["close", "T-1"]]


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
@pytest.mark.parametrize(("secret", "age"), [("another", 0), ("a-shared-secret", 900)])
def test_a_forged_or_an_old_message_is_refused(tmp_path, recipe, secret, age):
    with receiver(recipe, tmp_path) as (url, _), pytest.raises(DeliveryFailed, match="403"):
        send(url, batch(IncidentStatus.OPEN, key="a"), secret=secret, age=age)
