"""The command ``auditor help``: show the help of a command."""

import click

from auditor.cli.command_group import Command

_EPILOG = """\
Examples:
  auditor help run
  auditor help config check
"""


def _complete_commands(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    root = ctx.find_root()
    names = root.command.list_commands(root) if isinstance(root.command, click.Group) else []
    return [name for name in names if name.startswith(incomplete)]


@click.command("help", cls=Command, epilog=_EPILOG)
@click.argument("words", nargs=-1, metavar="[COMMAND [ACTION]]", shell_complete=_complete_commands)
def command(words: tuple[str, ...]) -> None:
    """Show the help of a command, or the list of all commands."""
    context = click.get_current_context().find_root()
    found = context.command
    for word in words:
        if not isinstance(found, click.Group):
            context.fail(f'"{context.command_path}" has no actions')
        name, action, _ = found.resolve_command(context, [word])
        assert action is not None  # noqa: S101  (resolve_command raises for an unknown name)
        found = action
        context = click.Context(found, info_name=name, parent=context)
    click.echo(found.get_help(context))
