"""Parts of messages: values of bounded length. Pure."""

MAX_CUT_WORD_LENGTH = 12
"""A longer word is cut inside."""

MAX_VALUE_LENGTH = 48
"""Characters of a value in a message; a message has at most 220 characters in total."""


def shorten(value: str, most: int = MAX_VALUE_LENGTH) -> str:
    """Return ``value`` with at most ``most`` characters; a longer value loses its middle.

    It loses whole words where a word ends near the cut.
    """
    text = " ".join(value.split())
    if len(text) <= most:
        return text
    room = most - (3 if " " in text else 1)
    tail = text[room // 2 - room :]
    rest, _, words = tail.partition(" ")
    if text[-len(tail) - 1] != " " and words and len(rest) <= MAX_CUT_WORD_LENGTH:
        tail = words
    # What the end leaves free is for the beginning.
    head = text[: room - len(tail)]
    words, _, rest = head.rpartition(" ")
    if text[len(head)] != " " and words and len(rest) <= MAX_CUT_WORD_LENGTH:
        head = words
    return f"{head.rstrip()} … {tail.lstrip()}" if " " in text else f"{head}…{tail}"
