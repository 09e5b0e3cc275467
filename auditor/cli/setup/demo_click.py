"""The click of the demo: a user of the simulated Slack acknowledges an incident."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING

from auditor.clock import Clock
from auditor.config.settings import Settings
from auditor.engine.incidents.incident_action import action_in_words
from auditor.errors import AuditorError
from auditor.sandbox.slack.clicks import Clicker
from auditor.sandbox.slack.records import Message
from auditor.serve.shutdown import shut_down
from auditor.serve.slack.slack_answers import SlackAnswers
from auditor.store import open_store

if TYPE_CHECKING:
    from auditor.sandbox import Sandbox

OPERATOR_ID, OPERATOR_NAME = "U0DEMOUSER", "Jo Vance"
CLICK_TIMEOUT_SECONDS = 60.0
CLICK_POLL_SECONDS = 0.05


def add_operator(sandbox: "Sandbox") -> str:
    """Add a user who may act on incidents to the simulated Slack; return the user's id."""
    sandbox.slack.enable_socket_mode()
    sandbox.slack.add_user(OPERATOR_ID, OPERATOR_NAME)
    return OPERATOR_ID


def acknowledge_in_slack(sandbox: "Sandbox", settings: Settings, now: Clock, operator: str) -> str:
    """Acknowledge the last incident by a click, and return what was stored, in words.

    Raises :class:`~auditor.errors.AuditorError` when there is no answer within a minute.
    """
    slack = sandbox.slack
    user = Clicker(slack, operator, sandbox.slack_url)
    answers = SlackAnswers(lambda: settings, now)
    answers.start()
    try:
        _wait(lambda: slack.socket_mode.connections > 0)
        message = [each for each in slack.channel.roots() if _has_controls(each)][-1]
        user.click(message, "acknowledge", "for 7 days")
        _wait(lambda: bool(slack.people.views))
        user.submit(slack.people.views[-1], {"reason": "fixed in the change window on Thursday"})
        _wait(lambda: "Acknowledged by" in slack.transcript())
    finally:
        shut_down([answers], timedelta(seconds=CLICK_TIMEOUT_SECONDS))
    with open_store(settings.store.database_url().reveal()) as store:
        (action,) = store.actions.of(settings.targets[0].name)
    return f"{action.title}. {action_in_words(action)} · by {action.user}"


def _has_controls(message: Message) -> bool:
    return any(block["type"] == "actions" for block in message.blocks)


def _wait(holds: Callable[[], bool]) -> None:
    ends = monotonic() + CLICK_TIMEOUT_SECONDS
    while not holds():
        if monotonic() > ends:
            msg = "the simulated Slack got no answer within a minute (run the demo again)"
            raise AuditorError(msg)
        sleep(CLICK_POLL_SECONDS)
