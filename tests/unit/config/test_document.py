"""Reading TOML files: includes, inheritance, and files that cannot be read."""

import os

import pytest

from auditor.config.document import read_document
from auditor.config.loading import load_settings
from auditor.errors import ConfigError
from tests.support.builders.config_files import MINIMAL, SECRETS

DEFAULTS = """
[defaults.okta]
org_url = "https://acme.okta.com"
client_id = "0oaClient"
private_key_env = "KEY"
dpop = true
[defaults.unleash]
token_env = "UNLEASH_TOKEN"
[defaults.rules.email-not-login]
severity = "low"
"""
SHORT = """
[[target]]
name = "eu-1"
okta.app_id = "0oa1"
unleash.url = "https://eu-1.acme.example"
"""


def error_of(path) -> str:
    with pytest.raises(ConfigError) as raised:
        load_settings(path, SECRETS)
    (line,) = raised.value.lines
    return line.removeprefix(f"{path}: ")


def test_targets_inherit_the_defaults(config):
    target = config.load(DEFAULTS + SHORT).targets[0]
    okta = target.okta
    assert (okta.org_url, okta.client_id, okta.dpop) == ("https://acme.okta.com", "0oaClient", True)
    assert target.unleash_token.origin == "UNLEASH_TOKEN"


def test_a_target_that_has_its_own_sign_in_inherits_no_other(config):
    own = SHORT.replace('app_id = "0oa1"', 'app_id = "0oa1"\nokta.token_env = "OKTA_TOKEN"')
    okta = config.load(DEFAULTS + own).targets[0].okta
    assert (okta.client_id, okta.private_key_env, okta.token_env) == (None, None, "OKTA_TOKEN")
    assert okta.dpop


def test_an_error_in_a_default_is_reported_once_and_at_its_place(config):
    second = SHORT.replace("eu-1", "eu-2")
    text = DEFAULTS.replace("dpop = true", 'dpop = "yes"') + SHORT + second
    assert config.errors(text) == [
        "defaults.okta.dpop: expected true or false, got text (write true or false without quotes)"
    ]


def test_a_secret_that_is_inherited_is_named_at_its_place(config):
    lines = config.errors(DEFAULTS + SHORT, {"UNLEASH_TOKEN": "a"})
    assert lines == [
        (
            "defaults.okta.private_key_env: KEY is not set in the environment "
            "(set it, or name a file that contains the secret)"
        )
    ]


def test_included_files_add_targets_and_waivers(config):
    config.write("targets/eu.toml", SHORT)
    config.write("targets/us.toml", SHORT.replace("eu-1", "us-1"))
    config.write(
        "waivers/all.toml",
        '[[waiver]]\nrule = "a"\nowner = "o"\nreason = "r"\nexpires = 2027-01-01\n'
        'targets = ["eu-*"]\n',
    )
    settings = config.load(f'include = ["targets/*.toml", "waivers/all.toml"]\n{DEFAULTS}')
    assert [target.name for target in settings.targets] == ["eu-1", "us-1"]
    assert [waiver.target for waiver in settings.waivers] == ["eu-1"]
    assert settings.targets[1].okta.client_id == "0oaClient"


def test_an_error_in_an_included_file_names_that_file(config, tmp_path):
    config.write("targets/eu.toml", SHORT.replace("okta.app_id", "okta.ap_id"))
    lines = config.errors(f'include = ["targets/*.toml"]\n{DEFAULTS}')
    place = f"{tmp_path}/targets/eu.toml: target[0].okta"
    assert [line.partition(" ")[0] for line in lines] == [f"{place.partition(' ')[0]}"] * 2
    assert lines[1] == f'{place}.ap_id: unknown key (did you mean "app_id"?)'


def test_a_name_that_is_used_in_two_files_names_both_places(config, tmp_path):
    config.write("eu.toml", SHORT)
    config.write("us.toml", SHORT.replace("eu-1", "EU-1"))
    assert config.errors(f'include = ["eu.toml", "us.toml"]\n{DEFAULTS}') == [
        (
            f'{tmp_path}/us.toml: target[0].name: "EU-1" is the name of another target, '
            f"at {tmp_path}/eu.toml: target[0].name (choose another name)"
        )
    ]


