"""What an audit knows of the changes of the configuration, and of their actors."""

from datetime import timedelta

from msgspec.structs import replace

from auditor.domain.collections import MAPPINGS
from auditor.domain.okta import LogTarget
from auditor.domain.snapshot import Snapshot
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.cause import Cause
from auditor.engine.changes.configuration_paths import configuration
from auditor.engine.changes.diff import Change, Confidence, ConfigurationRead
from auditor.engine.configuration_changes import (
    attribute_late,
    compare_configuration,
    with_late_actors,
)
from auditor.engine.incidents.incident import NotifiedState
from tests.support.builders.contexts import (
    AT,
    MAPPING_ID,
    USER_TYPE,
    clean_snapshot,
    event,
    log,
    mapping,
)

LAST_AUDIT = AT - timedelta(hours=2)
EDIT = event("directory.mapping.update", LogTarget(id=MAPPING_ID, type="Mapping"), minutes_ago=60)


def change(attribute: str, **changes) -> Change:
    clean = Change(
        collection=MAPPINGS.name,
        path=f"mapping[{USER_TYPE}].{attribute}.expression",
        before="user.login",
        after="user.email",
        since=LAST_AUDIT,
        until=AT,
    )
    return replace(clean, **changes)


STORED = change("email", until=AT - timedelta(minutes=30))
KNOWN = change("givenName", confidence=Confidence.EXACT)
BEFORE_THE_EDIT = change("email", since=AT - timedelta(days=2), until=AT - timedelta(days=1))


def snapshot() -> Snapshot:
    """Return a snapshot whose log has the edit of a mapping, an hour ago."""
    return clean_snapshot(mappings=[mapping(email="user.email")], log=log(EDIT))


def previous_audits(state: NotifiedState | None = None) -> PreviousAudits:
    """Return the state after an audit that read the mapping before the edit."""
    paths = configuration(clean_snapshot())[MAPPINGS.name]
    reads = {MAPPINGS.name: ConfigurationRead(at=LAST_AUDIT, paths=paths)}
    return PreviousAudits(configuration_reads=reads, notified_state=state)


def test_only_a_change_whose_actor_was_unknown_and_is_known_now_is_returned():
    late = attribute_late([STORED, KNOWN, BEFORE_THE_EDIT], snapshot())
    assert list(late) == [STORED.key]
    assert [actor.name for actor in late[STORED.key].actors] == ["Ro Ott"]


def test_a_cause_gets_the_actor_that_is_known_now():
    late = {STORED.key: replace(STORED, confidence=Confidence.LIKELY)}
    causes = {
        "late": Cause(id="late", opened_at=AT, change=STORED),
        "other": Cause(id="other", opened_at=AT, change=KNOWN),
        "without change": Cause(id="without change", opened_at=AT),
    }
    assert with_late_actors(causes, late) == {
        **causes,
        "late": replace(causes["late"], change=late[STORED.key]),
    }


def test_without_an_earlier_state_only_the_differences_explain_findings():
    found = compare_configuration(previous_audits(), [], snapshot())
    (difference,) = found.found
    assert (difference.path, difference.after) == (STORED.path, "user.email")
    assert found.configuration == configuration(snapshot())
    assert found.names[MAPPINGS.name] == {f"userType[{USER_TYPE}]": "User"}
    assert (found.explaining, found.attributed, found.known_causes) == (found.found, {}, {})


def test_changes_that_targeted_audits_left_come_first_with_their_actors():
    cause = Cause(id="c", opened_at=AT, change=STORED)
    state = NotifiedState(
        audited_at=LAST_AUDIT, causes={"c": cause}, unreported_changes=(STORED, KNOWN)
    )
    found = compare_configuration(previous_audits(state), [STORED, KNOWN], snapshot())
    late = found.attributed[STORED.key]
    assert late.confidence is Confidence.LIKELY
    assert found.explaining == (late, KNOWN, *found.found)
    assert found.known_causes == {"c": replace(cause, change=late)}
