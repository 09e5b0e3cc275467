"""A rule of the user that ends its process, and the audit around it."""

import json

import pytest

from tests.support.builders.custom_rules import write_rule

ATTACKS = {
    "sys.exit": "import sys; sys.exit(0)",
    "os._exit": "import os; os._exit(0)",
    "an interrupt": "raise KeyboardInterrupt",
    "the end of a generator": "raise GeneratorExit",
    "memory": "x = [bytearray(2**20) for _ in range(10_000)]",
    "a killed process": "import os; os.kill(os.getpid(), 9)",
}


def use_rules(commands) -> None:
    commands.config.write_text('rule_paths = ["mine"]\n' + commands.config.read_text())


@pytest.mark.parametrize("body", ATTACKS.values(), ids=ATTACKS)
def test_a_rule_that_ends_its_process_is_named_and_every_other_rule_is_evaluated(commands, body):
    before = commands.json("run")["targets"][0]["rules"]
    write_rule(commands.folder / "mine", body=body)
    use_rules(commands)
    code, text = commands("run", "--fail-on", "low", "--format", "json")
    assert code == 3, commands.errors
    rules = json.loads(text)["targets"][0]["rules"]
    assert rules.pop("own-rule")["verdict"] == "unknown"
    assert rules == before
    assert "own-rule" in commands("run", "--fail-on", "low")[1]


@pytest.mark.parametrize(
    "top", ["import sys; sys.exit(0)", "import os; os._exit(0)", "raise KeyboardInterrupt"]
)
@pytest.mark.parametrize("command", [("run",), ("config", "check"), ("rules",), ("report",)])
def test_a_file_that_ends_its_process_is_an_error_of_the_configuration(commands, top, command):
    commands.audit()
    write_rule(commands.folder / "mine", top=top)
    use_rules(commands)
    code, _ = commands(*command)
    assert code == 2
    assert "mine/own_rule.py" in commands.errors
    assert "internal error" not in commands.errors
