"""When what is told how. Pure."""

from datetime import timedelta

from msgspec import Struct


class Alerts(Struct, frozen=True, kw_only=True):
    """What decides between a message, silence and a digest."""

    digest_above: int = 5
    """More new incidents than this in one run are one message."""

    digest_people: int = 10_000
    """New incidents are one message, with the report, when one of them hurts so many people."""

    blind_after: int = 3
    """Runs in a row in which a rule was blind until that is told."""

    stale_after: timedelta = timedelta(hours=26)
    """Without an audit for so long, the silence is told."""

    expiry_notice: timedelta = timedelta(days=14)
    """So long before a token, an attestation or a waiver ends it is spoken of."""
