"""The event types that the code reads are requested, and have a meaning. Both lists from the code.

A type that the code reads is a string in it that begins as Okta's event types do.
"""

import re
from functools import cache
from pathlib import Path

import pytest

import auditor
from auditor.collect.okta.log_reader import APP_EVENTS, ORG_EVENTS
from auditor.domain.provisioning.log_events.event_meanings import (
    EVENT_MEANINGS,
    EventProof,
    meaning_of,
)
from auditor.domain.provisioning.log_events.log_facts import PROFILE_UPDATE_EVENT
from auditor.resources import shipped
from tests.support.inspection.syntax_trees import strings_that_begin

PACKAGE = Path(auditor.__file__).parent
BEGINNINGS = ("application.", "app.", "directory.", "group.", "user.")
TYPE = re.compile(r"[a-z_]+\.[a-z_]+(?:\.[a-z_]+)+(?:\.\*)?")
DOCS = Path(__file__).parents[5] / "docs" / "evidence.md"

# The sandbox produces events, and the reader requests them: neither reads a meaning.
READERS = sorted(
    path
    for folder in (PACKAGE / "domain", PACKAGE / "engine", PACKAGE / "rule", shipped("rules"))
    for path in folder.rglob("*.py")
    if path.name != "event_meanings.py"  # its types are in the table
)


@cache
def types_read():
    """Return the event types in the code, and those of the table of meanings."""
    found = {meaning.type for meaning in EVENT_MEANINGS}
    for path in READERS:
        strings = strings_that_begin(path, *BEGINNINGS)
        found |= {each for each in strings if TYPE.fullmatch(each)}
    return found


def is_requested(event_type):
    name = event_type.removesuffix("*")
    return (
        name in ORG_EVENTS
        or name == PROFILE_UPDATE_EVENT
        or any(name.startswith(beginning) for beginning in APP_EVENTS)
    )


def test_the_types_that_the_code_reads_are_found():
    assert {"application.provision.user.push_profile", "directory.mapping.update"} <= types_read()
    assert PROFILE_UPDATE_EVENT in types_read()


@pytest.mark.parametrize("event_type", sorted(types_read()))
def test_every_type_that_the_code_reads_is_requested(event_type):
    assert is_requested(event_type)


@pytest.mark.parametrize("event_type", sorted(types_read()))
def test_every_type_that_the_code_reads_has_a_meaning(event_type):
    assert meaning_of(event_type.removesuffix("*")) is not None


@pytest.mark.parametrize("event_type", [*ORG_EVENTS, PROFILE_UPDATE_EVENT])
def test_what_is_requested_for_the_whole_org_has_a_meaning(event_type):
    meaning = meaning_of(event_type)
    assert meaning is not None
    assert not meaning.names_app


def table_of_meanings():
    for meaning in EVENT_MEANINGS:
        source = meaning.source.replace("|", "\\|")
        success = "" if meaning.success is EventProof.NOTHING else meaning.success
        failure = "" if meaning.failure is EventProof.NOTHING else meaning.failure
        yield f"| `{meaning.type}` | {success or '—'} | {failure or '—'} | {source} |"


def test_the_documentation_has_the_meaning_of_every_type():
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    first = lines.index("| event type | a success proves | a failure proves | source |") + 2
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        rows.append(line)
    assert rows == list(table_of_meanings())
