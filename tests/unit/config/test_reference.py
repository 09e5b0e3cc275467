import tomllib
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from auditor.config.reference import config_schema
from tests.support.builders.config_files import MINIMAL


def faults(text: str) -> list[str]:
    schema: dict[str, Any] = config_schema()
    return [
        error.message for error in Draft202012Validator(schema).iter_errors(tomllib.loads(text))
    ]


def test_it_is_a_valid_schema():
    Draft202012Validator.check_schema(config_schema())


def test_what_the_loader_takes_fits_it():
    assert faults(MINIMAL) == []


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
def test_what_the_loader_refuses_does_not(text):
    assert faults(text) != []


def test_every_key_says_what_it_means():
    schema = config_schema()["$defs"]
    ours = [name for name in schema if name.endswith("Table") or name == "File"]
    silent = [
        f"{name}.{key}"
        for name in ours
        for key, value in schema[name]["properties"].items()
        if not value.keys() & {"description", "$ref"}
    ]
    assert silent == []
