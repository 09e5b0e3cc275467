import json
from pathlib import Path
from textwrap import dedent

import pytest

from auditor.errors import ConfigError
from auditor.rule.binding import bind
from auditor.rule.custom.custom_rule import CustomParams
from auditor.rule.loader import load_rules
from auditor.rule.severity import Severity

RULE = '''
    """A rule of one's own."""

    from collections.abc import Iterator

    from auditor.rule import APP, Family, Params, Result, Severity, Violation, RuleContext, rule


    class OwnParams(Params):
        """What is wanted."""

        label: str = "Unleash"
        most: int = 3


    @rule(
        id="{id}",
        severity=Severity.HIGH,
        family=Family.CONNECTION,
        guide="our own",
        evidence="the app's label",
        remediation="rename it",
        requires={{APP}},
        params=OwnParams,
    )
    def check(context: RuleContext, params: OwnParams) -> Iterator[Result]:
        """The app is called what we call it.

        People find it by its name.
        """
        if context[APP].label != params.label:
            yield Violation(subject=context[APP].id, message="it has another name")
'''


def rule_file(directory: Path, name: str = "own", id_: str = "own-rule", text: str = RULE) -> Path:
    directory.chmod(0o755)
    path = directory / f"{name}.py"
    path.write_text(dedent(text).format(id=id_))
    return path


def test_a_custom_rule_is_loaded_like_a_bundled_one(tmp_path):
    rule_file(tmp_path)
    loaded = load_rules([tmp_path])["own-rule"]
    assert loaded.rule.title == "The app is called what we call it"
    assert loaded.rule.rationale == "People find it by its name."


def test_two_directories_may_contain_files_with_the_same_name(tmp_path):
    for directory, id_ in (("a", "first"), ("b", "second")):
        (tmp_path / directory).mkdir()
        rule_file(tmp_path / directory, id_=id_)
    assert set(load_rules([tmp_path / "a", tmp_path / "b"])) == {"first", "second"}


def test_an_id_that_is_already_used_is_refused(tmp_path):
    rule_file(tmp_path, "a")
    rule_file(tmp_path, "b")
    with pytest.raises(ConfigError, match=r"b\.py: rule id .own-rule. is already taken by .*a\.py"):
        load_rules([tmp_path])


def test_a_file_that_only_imports_a_rule_is_refused(tmp_path):
    rule_file(tmp_path)
    (tmp_path / "empty.py").write_text("from auditor.rule import rule\n")
    with pytest.raises(
        ConfigError, match=r"empty\.py: no rule here \(decorate the check with @rule"
    ):
        load_rules([tmp_path])


def test_a_file_with_an_error_is_named_with_its_line(tmp_path):
    (tmp_path / "broken.py").write_text("x = 1\n\nraise RuntimeError('no')\n")
    with pytest.raises(
        ConfigError, match=r"broken\.py:3: .*: RuntimeError: no \(correct this line\)$"
    ):
        load_rules([tmp_path])


def test_a_syntax_error_is_named_with_its_line(tmp_path):
    (tmp_path / "broken.py").write_text("x = 1\ndef\n")
    with pytest.raises(
        ConfigError, match=r"broken\.py:2: .*: SyntaxError: invalid syntax \(correct this"
    ):
        load_rules([tmp_path])


def test_a_directory_that_others_can_write_is_refused(tmp_path):
    rule_file(tmp_path)
    tmp_path.chmod(0o777)
    with pytest.raises(ConfigError, match=r"others can write here.*chmod go-w"):
        load_rules([tmp_path])


def test_a_missing_directory_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"^rule_paths: .*nowhere: .* \(check the path\)$"):
        load_rules([tmp_path / "nowhere"])


@pytest.fixture
def rules(tmp_path):
    rule_file(tmp_path)
    return load_rules([tmp_path])


def test_a_later_table_overrides_single_keys(rules):
    general = {"own-rule": {"label": "A", "most": 1}}
    special = {"own-rule": {"label": "B"}}
    (bound,) = bind(rules, general, special, where="auditor.toml: rules")
    assert isinstance(bound.params, CustomParams)
    assert json.loads(bytes(bound.params.facts.values)) == {"label": "B", "most": 1}


def test_a_rule_can_be_switched_off(rules):
    assert bind(rules, {"own-rule": {"enabled": False}}, where="auditor.toml: rules") == ()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        pytest.param(
            {"own-rul": {}},
            r"auditor\.toml: rules\.own-rul: no such rule \(did you mean \"own-rule\"\?\)",
            id="unknown rule",
        ),
        pytest.param(
            {"own-rule": {"lable": "A"}},
            r"rules\.own-rule\.lable: unknown key \(did you mean \"label\"\?\)",
            id="unknown key",
        ),
        pytest.param(
            {"own-rule": {"most": "three"}},
            r"rules\.own-rule\.most: expected a whole number, got text",
            id="wrong type",
        ),
        pytest.param(
            {"own-rule": {"severity": "hihg"}},
            r"rules\.own-rule\.severity: expected one of low, medium, high, critical, got \"hihg\"",
            id="severity",
        ),
        pytest.param(
            {"own-rule": {"enabled": "no"}},
            r"rules\.own-rule\.enabled: expected true or false, got 'no'",
            id="enabled",
        ),
    ],
)
def test_a_mistake_names_file_and_key(rules, table, message):
    with pytest.raises(ConfigError, match=message):
        bind(rules, table, where="auditor.toml: rules")


@pytest.mark.parametrize(
    ("configured", "of_violation", "severity"),
    [
        pytest.param({}, None, Severity.HIGH, id="the rule's own"),
        pytest.param({}, Severity.CRITICAL, Severity.CRITICAL, id="the violation's own"),
        pytest.param({"severity": "low"}, None, Severity.LOW, id="configured"),
        pytest.param({"severity": "low"}, Severity.CRITICAL, Severity.LOW, id="a ceiling"),
        pytest.param({"severity": "critical"}, Severity.LOW, Severity.LOW, id="no floor"),
    ],
)
def test_a_configured_severity_is_a_ceiling(rules, configured, of_violation, severity):
    (bound,) = bind(rules, {"own-rule": configured}, where="auditor.toml: rules")
    assert bound.severity(of_violation) is severity


def test_the_configuration_hash_changes_with_a_parameter(rules):
    (plain,) = bind(rules, where="auditor.toml: rules")
    (same,) = bind(rules, {"own-rule": {"most": 3}}, where="auditor.toml: rules")
    (other,) = bind(rules, {"own-rule": {"most": 4}}, where="auditor.toml: rules")
    assert plain.configuration == same.configuration != other.configuration
