"""Whether a server can be reached at all: over what, through what, and by which clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from msgspec import Struct

from auditor.collect.failure import CollectError
from auditor.collect.http import Deadline, Wire
from auditor.collect.limits import SMALL, Limits
from auditor.errors import ConfigError
from auditor.net.proxies import proxy_to
from auditor.net.tls import named_by

PATIENCE = 20
"""Seconds that a server has to answer."""


class Reach(Struct, frozen=True, kw_only=True):
    """What one request without any credential came to."""

    failure: str = ""
    """Why there was no answer; empty when there was one, whatever it said."""

    tls: str = ""
    proxy: str = ""
    """The proxy's address, without a password."""

    trust: str = ""
    """The variable that names the authorities to trust."""

    ahead: timedelta | None = None
    """How far the server's clock is ahead of ours; ``None``: it does not tell the time."""


def reach(url: str, path: str, now: Callable[[], datetime]) -> Reach:
    """Ask ``path`` of a server: any answer will do."""
    proxy = via.address if (via := proxy_to(url)) else ""
    trust = named_by()
    limits = Limits(request=PATIENCE, silence=PATIENCE)
    try:
        with Wire(url, limits, Deadline(PATIENCE)) as wire:
            answer = wire.get(path, {}, auth=None, cap=SMALL)
    except (CollectError, ConfigError) as error:
        return Reach(failure=str(error), proxy=proxy, trust=trust)
    ahead = _time_told(answer.headers.get("date", ""), now())
    return Reach(tls=answer.tls, proxy=proxy, trust=trust, ahead=ahead)


def _time_told(date: str, now: datetime) -> timedelta | None:
    try:
        return parsedate_to_datetime(date) - now
    except (ValueError, TypeError):  # no date, or one without a zone
        return None
