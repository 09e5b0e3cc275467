"""The event log: its shape and its search."""

import re
from datetime import datetime, timedelta

from starlette.requests import Request

from auditor.sandbox.answer import Answer, Json, iso_time
from auditor.sandbox.model.accounts import ROLES, Happening
from auditor.sandbox.unleash.callers import Caller
from auditor.sandbox.unleash.errors import bad_data, shown
from auditor.sandbox.worlds.world import World

# The patterns of a real server, which its errors quote.
TYPE = re.compile(r"(IS|IS_ANY_OF):(.*?)(,([a-zA-Z0-9_]+))*")
DAY = re.compile(r"(IS):\d{4}-\d{2}-\d{2}")
LABELS = {
    "user-created": ("User created", "created user"),
    "user-updated": ("User updated", "updated user"),
    "user-deleted": ("User deleted", "deleted user"),
    "api-token-created": ("API token created", "created API token"),
}
"""Type to its label and the verb of its summary; the summary of other types has "triggered"."""


def happening(it: Happening) -> Json:
    """One entry of `/search/events`."""
    label, did = LABELS.get(it.type, (it.type, ""))
    name = (it.data or it.before or {}).get("name") or ""
    return {
        "id": it.id,
        "type": it.type,
        "createdBy": it.by,
        "createdAt": iso_time(it.at),
        "createdByUserId": it.by_id,
        "data": it.data,
        "preData": it.before,
        "tags": [],
        "featureName": None,
        "project": it.project,
        "environment": (it.data or {}).get("environment"),
        "label": label,
        "summary": f"**{it.by}** {f'{did} **{name}**' if did else f'triggered **{it.type}**'}",
    }


def search_events(world: World, request: Request, caller: Caller) -> Answer:
    """`/search/events`: operators are mandatory, days are the finest grain, newest first.

    A caller without the Admin root role of its own gets only events of projects.
    """
    query = request.query_params
    for name, pattern in (("type", TYPE), ("from", DAY), ("to", DAY), ("createdBy", TYPE)):
        value = query.get(name)
        if value is not None and not pattern.fullmatch(value):
            return _bad_query(name, pattern, value)
    sees_all = caller.account is None or caller.account.root_role == ROLES["Admin"]
    events = [
        event
        for event in reversed(world.unleash.happenings)
        if _is_asked(event, request) and (sees_all or event.project)
    ]
    offset = _number(query.get("offset"), otherwise=0)
    limit = min(_number(query.get("limit"), otherwise=50), 1000)
    page = [happening(event) for event in events[offset : offset + limit]]
    return shown({"events": page, "total": len(events)})


def _is_asked(event: Happening, request: Request) -> bool:
    query = request.query_params
    kinds = query.get("type", "").partition(":")[2]
    authors = query.get("createdBy", "").partition(":")[2]
    since, until = query.get("from"), query.get("to")
    wanted = query.get("query", "").lower()
    return (
        (not kinds or event.type in kinds.split(","))
        and (not authors or str(event.by_id) in authors.split(","))
        and (since is None or event.at >= _day(since))
        and (until is None or event.at < _day(until) + timedelta(days=1))
        and (not wanted or wanted in f"{event.type} {event.data} {event.before}".lower())
    )


def _number(text: str | None, *, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text.removeprefix("IS:") + "T00:00:00+00:00")


def _bad_query(name: str, pattern: re.Pattern[str], value: str) -> Answer:
    message = (
        f'The `/query/{name}` property must match pattern "^{pattern.pattern}$".'
        f' You sent "{value}".'
    )
    return bad_data(f"/query/{name}", message)
