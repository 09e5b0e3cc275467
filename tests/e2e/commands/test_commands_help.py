"""The help of each command: examples, 80 columns, no heavy imports."""

import pytest

from auditor.cli.main import run
from tests.support.processes.command_line import commands


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_each_command_has_a_help_with_examples_in_eighty_columns(words, capsys):
    assert run([*words, "--help"]) == 0
    printed, errors = capsys.readouterr()
    assert errors == ""
    assert printed.startswith(f"Usage: auditor {' '.join(words)} ")
    assert any(f"\n{heading}:\n" in printed for heading in ("Example", "Examples", "Install"))
    assert f"\n  auditor {words[0]}" in printed
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_the_command_help_prints_the_same_text(words, capsys):
    assert run([*words, "--help"]) == 0
    direct = capsys.readouterr().out
    assert run(["help", *words]) == 0
    assert capsys.readouterr().out == direct


def test_help_without_a_command_lists_all_commands(capsys):
    assert run(["help"]) == 0
    printed = capsys.readouterr().out
    assert all(f"\n  {words[0]} " in printed for words in commands())
    assert max(map(len, printed.splitlines())) <= 80


def test_help_for_an_unknown_command_suggests_the_nearest(capsys):
    assert run(["help", "rnu"]) == 2
    assert 'no such command "rnu" (did you mean "run"?)' in capsys.readouterr().err
