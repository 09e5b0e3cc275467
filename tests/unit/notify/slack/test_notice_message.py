import pytest
from msgspec.structs import replace

from auditor.engine.changes.diff import Change
from auditor.engine.incidents.notification import ChangesNotice
from auditor.notify.slack.notice_message import changes_message
from tests.support.builders.findings import hours

CHANGE = Change(
    collection="okta.app_schema",
    path="schema[title]",
    before="custom",
    after=None,
    since=hours(0),
    until=hours(1),
)


@pytest.mark.parametrize(
    ("count", "alone", "title"),
    [
        (1, True, "1 change in the set-up of production; nothing broke"),
        (1, False, "1 change in the set-up of production; no breach was traced to it"),
        (2, False, "2 changes in the set-up of production; no breach was traced to them"),
    ],
)
def test_quiet_changes_are_counted_in_words(count, alone, title):
    told = tuple(replace(CHANGE, path=f"schema[a{number}]") for number in range(count))
    message = changes_message(ChangesNotice(changes=told, count=count, alone=alone), "production")
    assert message.text == title


def test_what_is_not_there_is_absent_as_everywhere():
    about = ChangesNotice(
        changes=(CHANGE, replace(CHANGE, before=None, after="base")), count=2, alone=True
    )
    message = changes_message(about, "production")
    assert "schema[title]: custom → absent" in str(message.blocks)
    assert "schema[title]: absent → base" in str(message.blocks)
