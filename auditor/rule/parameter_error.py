"""The error for a parameter of a rule that the configuration sets to an unusable value. Pure."""

from auditor.errors import ConfigError

_REMEDIES = {
    "expected a list, got text": 'write it in brackets: ["…"]',
    "expected a list": "write it in brackets: […]",
    "expected true or false": "write true or false without quotes",
    "expected a whole number, got text": "write it without quotes",
    "expected a number, got text": "write it without quotes",
    "expected text": "write it in quotes",
    "expected a date": "write it like 2027-01-31",
}
"""The beginning of a reason to how the value is written in TOML."""


def parameter_error(rule: str, key: str, path: str, reason: str) -> ConfigError:
    """Return the error with the fix.

    ``key`` is the table of the rule: ``auditor.toml: rules.extra-attribute``. ``path`` and
    ``reason`` are what :func:`auditor.serialization.validation_message` returns.
    """
    explained = f"`auditor rules {rule}` explains the parameters"
    remedy = next((fix for start, fix in _REMEDIES.items() if reason.startswith(start)), explained)
    return ConfigError(f"{key}{path}: {reason} ({remedy})")
