"""No client of the auditor follows a redirect."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from auditor.collect.http import Endpoint, SignIn
from auditor.collect.http.collect_error import CollectError
from auditor.collect.okta.authentication import okta_sign_in
from auditor.collect.unleash.unleash_collector import unleash_sign_in
from auditor.config.secrets import OktaCredentials, Secret, UnleashCredentials
from auditor.engine.incidents.notification import Notice, Notification
from auditor.errors import DeliveryError
from auditor.notify.channel import DeliveryFailed, FailureKind, OutboxPart, ThreadBatch
from auditor.notify.slack.api import Slack
from auditor.notify.slack.blocks import Message
from auditor.notify.slack.incoming_webhook import SlackWebhook
from auditor.notify.webhook import Webhook
from auditor.observability.heartbeat import ping
from auditor.observability.metrics import push_metrics
from auditor.sandbox import World
from tests.support.builders.config_files import heartbeat_settings
from tests.support.collecting import reading
from tests.support.peers.canned_server import answer, serving

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
MESSAGE = Message(text="something", blocks=[])
TOKEN = Secret("5ecret")


def read(url: str, sign_in: SignIn) -> None:
    with reading(url, sign_in=sign_in) as reader, pytest.raises(CollectError) as refused:
        reader.record(dict, Endpoint(path="/api/anything"))
    assert "a redirect, never followed" in str(refused.value)


def okta_by_token(url: str) -> None:
    read(url, okta_sign_in(url, OktaCredentials(token=TOKEN)))


def okta_by_key(url: str) -> None:
    client = World.clean(people=0).add_oauth_client()
    key = OktaCredentials(client_id=client.id, private_key=Secret(client.private_key))
    with reading(url, sign_in=okta_sign_in(url, key)) as reader, pytest.raises(CollectError):
        reader.record(dict, Endpoint(path="/api/anything"))


def unleash(url: str) -> None:
    read(url, unleash_sign_in(UnleashCredentials(token=TOKEN)))


def slack_by_token(url: str) -> None:
    with pytest.raises(DeliveryFailed, match="a redirect, never followed") as failure:
        Slack(TOKEN, f"{url}/api/").post("#drift", MESSAGE, key="a")
    assert (failure.value.kind, failure.value.uncertain) == (FailureKind.NEEDS_FIX, False)


def slack_by_token_reading(url: str) -> None:
    with pytest.raises(DeliveryFailed, match="a redirect, never followed"):
        _ = Slack(TOKEN, f"{url}/api/").bot


def slack_by_webhook(url: str) -> None:
    with pytest.raises(DeliveryFailed, match="a redirect, never followed"):
        SlackWebhook(Secret(f"{url}/services/5ecret")).post(MESSAGE)


def webhook(url: str) -> None:
    notification = Notification(
        key="a", thread="a", target="main", at=NOW, about=Notice(title="Something is so.")
    )
    part = OutboxPart(id=1, key="a", created_at=NOW, uncertain=False, notification=notification)
    with pytest.raises(DeliveryFailed, match="answered 30"):
        Webhook("pager", Secret(f"{url}/5ecret"), TOKEN, lambda: NOW).send(
            ThreadBatch(parts=(part,))
        )


def heartbeat(url: str) -> None:
    with pytest.raises(DeliveryError, match="refused with status 30"):
        ping(heartbeat_settings(f"{url}/5ecret"), good=True)


def pushgateway(url: str) -> None:
    with pytest.raises(DeliveryError, match="refused with status 30") as failure:
        push_metrics(CollectorRegistry(), url.replace("//", "//me:5ecret@"))
    assert str(failure.value).startswith(f"{url}: metrics cannot be pushed")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "ask",
    [
        okta_by_token,
        okta_by_key,
        unleash,
        slack_by_token,
        slack_by_token_reading,
        slack_by_webhook,
        webhook,
        heartbeat,
        pushgateway,
    ],
)
def test_no_redirect_is_followed(ask: Callable[[str], None], status: int) -> None:
    with serving(answer({"ok": True})) as elsewhere:
        there = answer(status=status, location=f"{elsewhere.url}/anything")
        with serving(there) as peer:
            ask(peer.url)
        assert len(peer.requests) == 1
    assert not elsewhere.requests
