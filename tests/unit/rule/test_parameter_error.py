"""The error for a parameter of a rule ends with how the value is written in TOML."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct

from auditor.rule.parameter_error import parameter_error
from auditor.serialization import validation_message


class Values(Struct):
    names: tuple[str, ...] = ()
    most: Annotated[int, Meta(ge=1)] = 1
    share: float = 0.5
    strict: bool = False


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ({"names": "a"}, '.names: expected a list, got text (write it in brackets: ["…"])'),
        ({"names": 1}, ".names: expected a list, got a whole number (write it in brackets: […])"),
        ({"names": [1]}, ".names[0]: expected text, got a whole number (write it in quotes)"),
        ({"most": "1"}, ".most: expected a whole number, got text (write it without quotes)"),
        ({"most": 0}, ".most: expected a whole number >= 1 (`auditor rules own` explains the "),
        ({"share": "1"}, ".share: expected a number, got text (write it without quotes)"),
        ({"strict": 1}, ".strict: expected true or false, got a whole number (write true or fal"),
    ],
)
def test_an_unusable_value_is_explained(table: dict[str, Any], error: str) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert(table, Values)
    (line,) = parameter_error("own", "rules.own", *validation_message(raised.value)).lines
    assert line.startswith(f"rules.own{error}")
    assert line.endswith(")")
