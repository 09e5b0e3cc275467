"""Names end where their pattern ends: a line break behind them is refused."""

from typing import Any

import pydantic
import pytest

from auditor.config.addresses import UNLEASH_PATH
from auditor.config.values import TargetName, VariableName


@pytest.mark.parametrize("kind", [TargetName, VariableName])
def test_a_name_of_the_configuration_has_no_line_break(kind: Any) -> None:
    adapter = pydantic.TypeAdapter(kind)
    assert adapter.validate_python("production") == "production"
    with pytest.raises(pydantic.ValidationError):
        adapter.validate_python("production\n")


def test_a_page_of_unleash_is_recognized_at_the_end_of_an_address_only() -> None:
    assert UNLEASH_PATH.search("https://unleash.acme.example/admin/users")
    assert not UNLEASH_PATH.search("https://unleash.acme.example/admin/users\n")
