"""The waiver that `auditor waive` prints."""

import tomllib
from datetime import date

import msgspec
import pytest

from auditor.cli.commands.waive import waiver_toml
from auditor.domain.waivers import Waiver
from auditor.engine.audit_history import StoredFinding
from auditor.engine.findings.tracked_findings import State, Transition
from auditor.errors import ConfigError
from auditor.rule.severity import Severity
from tests.support.builders.findings import START

EXPIRES = date(2027, 1, 31)


def stored(subject: str = "oty1", attribute: str = "email") -> StoredFinding:
    return StoredFinding(
        id="3fd92c1aaaaaaaaa",
        rule="email-not-login",
        subject=subject,
        attribute=attribute,
        severity=Severity.HIGH,
        state=State.OPEN,
        first_seen_at=START,
        last_seen_at=START,
        target="production",
        transition=Transition.NEW,
        message="",
    )


def test_the_table_has_one_line_per_value():
    assert waiver_toml(stored(), reason="migration", owner="IT", expires=EXPIRES) == (
        """\
[[waiver]]
rule = "email-not-login"
subject = "oty1/email"
target = "production"
owner = "IT"
reason = "migration"
expires = 2027-01-31
"""
    )


@pytest.mark.parametrize("subject", ["*", "app[1]", "a?b", 'quote"', "back\\slash"])
def test_special_characters_of_a_subject_are_escaped(subject):
    text = waiver_toml(stored(subject), reason='a "no" \\', owner="ü", expires=EXPIRES)
    waiver = msgspec.convert(tomllib.loads(text)["waiver"][0], Waiver)
    assert waiver.covers("email-not-login", subject, "email", "production")
    assert not waiver.covers("email-not-login", "other", "email", "production")
    assert waiver.reason == 'a "no" \\'


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "\x1b[31m", "a\u202eb", "a\u2028b"])
@pytest.mark.parametrize("option", ["reason", "owner"])
def test_control_characters_are_refused(option, text):
    values = {"reason": "r", "owner": "o"} | {option: text}
    with pytest.raises(ConfigError, match=f"--{option}: the text has control characters"):
        waiver_toml(stored(), expires=EXPIRES, **values)
