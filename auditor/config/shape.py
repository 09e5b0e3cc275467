"""The shape of auditor.toml: which keys there are, and what each means. Pure.

What is written here becomes the JSON Schema that completes the file in an editor.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from auditor.config.credentials import OKTA_SCOPES
from auditor.config.shape_unattended import (
    HeartbeatTable,
    MetricsTable,
    ScheduleTable,
    ServeTable,
    SlaTable,
)
from auditor.domain.target import Exclusions, Name, OtherSource
from auditor.domain.waivers import Attestation, Waiver

Severity = Literal["low", "medium", "high", "critical"]
Positive = Annotated[int, Meta(ge=1)]
Rules = Annotated[
    dict[str, dict[str, Any]],
    Meta(
        description="Per rule id: enabled (true or false), severity (low, medium, high, critical),"
        " and the rule's own parameters; `auditor rules ID` names them."
    ),
]
_FROM_ENV = "Name of the environment variable that holds it."
_FROM_FILE = "File that holds it; a relative path starts at this file's folder."


class OktaTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The Okta side: the org, the app, and one way to sign in."""

    org_url: Annotated[
        str, Meta(description="Address of the org.", examples=["https://acme.okta.com"])
    ]
    app_id: Annotated[
        str, Meta(description="Id of the provisioning app.", examples=["0oa1b2c3d4e5f6g7h8i9"])
    ]
    sso_app_id: Annotated[
        str | None, Meta(description="Id of the app that signs people in, if it is another one.")
    ] = None
    token_env: Annotated[str | None, Meta(description=f"API token. {_FROM_ENV}")] = None
    token_file: Annotated[str | None, Meta(description=f"API token. {_FROM_FILE}")] = None
    client_id: Annotated[
        str | None, Meta(description="OAuth service app, in place of an API token.")
    ] = None
    private_key_env: Annotated[
        str | None, Meta(description=f"Its private key, PEM or JWK. {_FROM_ENV}")
    ] = None
    private_key_file: Annotated[
        str | None, Meta(description=f"Its private key, PEM or JWK. {_FROM_FILE}")
    ] = None
    key_id: Annotated[
        str | None, Meta(description="The key's `kid`, where the JWK does not say it.")
    ] = None
    scopes: Annotated[
        tuple[str, ...], Meta(description="OAuth scopes to ask for; all of them are read scopes.")
    ] = OKTA_SCOPES
    dpop: Annotated[
        bool, Meta(description="Whether the service app demands DPoP, as new ones do.")
    ] = False


class UnleashTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The Unleash side: the instance and its token."""

    url: Annotated[
        str, Meta(description="Address of Unleash.", examples=["https://unleash.acme.example"])
    ]
    token_env: Annotated[str | None, Meta(description=f"Access token. {_FROM_ENV}")] = None
    token_file: Annotated[str | None, Meta(description=f"Access token. {_FROM_FILE}")] = None
    allow_http: Annotated[
        bool, Meta(description="Send the token over plain http. Only inside a trusted network.")
    ] = False


class TargetTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Okta app and the Unleash instance that it provisions."""

    name: Annotated[Name, Meta(description="Names it in reports and messages; may change later.")]
    okta: OktaTable
    unleash: UnleashTable
    grace_minutes: Annotated[
        int, Meta(ge=0, le=10080, description="How long the two sides may differ.")
    ] = 60
    scim_probe: Annotated[
        bool,
        Meta(description="Whether audits test the SCIM endpoint by a request without a token."),
    ] = True
    also_provisioned_by: Annotated[
        tuple[OtherSource, ...], Meta(description="Other Okta apps that feed the same Unleash.")
    ] = ()
    exclude: Annotated[
        Exclusions, Meta(description="Accounts in Unleash that are nobody's business here.")
    ] = Exclusions()
    rules: Annotated[Rules, Meta(description="Settings of rules for this target alone.")] = {}
    schedule: Annotated[
        ScheduleTable, Meta(description="What `auditor serve` does for this target when.")
    ] = ScheduleTable()


class StoreTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where history is kept."""

    url: Annotated[
        str | None,
        Meta(
            description="sqlite:///FILE, or a PostgreSQL URL without a password."
            " A relative path starts at this file's folder. Default: sqlite:///auditor.db"
        ),
    ] = None
    url_env: Annotated[str | None, Meta(description=f"A URL with a password. {_FROM_ENV}")] = None
    url_file: Annotated[str | None, Meta(description=f"A URL with a password. {_FROM_FILE}")] = None


class RouteTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages that fit go to another channel; what is not said fits everything."""

    channel: Annotated[str, Meta(description="Name or id of the channel.")]
    target: Annotated[str | None, Meta(description="Only about this target.")] = None
    rule: Annotated[str | None, Meta(description="Only about this rule alone.")] = None
    severity: Annotated[Severity | None, Meta(description="Only if at least this severe.")] = None


class SlackTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom Slack tells: by a bot token, or by an incoming webhook that can only post."""

    channel: Annotated[
        str | None, Meta(description="Name or id of the channel; with a bot token.")
    ] = None
    token_env: Annotated[str | None, Meta(description=f"Bot token. {_FROM_ENV}")] = None
    token_file: Annotated[str | None, Meta(description=f"Bot token. {_FROM_FILE}")] = None
    webhook_url_env: Annotated[str | None, Meta(description=f"Webhook URL. {_FROM_ENV}")] = None
    webhook_url_file: Annotated[str | None, Meta(description=f"Webhook URL. {_FROM_FILE}")] = None
    base_url: Annotated[
        str | None, Meta(description="Another address of Slack's API, for tests and proxies.")
    ] = None
    route: Annotated[
        tuple[RouteTable, ...],
        Meta(description="Other channels; with a bot token. The first one that fits counts."),
    ] = ()
    mentions: Annotated[
        dict[Severity, tuple[str, ...]],
        Meta(
            description="Whom to call, by severity, when something is first seen or reopened:"
            " @here, @channel, or ids of user groups (S…) and users (U…)."
        ),
    ] = {}
    attach: Annotated[
        Literal["report", "summary"],
        Meta(description="`summary` links to report.public_url instead of uploading the report."),
    ] = "report"


class WebhookTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Anything that takes JSON: each message is posted there, signed."""

    name: Annotated[Name, Meta(description="Names it in messages; `slack` is taken.")]
    url_env: Annotated[str | None, Meta(description=f"Address. {_FROM_ENV}")] = None
    url_file: Annotated[str | None, Meta(description=f"Address. {_FROM_FILE}")] = None
    secret_env: Annotated[str | None, Meta(description=f"Key of the signature. {_FROM_ENV}")] = None
    secret_file: Annotated[str | None, Meta(description=f"Key of the signature. {_FROM_FILE}")] = (
        None
    )


class AlertsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When what is told how."""

    combine_above: Annotated[
        int, Meta(ge=1, description="More new incidents than this in one run are one message.")
    ] = 5
    combine_affected: Annotated[
        Positive,
        Meta(description="New incidents are one message when one of them hurts so many people."),
    ] = 10_000
    not_evaluated_after: Annotated[
        Positive, Meta(description="Runs in which a rule could not tell until that is told.")
    ] = 3
    stale_after: Annotated[
        str, Meta(description="Without an audit for so long, that is told.", examples=["3 hours"])
    ] = "26 hours"
    expiry_notice: Annotated[
        str, Meta(description="How long before tokens, attestations and waivers end that is told.")
    ] = "14 days"


class ReportTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the HTML reports go."""

    destination: Annotated[
        str,
        Meta(
            description="A directory, or s3://, gs:// or az://."
            " A relative path starts at this file's folder."
        ),
    ] = "reports"
    public_url: Annotated[
        str | None,
        Meta(
            description="Where people reach that place; what messages link to. Each run then"
            " also writes latest.html there."
        ),
    ] = None
    keep_reports: Annotated[
        Positive | None, Meta(description="How many reports are kept per target; default: all.")
    ] = None
    exports: Annotated[
        tuple[Literal["json", "csv", "ocsf"], ...],
        Meta(
            description="What each run writes for other programs, into a folder per target:"
            " latest.json, latest.csv, latest.ocsf.jsonl."
        ),
    ] = ()
    exports_to: Annotated[
        str | None, Meta(description="Where to; default: beside the reports, in `destination`.")
    ] = None


class File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The configuration of the auditor."""

    target: Annotated[
        tuple[TargetTable, ...], Meta(description="What is audited; one [[target]] for each.")
    ]
    privacy: Annotated[
        Literal["names", "ids"], Meta(description="`ids` keeps no name, email or login anywhere.")
    ] = "names"
    rule_paths: Annotated[
        tuple[str, ...], Meta(description="Directories that hold rules of your own.")
    ] = ()
    resolve_after: Annotated[
        int, Meta(ge=1, le=100, description="Complete runs without it that resolve a finding.")
    ] = 1
    fail_on: Annotated[
        Severity,
        Meta(description="Exit 1 while a finding at least this severe stands open."),
    ] = "high"
    keep: Annotated[
        str, Meta(description="How long resolved findings and runs are kept.", examples=["90 days"])
    ] = "400 days"
    store: Annotated[StoreTable, Meta(description="Where history is kept.")] = StoreTable()
    slack: Annotated[SlackTable | None, Meta(description="Whom Slack tells.")] = None
    webhook: Annotated[
        tuple[WebhookTable, ...], Meta(description="Who else is told, as signed JSON.")
    ] = ()
    alerts: Annotated[AlertsTable, Meta(description="When what is told how.")] = AlertsTable()
    report: Annotated[ReportTable, Meta(description="Where the reports go.")] = ReportTable()
    schedule: Annotated[ScheduleTable, Meta(description="What `auditor serve` does when.")] = (
        ScheduleTable()
    )
    serve: Annotated[ServeTable, Meta(description="How `auditor serve` is reached.")] = ServeTable()
    heartbeat: Annotated[
        HeartbeatTable | None, Meta(description="Who notices when the auditor falls silent.")
    ] = None
    metrics: Annotated[
        MetricsTable, Meta(description="Where `auditor run` leaves its metrics.")
    ] = MetricsTable()
    sla: Annotated[
        SlaTable, Meta(description="How long a finding may stand open until it is overdue.")
    ] = SlaTable()
    owners: Annotated[
        dict[str, str],
        Meta(description="By rule id or target, who answers for it; `default`: for the rest."),
    ] = {}
    rules: Rules = {}
    waiver: Annotated[
        tuple[Waiver, ...], Meta(description="Findings that are accepted for a while.")
    ] = ()
    attestation: Annotated[
        tuple[Attestation, ...], Meta(description="What people vouch for, as no API shows it.")
    ] = ()
