"""A command line as click parses it."""

from collections.abc import Iterator, Sequence

import click

from auditor.cli.main import auditor


def parse(words: Sequence[str]) -> None:
    """Parse a command line without running it; raise :class:`click.UsageError` if it is wrong."""
    command: click.Command = auditor
    context = auditor.make_context("auditor", list(words))
    rest = list(words)
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
        context = command.make_context(name, list(rest), parent=context)


def commands() -> Iterator[tuple[str, ...]]:
    """Return every command with its actions: ``("run",)``, ``("config", "check")``."""
    context = click.Context(auditor)
    for name in auditor.list_commands(context):
        command = auditor.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, action) for action in command.list_commands(context))
        else:
            yield (name,)
