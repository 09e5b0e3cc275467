"""The tables [slack], [[webhook]] and [alerts] of auditor.toml: who is notified, and when."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import InitErrorDetails

from auditor.config.addresses import web_address
from auditor.config.rejected import RejectedError
from auditor.config.secrets import Secret, SecretSource
from auditor.config.values import (
    FROM_ENV,
    FROM_FILE,
    Duration,
    PositiveCount,
    RootedPath,
    SeverityName,
    Table,
    TargetName,
    Text,
    VariableName,
    key,
    problem,
    quoted,
)
from auditor.engine.incidents.notification_policy import REMIND_AFTER, NotificationPolicy
from auditor.errors import gather_errors
from auditor.rule.severity import Severity

MENTION_PATTERN = re.compile(r"@(here|channel|everyone)|[SUW][A-Z0-9]{6,}")
"""A special mention of Slack, or the id of a user group (S) or of a user (U, W)."""

CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]+")
# Slack's rules for a name: at most 80 characters, no capitals, no blanks.
_CHANNEL_NAME = re.compile(r"""#?[^\s#@:,;.<>"'/\\A-Z]{1,80}""")
_CHANNEL_LINK = re.compile(r"https://[^/\s]+/(?:archives|client/\w+)/([CGD][A-Z0-9]{7,})")

_WRONG_TOKENS = {
    "xapp-": "is an app token",
    "xoxb-": "is a bot token",
    "xoxp-": "is the token of a user",
    "https://": "is the address of a webhook",
}
"""How the secrets of Slack begin."""

OPERATOR = re.compile(r"[SUW][A-Z0-9]{6,}")
"""The id of a user group (S) or of a user (U, W)."""


def _checked_mention(mention: str) -> str:
    if not MENTION_PATTERN.fullmatch(mention):
        what = f"{quoted(mention)} is not a mention"
        raise RejectedError(what, "write @here, or the id of a user group (S…) or of a user (U…)")
    return mention


def _checked_operator(operator: str) -> str:
    if not OPERATOR.fullmatch(operator):
        what = f"{quoted(operator)} is not an id of a user or of a user group"
        raise RejectedError(what, "write ids such as U0EXAMPLE1 and S0EXAMPLE1")
    return operator


def _checked_channel(channel: str) -> str:
    remedy = "write its name such as #iam-alerts, or its id such as C0123456789"
    # First, because the other errors quote the value, and a token must not be printed.
    if channel.startswith(("xox", "xapp-")):
        what = "has the form of a token, and a secret must not be in this file"
        raise RejectedError(what, remedy)
    if link := _CHANNEL_LINK.match(channel):
        what = "is the link to a channel"
        raise RejectedError(what, f"write its id: {link[1]}")
    if channel.startswith("@"):
        what = f"{quoted(channel)} is not a channel"
        raise RejectedError(what, remedy)
    if not CHANNEL_ID.fullmatch(channel) and not _CHANNEL_NAME.fullmatch(channel):
        what = f"{quoted(channel)} is not the name of a channel, which has no capitals or spaces"
        raise RejectedError(what, remedy)
    return channel


def _api_address(address: str) -> str:
    return web_address(address, example="https://slack.com/api")


Operator = Annotated[str, AfterValidator(_checked_operator), WithJsonSchema({"type": "string"})]
Channel = Annotated[Text, AfterValidator(_checked_channel)]
Mention = Annotated[str, AfterValidator(_checked_mention), WithJsonSchema({"type": "string"})]


class RouteSettings(Table):
    """A Slack channel for some of the messages. An absent key matches every message."""

    channel: Channel = key(..., "Name or id of the channel.")
    target: str | None = key(None, "Only messages about this target.")
    rule: str | None = key(None, "Only messages about this rule alone.")
    severity: SeverityName | None = key(None, "Only messages of this severity or a higher one.")


