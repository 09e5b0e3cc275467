"""A path with a name that is too long is an error of one line, and no internal error."""

import pytest

LONG = "a" * 300
TOO_LONG = "File name too long"


@pytest.mark.parametrize(
    ("words", "url", "message"),
    [
        (("run",), f"sqlite:///{LONG}.db", TOO_LONG),
        (("findings",), f"sqlite:///{LONG}.db", "the file does not exist"),
        (("run", "--save-snapshot", LONG), "sqlite:///auditor.db", TOO_LONG),
        (("run", "--metrics-textfile", f"{LONG}.prom"), "sqlite:///auditor.db", TOO_LONG),
        (("run", "--snapshot", LONG), "sqlite:///auditor.db", TOO_LONG),
    ],
)
def test_a_long_name_is_an_error_of_one_line(commands, words, url, message):
    commands.config.write_text(f'store = {{ url = "{url}" }}\n{commands.config.read_text()}')
    commands(*words)
    (line,) = commands.errors.splitlines()
    assert message in line
    assert "internal error" not in line
