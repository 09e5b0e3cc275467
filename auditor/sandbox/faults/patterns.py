"""Path patterns: `*` stands for one segment, `**` for any number. Pure."""

import re


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Turn `/api/v1/apps/*/users` into an expression to `fullmatch` with."""
    literal = re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]+")
    return re.compile(literal)
