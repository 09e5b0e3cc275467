"""The functions of Okta's expression language that the auditor computes. Pure.

Source: developer.okta.com, "Okta Expression Language overview", "String functions".
"""

from collections.abc import Callable, Mapping

Scalar = str | int | float | bool | None
"""A value of the expression language; ``None``: null."""


class UndocumentedArgumentError(Exception):
    """Okta's documentation does not state what the function returns for an argument."""


def _text(value: Scalar) -> str:
    if not isinstance(value, str):
        raise UndocumentedArgumentError
    return value


def _whole(value: Scalar) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UndocumentedArgumentError
    return value


def _substring(text: Scalar, start: Scalar, end: Scalar) -> str:
    first, last = _whole(start), _whole(end)
    # Okta's documentation does not state what positions beyond the text return.
    if not 0 <= first <= last <= len(_text(text)):
        raise UndocumentedArgumentError
    return _text(text)[first:last]


def _replace(text: Scalar, old: Scalar, new: Scalar) -> str:
    return _text(text).replace(_mark(old), _text(new))


def _replace_first(text: Scalar, old: Scalar, new: Scalar) -> str:
    return _text(text).replace(_mark(old), _text(new), 1)


def _substring_after(text: Scalar, mark: Scalar) -> str:
    return _text(text).partition(_mark(mark))[2]


def _substring_before(text: Scalar, mark: Scalar) -> str:
    return _text(text).partition(_mark(mark))[0]


def _mark(value: Scalar) -> str:
    """Return the text to search for.

    It must not be empty: Okta's documentation does not cover that.
    """
    if not _text(value):
        raise UndocumentedArgumentError
    return _text(value)


STRING_FUNCTIONS: Mapping[str, tuple[int, Callable[..., Scalar]]] = {
    "String.append": (2, lambda text, suffix: _text(text) + _text(suffix)),
    "String.len": (1, lambda text: len(_text(text))),
    "String.removeSpaces": (1, lambda text: _text(text).replace(" ", "")),
    "String.replace": (3, _replace),
    "String.replaceFirst": (3, _replace_first),
    "String.startsWith": (2, lambda text, start: _text(text).startswith(_text(start))),
    "String.stringContains": (2, lambda text, part: _text(part) in _text(text)),
    "String.substring": (3, _substring),
    "String.substringAfter": (2, _substring_after),
    "String.substringBefore": (2, _substring_before),
    "String.toLowerCase": (1, lambda text: _text(text).lower()),
    "String.toUpperCase": (1, lambda text: _text(text).upper()),
}
"""Name to the number of arguments and the function; developer.okta.com, "String functions"."""
