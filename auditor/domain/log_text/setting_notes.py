"""What texts of Okta's System Log state without naming a user: switches and dates. Pure.

``debugContext.debugData.customMessage`` of ``application.lifecycle.update`` (KB, "Deprovisioning
unassigned users"). ``debugData`` is not a stable contract, and the messages of other switches are
not documented.
"""

import re

DEACTIVATION_OFF = "stop deprovisioning unassigned users"
DEACTIVATION_ON = "deprovisioning unassigned users"
KNOWN_NOTES = frozenset({DEACTIVATION_OFF, DEACTIVATION_ON})
"""The known messages, in lower case."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z)?")


def stated_date(event_type: str, *texts: str | None) -> str | None:
    """Return the date, in ISO form, for which an event schedules something; ``None``: no date.

    ``texts`` are the reason and the message of the event; the form of the date is not documented.
    """
    # A date in any other event states when something happened, not when it will happen.
    if not event_type.endswith(".schedule"):
        return None
    found = _DATE.search(" ".join(filter(None, texts)))
    return found[0] if found else None
