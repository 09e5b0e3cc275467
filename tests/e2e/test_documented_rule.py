"""The rule and its test in docs/writing-a-rule.md work as the page describes."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.engine.evaluation.evaluate import evaluate
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules
from auditor.sandbox import Sandbox, World

PAGE = (Path(__file__).parents[2] / "docs/writing-a-rule.md").read_text()
RULE, TEST = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
ID = "app-label-unclear"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "my-rules").mkdir(mode=0o755)
    (tmp_path / "my-rules/app_label_unclear.py").write_text(RULE)
    return tmp_path


def documented_tests():
    names: dict[str, Any] = {}
    exec(TEST, names)
    return {name: value for name, value in names.items() if name.startswith("test_")}


@pytest.mark.parametrize("name", documented_tests())
def test_each_documented_test_passes(folder, name):
    rules = bind(load_rules([folder / "my-rules"]), {}, where="test")

    def check(rule, snapshot):
        evaluated = evaluate(snapshot, rules, ())
        assert [each.rule for each in evaluated.verdicts] == [rule]
        return evaluated.verdicts[0].status, evaluated.findings

    documented_tests()[name](check)


def test_the_documented_commands_find_the_rule_and_its_finding(folder, run_here):
    (table,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    world = World.clean(people=2)
    world.okta.apps[world.app_id] = replace(world.okta.apps[world.app_id], label="Flags")
    with Sandbox(world) as sandbox:
        (folder / "auditor.toml").write_text(table + sandbox_configuration(sandbox))
        environ = environment(sandbox)

        def auditor(*words):
            return run_here(words, folder, environ)

        assert auditor("config", "check").returncode == 0
        shown = auditor("rules", "-c", "auditor.toml", ID)
        assert shown.stdout.startswith(f"{ID}\n")
        # Without -c, the message names the way to see it.
        assert "-c auditor.toml" in auditor("rules", ID).stderr
        auditor("run")
        assert 'The label of the app is "Flags"' in auditor("findings", "--rule", ID).stdout
