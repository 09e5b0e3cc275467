"""The command ``auditor completion``: print the completion script of a shell."""

import click

from auditor.cli.command_group import Command, SuggestingChoice

SHELLS = ("bash", "zsh", "fish")

_EPILOG = """\
Install:
  auditor completion bash > ~/.local/share/bash-completion/completions/auditor
  auditor completion zsh > ~/.zfunc/_auditor       # fpath+=~/.zfunc in ~/.zshrc
  auditor completion fish > ~/.config/fish/completions/auditor.fish

Try it in this shell only:
  eval "$(auditor completion bash)"
  eval "$(auditor completion zsh)"
  auditor completion fish | source
"""


@click.command("completion", cls=Command, epilog=_EPILOG)
@click.argument("shell", type=SuggestingChoice(SHELLS), metavar="SHELL")
def command(shell: str) -> None:
    """Print the completion script of SHELL: bash, zsh or fish.

    The script completes commands, options, targets, rule ids and finding ids.
    """
    from click.shell_completion import get_completion_class

    from auditor.cli.main import COMPLETION_VARIABLE, auditor

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101  (SuggestingChoice accepts only shells that click knows)
    click.echo(found(auditor, {}, "auditor", COMPLETION_VARIABLE).source())
