import tomllib

import pytest

from auditor.config.reference import config_schema, main, reference
from tests.support.builders.config_files import MINIMAL
from tests.support.inspection.json_schema import schema_errors
from tests.support.session.process_groups import uses_json_schema


def errors_of(text: str) -> list[str]:
    return schema_errors(tomllib.loads(text), config_schema())


@uses_json_schema
def test_the_schema_is_valid():
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(config_schema())


@uses_json_schema
def test_a_valid_file_matches_the_schema():
    assert errors_of(MINIMAL) == []


@uses_json_schema
@pytest.mark.parametrize(
    "text",
    [
        "",
        MINIMAL.replace("token_env", "tokn_env"),
        MINIMAL.replace('app_id = "0oa1"\n', ""),
        'fail_on = "hgih"\n' + MINIMAL,
        'token = "x"\n' + MINIMAL,
        "[[waiver]]\nsubjct = 'x'\n" + MINIMAL,
    ],
)
def test_a_refused_file_does_not_match_the_schema(text):
    assert errors_of(text) != []


def test_every_key_has_a_description():
    schema = config_schema()
    tables = {"": schema, **schema["$defs"]}
    missing = [
        f"{name}.{key}"
        for name, table in tables.items()
        for key, value in table["properties"].items()
        if not value.keys() & {"description", "$ref"}
    ]
    assert len(tables) > 15
    assert missing == []


def test_the_reference_has_a_row_for_each_key():
    text = reference()
    for table in (config_schema(), *config_schema()["$defs"].values()):
        for key in table["properties"]:
            assert f"| `{key}` |" in text or f"{key}]" in text


def test_a_changed_document_is_reported_and_an_unknown_option_writes_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "configuration.md"
    assert main([str(file)]) is None
    assert main(["--check", str(file)]) is None
    file.write_text(file.read_text().replace("required", "optional"))
    assert "run `make docs`" in str(main(["--check", str(file)]))
    with pytest.raises(SystemExit):
        main(["--help"])
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
