from datetime import date

import pytest
from msgspec.structs import replace

from auditor.engine.changes.diff import Change
from auditor.engine.incidents.notification import ChangesNotice, Digest
from auditor.notify.slack.notice_message import changes_message, digest_message
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
        (1, True, "1 configuration change on production. No finding results from it."),
        (
            1,
            False,
            "1 configuration change on production. The cause of the open findings is not certain.",
        ),
        (
            2,
            False,
            "2 configuration changes on production. The cause of the open findings is not certain.",
        ),
    ],
)
def test_changes_without_mentions_are_counted_in_words(count, alone, title):
    changes = tuple(replace(CHANGE, path=f"schema[a{number}]") for number in range(count))
    message = changes_message(
        ChangesNotice(changes=changes, count=count, alone=alone), "production"
    )
    assert message.text == title


def test_a_change_is_described_in_words():
    about = ChangesNotice(
        changes=(CHANGE, replace(CHANGE, before=None, after="base")), count=2, alone=True
    )
    text = str(changes_message(about, "production").blocks)
    assert "App profile › Attribute title: removed" in text  # noqa: RUF001
    assert "App profile › Attribute title: added (base)" in text  # noqa: RUF001


WEEKS = tuple(date(2026, 11, day) for day in (2, 9, 16, 23))


def digest_with(*numbers: int | None, incomplete: tuple[date, ...] = ()) -> str:
    """Return the digest of weeks with so many open findings; ``None``: without an audit."""
    about = Digest(
        since=hours(0),
        until=hours(168),
        verdict="Fail",
        completeness="all",
        counts={},
        trend=tuple(zip(WEEKS, numbers, strict=True)),
        incomplete_weeks=incomplete,
    )
    return str(digest_message(about, "production", None).blocks)


def test_a_digest_compares_with_the_week_before_and_with_no_older_one():
    assert "Open findings: 3, last week 5." in digest_with(7, 6, 5, 3)
    assert "Open findings: 3, last week not audited." in digest_with(7, None, None, 3)
    assert "Open findings: not audited, last week 5." in digest_with(7, 6, 5, None)


def test_a_digest_marks_the_numbers_of_incomplete_audits():
    text = digest_with(7, 6, 0, 3, incomplete=WEEKS[2:])
    assert "Open findings: 3 (incomplete), last week unknown (incomplete)." in text
