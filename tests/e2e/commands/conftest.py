"""A target that has drifted since its first audit."""

import pytest

from tests.support.drift import break_email


@pytest.fixture
def drifted(commands):
    """Audit a clean target, then the same target after drift."""
    commands.audit()
    break_email(commands.world)
    commands.audit()
    return commands
