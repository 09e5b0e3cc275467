"""Custom messages of Okta's System Log that date a switch. Pure.

``debugContext.debugData.customMessage`` of ``application.lifecycle.update`` (KB, "Deprovisioning
unassigned users"). ``debugData`` is not a stable contract, and the messages of other switches are
not documented.
"""

DEACTIVATION_OFF = "stop deprovisioning unassigned users"
DEACTIVATION_ON = "deprovisioning unassigned users"
KNOWN_NOTES = frozenset({DEACTIVATION_OFF, DEACTIVATION_ON})
"""In lower case."""
