"""The shape of those tables of auditor.toml that let it run by itself. Pure."""

from typing import Annotated

from msgspec import Meta, Struct

_FROM_ENV = "Name of the environment variable that holds it."
_FROM_FILE = "File that holds it; a relative path starts at this file's folder."
CronField = Annotated[
    str | None,
    Meta(
        description="Minute, hour, day, month, weekday (Sunday is 0); `never` turns it off.",
        examples=["7 * * * *"],
    ),
]


class ScheduleTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When `auditor serve` does what; for a target alone, under [target.schedule]."""

    audit: CronField = None
    report: CronField = None
    time_zone: Annotated[
        str | None, Meta(description="Whose clock counts.", examples=["Europe/Berlin"])
    ] = None
    spread: Annotated[
        str | None,
        Meta(
            description="Each target begins up to so much later, always by the same span of its"
            " own, so that not all ask at once.",
            examples=["10 minutes"],
        ),
    ] = None


class ServeTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How `auditor serve` is reached, and how it ends."""

    operations: Annotated[
        str, Meta(description="Address of /healthz, /readyz and /metrics: no personal data.")
    ] = "127.0.0.1:9187"
    reports: Annotated[
        str,
        Meta(description="Address of the reports, or `off`; beyond loopback they need a login."),
    ] = "127.0.0.1:8187"
    trusted_hosts: Annotated[
        tuple[str, ...],
        Meta(description="Names under which browsers may ask for reports, beside loopback's."),
    ] = ()
    password_env: Annotated[
        str | None, Meta(description=f"What opens the reports. {_FROM_ENV}")
    ] = None
    password_file: Annotated[
        str | None, Meta(description=f"What opens the reports. {_FROM_FILE}")
    ] = None
    user_header: Annotated[
        str | None,
        Meta(
            description="A proxy has signed people in and says so in this header.",
            examples=["X-Forwarded-User"],
        ),
    ] = None
    proxies: Annotated[
        tuple[str, ...],
        Meta(description="Addresses or networks of that proxy; no other's header is believed."),
    ] = ()
    jobs: Annotated[int, Meta(ge=1, le=64, description="So many targets are audited at once.")] = 4
    grace: Annotated[
        str, Meta(description="How long running audits may take to finish when it is to stop.")
    ] = "1 minute"


class HeartbeatTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dead man's switch: an address that wants to be asked regularly, so silence is noticed."""

    url_env: Annotated[str | None, Meta(description=f"Asked when all is well. {_FROM_ENV}")] = None
    url_file: Annotated[str | None, Meta(description=f"Asked when all is well. {_FROM_FILE}")] = (
        None
    )
    failure_url_env: Annotated[
        str | None, Meta(description=f"Asked otherwise; default: the same with /fail. {_FROM_ENV}")
    ] = None
    failure_url_file: Annotated[
        str | None, Meta(description=f"Asked otherwise; default: the same with /fail. {_FROM_FILE}")
    ] = None


class MetricsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where `auditor run` leaves its metrics; `auditor serve` shows them at /metrics."""

    push: Annotated[
        str | None,
        Meta(description="Address of a Pushgateway.", examples=["http://pushgateway:9091"]),
    ] = None
    textfile: Annotated[
        str | None, Meta(description="A file ending in .prom, for the node exporter.")
    ] = None


class SlaTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By severity, how long a finding may stand open until it is overdue."""

    critical: Annotated[str | None, Meta(description="Default: 1 day.")] = None
    high: Annotated[str | None, Meta(description="Default: 7 days.")] = None
    medium: Annotated[str | None, Meta(description="Default: 30 days.")] = None
    low: Annotated[str | None, Meta(description="Default: 90 days.")] = None