class SlackSettings(Table):
    """Notifications in Slack, by a bot token or by an incoming webhook. A webhook only posts."""

    secrets: ClassVar[Mapping[str, bool]] = {
        "token": False,
        "webhook_url": False,
        "app_token": False,
    }

    channel: Channel | None = key(None, "Name or id of the channel. Required with a bot token.")
    token_env: VariableName | None = key(None, f"Bot token. {FROM_ENV}")
    token_file: RootedPath | None = key(None, f"Bot token. {FROM_FILE}")
    webhook_url_env: VariableName | None = key(None, f"URL of the webhook. {FROM_ENV}")
    webhook_url_file: RootedPath | None = key(None, f"URL of the webhook. {FROM_FILE}")
    app_token_env: VariableName | None = key(
        None,
        "App token, with which `auditor serve` answers clicks (Socket Mode). It needs operators. "
        f"{FROM_ENV}",
    )
    app_token_file: RootedPath | None = key(None, f"App token. {FROM_FILE}")
    operators: tuple[Operator, ...] = key(
        [],
        "Who may acknowledge, assign, recheck and see the affected users in Slack: ids of users "
        "(U…) and of user groups (S…). Messages have buttons only with operators and an app token.",
        examples=[["S0EXAMPLE1", "U0EXAMPLE1"]],
    )
    base_url: Annotated[str, AfterValidator(_api_address)] | None = key(
        None, "Address of Slack's API, for tests and proxies. Default: Slack's own."
    )
    routes: tuple[RouteSettings, ...] = key(
        [], "Other channels, with a bot token. The first route that matches is used.", alias="route"
    )
    mentions: dict[SeverityName, tuple[Mention, ...]] = key(
        {},
        "Who is mentioned when a finding is new or reopened, per severity: @here, @channel, or "
        "ids of user groups (S…) and of users (U…).",
    )
    attach: Literal["report", "summary"] = key(
        "report",
        "`report` uploads the HTML report into the thread. `summary` links to report.public_url "
        "instead.",
    )

    @classmethod
    def conflicts(cls, keys: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """Demand exactly one way to post, and a channel for a bot token."""
        yield from super().conflicts(keys)
        # The bare name counts too: a secret in the file is one error, not two.
        has_token = bool(keys.keys() & {"token_env", "token_file", "token"})
        has_webhook = bool(keys.keys() & {"webhook_url_env", "webhook_url_file", "webhook_url"})
        if has_token == has_webhook:
            what = "has two ways to post" if has_token else "has no way to post"
            remedy = "set either token_env or token_file, or webhook_url_env or webhook_url_file"
            yield problem(what, remedy)
        elif has_token and "channel" not in keys:
            yield problem("is missing", "a bot token needs a channel to post to", at=("channel",))
        elif has_webhook and "route" in keys:
            remedy = "use a bot token, or remove the routes"
            yield problem("an incoming webhook posts to one channel", remedy, at=("route",))
        has_app_token = bool(keys.keys() & {"app_token_env", "app_token_file"})
        if has_app_token and has_webhook and not has_token:
            at = next(each for each in ("app_token_env", "app_token_file") if each in keys)
            yield problem("an incoming webhook has no buttons", "use a bot token", at=(at,))
        if has_app_token and not keys.get("operators"):
            what, remedy = (
                "no user can act on incidents",
                "list ids of users (U…) or of user groups (S…)",
            )
            yield problem(what, remedy, at=("operators",))
        elif keys.get("operators") and not has_app_token:
            remedy = "set app_token_env or app_token_file, or remove the operators"
            yield problem("no click arrives without an app token", remedy, at=("operators",))

    @property
    def token(self) -> SecretSource | None:
        """Return where the bot token is read from; ``None``: the webhook is used."""
        return self.source("token")

    @property
    def app_token(self) -> SecretSource | None:
        """Return where the app token is read from; ``None``: messages have no buttons."""
        return self.source("app_token")

    @property
    def is_interactive(self) -> bool:
        """Return whether messages have buttons: there are an app token and operators."""
        return self.app_token is not None and bool(self.operators)

    @property
    def attaches_reports(self) -> bool:
        """Return whether reports are uploaded, instead of linked."""
        return self.attach == "report"

    def webhook_url(self) -> Secret | None:
        """Read the URL of the webhook; ``None``: a bot token is used.

        Raises :class:`~auditor.errors.ConfigError`.
        """
        source = self.source("webhook_url")
        return _read_address(source, "https://hooks.slack.com/services/T…") if source else None

    def check_tokens(self) -> None:
        """Read the tokens. Raises :class:`~auditor.errors.ConfigError`, also for a wrong kind."""
        kinds = (
            (self.token, "xoxb-", "copy the Bot User OAuth Token of the Slack app"),
            (self.app_token, "xapp-", "create an app-level token in the Slack app"),
        )
        gather_errors(
            partial(_check_token, source, start, remedy)
            for source, start, remedy in kinds
            if source
        )


class WebhookSettings(Table):
    """A receiver of signed JSON: each notification is posted to it."""

    secrets: ClassVar[Mapping[str, bool]] = {"url": True, "secret": True}

    name: TargetName = key(..., "Name in messages, in the outbox and in metrics; not `slack`.")
    url_env: VariableName | None = key(None, f"Address. {FROM_ENV}")
    url_file: RootedPath | None = key(None, f"Address. {FROM_FILE}")
    secret_env: VariableName | None = key(None, f"Key of the signature. {FROM_ENV}")
    secret_file: RootedPath | None = key(None, f"Key of the signature. {FROM_FILE}")

    def address(self) -> Secret:
        """Read the address. Raises :class:`~auditor.errors.ConfigError`."""
        return _read_address(self.required_source("url"), "https://hooks.acme.example/auditor")

    @property
    def secret(self) -> SecretSource:
        """Return where the key of the signature is read from."""
        return self.required_source("secret")


class AlertSettings(Table):
    """When notifications are sent, and when they are combined."""

    combine_above: PositiveCount = key(
        3, "More new incidents than this in one audit are sent as one message."
    )
    combine_affected: PositiveCount = key(
        10_000,
        "The new incidents of an audit are sent as one message when one of them affects at least "
        "so many users.",
    )
    not_evaluated_after: PositiveCount = key(
        3, "Number of audits in a row in which a rule was not evaluated before that is notified."
    )
    stale_after: Duration = key(
        "26 hours", "Time without an audit after which that is notified.", examples=["3 hours"]
    )
    expiry_notice: Duration = key(
        "14 days", "Time before the end of a token, an attestation or a waiver to notify it."
    )

    reminders: dict[SeverityName, tuple[Duration, ...]] = key(
        {},
        "Times from a message to its next reminder, per severity. The last one repeats; without a "
        "time, there is no reminder. Default: critical 4 hours, 1 day, 7 days; high 1 day, 7 days; "
        "medium 7 days; low none.",
        examples=[{"critical": ["4 hours", "1 day"], "medium": []}],
    )

    @property
    def policy(self) -> NotificationPolicy:
        """Return the record that the engine decides with."""
        return NotificationPolicy(
            combine_above=self.combine_above,
            combine_affected=self.combine_affected,
            not_evaluated_after=self.not_evaluated_after,
            stale_after=self.stale_after,
            expiry_notice=self.expiry_notice,
            remind_after={
                **REMIND_AFTER,
                **{Severity(name): waits for name, waits in self.reminders.items()},
            },
        )


def _check_token(source: SecretSource, expected: str, remedy: str) -> None:
    """Read a token of Slack; a token of an unknown kind is accepted."""
    text = source.read_line().reveal()
    for start, what in _WRONG_TOKENS.items():
        if start != expected and text.startswith(start):
            source.reject(what, f"{remedy}; it begins with {expected}")


def _read_address(source: SecretSource, example: str) -> Secret:
    secret = source.read_line()
    try:
        web_address(secret.reveal(), example=example)
    except RejectedError as error:
        source.reject(error.what, error.remedy)
    return secret
