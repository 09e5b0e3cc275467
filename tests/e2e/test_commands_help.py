"""Every command explains itself, with examples, in what a terminal is wide."""

import pytest

from auditor.cli.main import COMMANDS, run


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_with_examples(command, capsys):
    assert run([command, "--help"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"usage: auditor {command}")
    assert "examples:" in printed
    assert f"\n  auditor {command}" in printed
    assert max(map(len, printed.splitlines())) <= 80
