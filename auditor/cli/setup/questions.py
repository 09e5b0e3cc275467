"""Questions at a terminal. Without a terminal, the options must give each answer."""

import textwrap
from collections.abc import Callable, Sequence
from getpass import getpass
from typing import TypeVar

from auditor.cli.command_group import HELP_WIDTH
from auditor.cli.output.stderr import print_error
from auditor.collect.http.refused_credential import CredentialRefusedError
from auditor.config.secrets import Secret
from auditor.errors import ConfigError
from auditor.text import sanitize

T = TypeVar("T")

MAX_ATTEMPTS = 3
"""The most times that a refused secret is asked for."""


class Asker:
    """Asks at a terminal, if ``interactive``."""

    def __init__(self, *, interactive: bool) -> None:
        self._interactive = interactive

    def ask(
        self,
        option: str,
        given: str | None,
        question: str,
        check: Callable[[str], T],
        default: str = "",
    ) -> T:
        """Return ``check(given)``, or ``check`` of the first answer that it accepts.

        ``check`` raises :class:`~auditor.errors.ConfigError` for an answer that cannot be used.
        The question is repeated then, unless a service refused the credential: no other answer to
        this question would help.
        """
        if given is not None:
            return check(given)
        if not self._interactive:
            if not default:
                msg = f"{option} is required, because there is no terminal for a question (add it)"
                raise ConfigError(msg)
            return check(default)
        prompt = f"{question} [{default}]: " if default else f"{question}: "
        while True:
            try:
                return check(_read(input, prompt) or default)
            except CredentialRefusedError:
                raise
            except ConfigError as error:
                print_error(str(error))

    def show(self, *lines: str) -> None:
        """Print lines that explain the next question; nothing without a terminal.

        A line with more than 80 columns is broken between two words.
        """
        if self._interactive:
            for line in lines:
                print("\n".join(textwrap.wrap(line, HELP_WIDTH)))

    def is_asked_to(self, word: str, question: str) -> bool:
        """Return whether the user types ``word``; without a terminal, ``False``."""
        return self._interactive and _read(input, f"{question}: ").lower() == word

    def ask_secret(self, question: str, check: Callable[[Secret], None]) -> Secret:
        """Ask for a secret, which is not shown; empty: it is entered into its file later.

        ``check`` tries the secret. A refused one is asked for again, at most ``MAX_ATTEMPTS``
        times in all; then :class:`~auditor.collect.http.refused_credential.CredentialRefusedError`
        is raised.
        """
        if not self._interactive:
            return Secret("")
        for attempt in range(1, MAX_ATTEMPTS + 1):
            secret = Secret(_read(getpass, f"{question} (Enter: later): "))
            if not secret:
                return secret
            try:
                check(secret)
            except CredentialRefusedError as error:
                if attempt == MAX_ATTEMPTS:
                    raise
                print_error(str(error))
            else:
                return secret
        raise AssertionError

    def choose(self, option: str, kind: str, labels: Sequence[str]) -> int:
        """Return the index of the chosen label."""
        if not self._interactive:
            msg = f"{option}: several match: {'; '.join(labels)} (use an id)"
            raise ConfigError(msg)
        for number, label in enumerate(labels, start=1):
            print(f"  {number}  {sanitize(label)}")

        def check(text: str) -> int:
            if text.isdecimal() and 1 <= int(text) <= len(labels):
                return int(text) - 1
            msg = f'"{text}" is not a number from 1 to {len(labels)} (enter the number of a line)'
            raise ConfigError(msg)

        return self.ask(option, None, f"Which {kind}", check)


def checked(option: str, check: Callable[[str], T], text: str) -> T:
    """Return ``check(text)``; an answer that it rejects is a ConfigError that names the option."""
    from auditor.config.rejected import RejectedError

    try:
        return check(text)
    except RejectedError as error:
        msg = f"{option}: {error}"
        raise ConfigError(msg) from None


def _read(ask: Callable[[str], str], prompt: str) -> str:
    try:
        return ask(prompt).strip()
    except EOFError:
        # Ctrl-D ends the dialog like Ctrl-C.
        raise KeyboardInterrupt from None
