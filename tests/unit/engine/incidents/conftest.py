"""A target whose audits are kept in memory."""

import pytest

from tests.support.audited_target import TargetAudits


@pytest.fixture
def audits() -> TargetAudits:
    """Return a target after one clean audit."""
    audits = TargetAudits()
    audits.run(hour=0)
    return audits
