"""What msgspec says of a wrong value, in words for a person who never heard of it. Pure."""

import re

import msgspec

from auditor.config.shape import NAME

_PLAIN = {
    "`int`": "a whole number",
    "`float`": "a number",
    "`str`": "text",
    "`bool`": "true or false",
    "`array`": "a list",
    "`object`": "a table",
    "`date`": "a date",
    "Invalid RFC3339 encoded date": "Expected a date, such as 2027-01-31",
    f"`str` matching regex {NAME!r}": "letters, digits, '.', '_' and '-', at most 64",
}
_WORDS = re.compile("|".join(map(re.escape, sorted(_PLAIN, key=len, reverse=True))))


def complaint(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return where in the value it is wrong, and what: ``(".a[0].b", "expected text, …")``."""
    text, _, path = str(error).partition(" - at `$")
    text = text.replace(" | null`", "`")  # TOML has no null
    text = _WORDS.sub(lambda found: _PLAIN[found[0]], text)
    return path.removesuffix("`"), f"{text[0].lower()}{text[1:]}"