def test_a_file_is_included_once(config, tmp_path):
    config.write("eu.toml", SHORT)
    assert config.errors(f'include = ["eu.toml", "e*.toml"]\n{DEFAULTS}') == [
        (
            f"include[1]: {tmp_path}/eu.toml is included twice; also by {config.file}: include[0] "
            "(name each file once)"
        )
    ]


def test_a_file_does_not_include_itself(config):
    lines = config.errors(f'include = ["*.toml"]\n{MINIMAL}')
    assert lines == [f"include[0]: {config.file} is this file itself (name each file once)"]


def test_an_included_file_cannot_include_another(config, tmp_path):
    config.write("eu.toml", f'include = ["auditor.toml"]\nprivacy = "ids"\n{SHORT}')
    assert config.errors(f'include = ["eu.toml"]\n{MINIMAL}') == [
        (
            f"{tmp_path}/eu.toml: include: cannot be used in a file that {config.file}: include[0] "
            "includes (name all files there)"
        ),
        (
            f"{tmp_path}/eu.toml: privacy: unknown key "
            "(an included file contains target, waiver, attestation tables only)"
        ),
    ]


@pytest.mark.parametrize(
    ("pattern", "error"),
    [
        ("none/*.toml", "include[0]: no file matches (correct the pattern, or remove it)"),
        ("eu.toml", "cannot be read: No such file or directory"),
    ],
)
def test_an_include_that_finds_no_file_is_an_error(config, pattern, error):
    (line,) = config.errors(f'include = ["{pattern}"]\n{MINIMAL}')
    assert error in line


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("target = [", "is not TOML: invalid value at end of document (correct the text there)"),
        (f"keep = {'9' * 5_000}", "contains a number that is too long (use at most 4,300 digits)"),
        (
            f"keep = {'[' * 60}{']' * 60}",
            "tables and lists are nested too deeply (use at most 32 levels)",
        ),
        (
            f"keep = {'[' * 50_000}{']' * 50_000}",
            "tables and lists are nested too deeply (use at most 32 levels)",
        ),
        (
            f"[{'.'.join(['a'] * 3_000)}]",
            "tables and lists are nested too deeply (use at most 32 levels)",
        ),
        ('include = ["a\\u0000b"]', "a text contains a NUL character (remove \\u0000)"),
        ('rule_paths = ["\\u0000"]', "a text contains a NUL character (remove \\u0000)"),
        ('a.b = [{c = "\\u0000"}]', "a text contains a NUL character (remove \\u0000)"),
        (f"# {'x' * 9_000_000}", "is larger than 8 MiB (name another file)"),
    ],
)
def test_a_file_of_an_unusual_shape_is_one_error(config, text, error):
    config.file.write_text(text)
    assert error_of(config.file) == error


def test_a_mark_at_the_beginning_that_editors_write_is_ignored(config):
    config.file.write_text(MINIMAL, encoding="utf-8-sig")
    assert read_document(config.file).tables["target"]


def test_a_long_number_is_not_quoted(config):
    (line,) = config.errors(f"resolve_after = {'9' * 4_000}\n{MINIMAL}")
    assert line == "resolve_after: the value is too large (write 100 or less)"


def test_a_file_that_cannot_be_read_is_one_error(config, tmp_path):
    hint = "(use --config to name another file, or create one with `auditor init`)"
    assert error_of(config.file) == f"cannot be read: No such file or directory {hint}"
    config.file.write_bytes(b"\xff")
    assert error_of(config.file) == "is not UTF-8 text (save it as UTF-8)"
    assert error_of(tmp_path) == f"is a directory {hint}"
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    assert error_of(pipe) == f"is not a regular file {hint}"
    assert error_of(tmp_path / "a\0b").startswith("cannot be read: not a path")


def test_an_included_link_to_itself_is_one_error(config, tmp_path):
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    (error,) = config.errors(f'include = ["loop.toml"]\n{MINIMAL}')
    assert "loop.toml: cannot be read: Too many levels of symbolic links" in error
