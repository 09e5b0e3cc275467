"""Questions at a terminal; where nobody can be asked, the options have to say it."""

from collections.abc import Callable, Sequence
from getpass import getpass
from typing import TypeVar

from auditor.cli.output.stderr import print_error
from auditor.errors import ConfigError
from auditor.text import sanitize

T = TypeVar("T")


class Asker:
    """Somebody who asks, if there is anybody to answer."""

    def __init__(self, *, somebody: bool) -> None:
        self._somebody = somebody

    def settle(
        self,
        option: str,
        given: str | None,
        question: str,
        check: Callable[[str], T],
        default: str = "",
    ) -> T:
        """Return what ``check`` makes of what was given, or of the first good answer.

        ``check`` raises :class:`~auditor.errors.ConfigError` for what will not do.
        """
        if given is not None:
            return check(given)
        if not self._somebody:
            if not default:
                msg = f"{option} is needed where there is nobody to ask"
                raise ConfigError(msg)
            return check(default)
        prompt = f"{question} [{default}]: " if default else f"{question}: "
        while True:
            try:
                return check(_answer(input, prompt) or default)
            except ConfigError as error:
                print_error(str(error))

    def secret(self, question: str) -> str:
        """Ask for something that is not shown while it is typed; empty: it comes later."""
        return _answer(getpass, f"{question} (Enter: later): ") if self._somebody else ""

    def choose(self, option: str, kind: str, labels: Sequence[str]) -> int:
        """Return the index of the one that is meant."""
        if not self._somebody:
            msg = f"{option}: there are several: {'; '.join(labels)} (give the id of one)"
            raise ConfigError(msg)
        for number, label in enumerate(labels, start=1):
            print(f"  {number}  {sanitize(label)}")

        def check(text: str) -> int:
            if text.isdecimal() and 1 <= int(text) <= len(labels):
                return int(text) - 1
            msg = f"a number from 1 to {len(labels)} is needed"
            raise ConfigError(msg)

        return self.settle(option, None, f"Which {kind}", check)


def _answer(ask: Callable[[str], str], prompt: str) -> str:
    try:
        return ask(prompt).strip()
    except EOFError:
        raise KeyboardInterrupt from None
