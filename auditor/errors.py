"""The errors that a person can fix. Only the command line prints them and selects the exit code."""

from collections.abc import Callable, Iterable
from functools import partial
from heapq import nlargest
from itertools import takewhile
from typing import TypeVar


class AuditorError(Exception):
    """Base of all errors that are shown to a person; the message names the thing and the remedy.

    Each argument is one message, in one line.
    """

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the messages, one line each."""
        return tuple(map(str, self.args))

    def __str__(self) -> str:
        return "; ".join(self.lines)


class ConfigError(AuditorError):
    """The configuration, the command line or a rule file cannot be used (exit 2)."""


class StoreError(AuditorError):
    """History cannot be read or written (exit 2)."""


class DeliveryError(AuditorError):
    """An audit was done, but a notification or an export could not be delivered (exit 4)."""


def exhaustion(error: BaseException) -> AuditorError | None:
    """Return the error of a process that gets no more memory or threads; ``None``: another one."""
    if isinstance(error, MemoryError):
        msg = "the memory is exhausted (raise the limit of memory)"
        return AuditorError(msg)
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        msg = "the system starts no more threads (raise the limits of processes and of memory)"
        return AuditorError(msg)
    return None


MIN_SIMILARITY = 0.65
"""Least ratio of :mod:`difflib` between a word and the word that is suggested for it.

At its default of 0.6, "alowed" would be answered by "enabled".
"""


MAX_COMPARED_WORDS = 200
"""Words that are compared in full; of more, only those with the most common characters at the ends.

A comparison takes about 0.1 ms, and a configuration can have thousands of targets.
"""


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that ``word`` is probably meant to be; ``None``: there is none."""
    from difflib import get_close_matches

    word = word[:100]
    words = list(known)
    if len(words) > MAX_COMPARED_WORDS:
        words = nlargest(MAX_COMPARED_WORDS, words, key=partial(_common_ends, word))
    found = get_close_matches(word, words, n=1, cutoff=MIN_SIMILARITY)
    return found[0] if found else None


def _common_ends(word: str, other: str) -> int:
    """Return the number of characters that two words have in common at the start and the end."""
    pairs = zip(word, other, strict=False), zip(reversed(word), reversed(other), strict=False)
    return sum(1 for each in pairs for _ in takewhile(lambda pair: pair[0] == pair[1], each))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``' (did you mean "allowed"?)'`` for a message, or an empty text."""
    suggestion = closest(word, known)
    return f' (did you mean "{suggestion}"?)' if suggestion else ""


MAX_LISTED_ERRORS = 100
"""Errors of one kind that are listed. A file can have any number, and each costs a search."""


def first_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the first distinct lines, and a last one if there are more. Stops reading there."""
    listed: dict[str, None] = {}
    for line in lines:
        if line not in listed and len(listed) == MAX_LISTED_ERRORS:
            return (*listed, "more errors are not listed (fix these first)")
        listed[line] = None
    return tuple(listed)


T = TypeVar("T")


def gather_errors(parts: Iterable[Callable[[], T]]) -> tuple[T, ...]:
    """Call each part and return the results.

    Raises one :class:`ConfigError` with the first lines of the parts that fail, each line once.
    """
    done: list[T] = []
    lines: dict[str, None] = {}
    for part in parts:
        try:
            done.append(part())
        except ConfigError as error:
            lines.update(dict.fromkeys(error.lines))
    if lines:
        raise ConfigError(*first_lines(lines))
    return tuple(done)
