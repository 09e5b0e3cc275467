"""Slack by an incoming webhook: new messages only, one channel, and nothing can be looked up.

A message whose answer was lost is said again: that is the price of the webhook.
"""

from collections.abc import Callable

from auditor.config.secrets import Secret
from auditor.deliver.channel import Fate, Letter, Receipt, Untold
from auditor.deliver.slack_blocks import Message
from auditor.deliver.slack_errors import TOO_MUCH, Refused, explain, name_of
from auditor.deliver.slack_http import (
    QUIET,
    TIMEOUT,
    NoAnswer,
    ShortWaits,
    StayingHook,
    demand_no_redirect,
)
from auditor.deliver.slack_replies import reply
from auditor.deliver.slack_words import Manner, calling, root
from auditor.engine.incidents.notification import Incidents, Notification
from auditor.net.retry_after import wait_of
from auditor.net.tls import trusted

_METHOD = "the webhook"


class SlackHook:
    """Says what happened, each time in a message of its own."""

    def __init__(
        self, url: Secret, manner: Callable[[Notification], Manner] = lambda _: Manner()
    ) -> None:
        self._client = StayingHook(
            url.reveal(),
            timeout=TIMEOUT,
            ssl=trusted(),
            retry_handlers=[ShortWaits(3)],
            logger=QUIET,
        )
        self._manner = manner

    def tell(self, letter: Letter) -> Receipt:
        """Post the whole state when something begins, else what happened to it."""
        announcement = letter.latest.announcement
        manner = self._manner(announcement)
        abouts = [part.announcement.about for part in letter.parts]
        tidings = [
            each for about in abouts if isinstance(about, Incidents) for each in about.tidings
        ]
        if not isinstance(announcement.about, Incidents) or any(each.begins for each in tidings):
            message = calling(root(announcement, manner), announcement, manner)
        elif tidings:
            message = reply(tidings, announcement, manner)
        else:
            return {"said": "nothing: only what is shown changed, and a webhook cannot edit"}
        try:
            self.send(message)
        except Refused as refusal:
            if refusal.error not in TOO_MUCH:
                raise
            self.send(message.brief)
        return {"said": message.text}

    def send(self, message: Message) -> None:
        """Post a message; raise :class:`Untold` if that did not come about."""
        try:
            answer = self._client.send(
                text=message.text,
                blocks=message.blocks,
                unfurl_links=False,
                unfurl_media=False,
            )
        except NoAnswer as error:
            what = explain(error.why, _METHOD, "")
            raise Untold(what, Fate.LATER, in_doubt=error.may_have_arrived) from error
        demand_no_redirect(answer.status_code, _METHOD, "")
        if answer.status_code == 429:  # noqa: PLR2004  (HTTP)
            what = explain("ratelimited", _METHOD, "")
            raise Untold(what, Fate.LATER, wait=wait_of(answer.headers))
        if answer.status_code >= 500:  # noqa: PLR2004  (HTTP)
            what = f"status {answer.status_code}"
            raise Untold(explain(what, _METHOD, ""), Fate.LATER, in_doubt=True)
        if answer.status_code != 200:  # noqa: PLR2004  (HTTP)
            error_name = name_of(answer.body.strip()) or f"status {answer.status_code}"
            raise Refused(error_name, _METHOD, "")
