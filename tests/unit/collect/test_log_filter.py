"""Every event type that the code reads is requested from Okta's log."""

import csv
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

import auditor
from auditor.collect.okta.log_reader import (
    APP_EVENTS,
    ORG_EVENTS,
    SSO_APP_EVENTS,
    app_filter,
    org_filter,
    profile_update_filter,
)
from auditor.domain.collections import SSO_APP
from auditor.domain.provisioning.log_events.event_meanings import EVENT_MEANINGS
from auditor.domain.target import Target
from auditor.engine.changes.attribution import OKTA_EVENTS
from tests.support.inspection.syntax_trees import strings_that_begin
from tests.support.recorded_answers import FOLDER, needs_recordings

PACKAGE = Path(auditor.__file__).parent
READERS = [
    path
    for folder in (PACKAGE / "domain", PACKAGE / "engine", PACKAGE.parent / "rules")
    for path in sorted(folder.rglob("*.py"))
]
BEGINNINGS = (
    "app.user_management",
    "application.",
    "directory.",
    "group.application_assignment",
    "user.account.",
    "user.lifecycle.",
)
EVENT_TYPE = re.compile(r"[a-z_.]*")


def read_types() -> set[str]:
    """Return every event type, or prefix of one, in the code that interprets the log.

    They are the entries of the table of meanings, and the literals of all other code. A literal
    from which entries of the table are put together counts by these entries.
    """
    table = {each.type.removesuffix("*") for each in EVENT_MEANINGS}
    literals = {
        each
        for path in READERS
        for each in strings_that_begin(path, *BEGINNINGS)
        if EVENT_TYPE.fullmatch(each)
    }
    parts = {each for each in literals - table if any(kind.startswith(each) for kind in table)}
    return table | (literals - parts)


def requested(kind: str) -> bool:
    """Return whether the filters request an event type, or all types with a prefix."""
    filters = f"{app_filter(TARGET)} or {org_filter()} or {profile_update_filter()}"
    exact = set(re.findall(r'eventType eq "([^"]+)"', filters))
    beginnings = tuple(re.findall(r'eventType sw "([^"]+)"', filters))
    return kind in exact or kind.startswith(beginnings)


TARGET = Target(name="main", org_url="https://o", app_id="0oaP", unleash_url="https://u")


def test_the_code_reads_event_types() -> None:
    assert len(read_types()) > 10


@pytest.mark.parametrize("kind", sorted(read_types()))
def test_an_event_type_that_is_read_is_requested(kind: str) -> None:
    assert requested(kind)


def test_the_settings_of_a_separate_sso_app_are_requested() -> None:
    of_sso = app_filter(replace(TARGET, sso_app_id="0oaS")).partition('target.id eq "0oaS"')[2]
    for kind in OKTA_EVENTS[SSO_APP.name]:
        assert any(f'"{each}"' in of_sso for each in SSO_APP_EVENTS if kind.startswith(each))
    assert app_filter(replace(TARGET, sso_app_id="0oaP")) == app_filter(TARGET)


@needs_recordings
def test_what_is_requested_exists() -> None:
    """A mistyped prefix would request nothing, without an error."""
    with (FOLDER / "okta" / "event-types.csv").open() as file:
        known = {row["Event Type"] for row in csv.DictReader(file)}
    assert set(ORG_EVENTS) <= known
    for each in APP_EVENTS:
        assert any(kind.startswith(each) for kind in known), each
