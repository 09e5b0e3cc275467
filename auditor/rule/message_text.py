"""Parts of messages: values of bounded length. Pure."""

MAX_VALUE_LENGTH = 48
"""Characters of a value in a message; a message has at most 220 characters in total."""


def shorten(value: str, most: int = MAX_VALUE_LENGTH) -> str:
    """Return ``value`` with at most ``most`` characters; a longer value loses its middle."""
    text = " ".join(value.split())
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"
