"""The click classes of the command line: lazy loading, suggestions and the layout of the help."""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

HELP_WIDTH = 80
"""Columns of all help texts, also on wider terminals."""


_PATH_METAVARS = frozenset({"FILE", "DIR", "PATH"})
"""Names of files may be of any bytes."""

_NOT_UTF8 = "the text is not UTF-8 (check the encoding of the terminal or the script)"


class Command(click.Command):
    """A command whose epilog keeps its line breaks and whose extra arguments are explained."""

    def __init__(self, name: str | None, **options: Any) -> None:  # noqa: ANN401  (those of click)
        # click's own message about extra arguments does not name --target, so parse_args reports
        # them.
        settings = {"max_content_width": HELP_WIDTH, "help_option_names": ["-h", "--help"]}
        super().__init__(name, context_settings=settings | {"allow_extra_args": True}, **options)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; raise :class:`click.UsageError` for those that are left over."""
        rest = super().parse_args(ctx, args)
        # A shell completes a line that is not finished, so it may have such arguments.
        if rest and not ctx.resilient_parsing:
            takes_targets = any("--target" in each.opts for each in self.get_params(ctx))
            hint = f" (name a target with -t {rest[0]})" if takes_targets else ""
            ctx.fail(f'unexpected argument "{rest[0]}"{hint}')
        for param in self.get_params(ctx):
            if param.metavar not in _PATH_METAVARS and _is_damaged(ctx.params.get(param.name)):
                raise click.BadParameter(_NOT_UTF8, ctx=ctx, param=param)
        return rest

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the epilog without changing its line breaks."""
        _write_as_it_is(self.epilog, formatter)


class ActionGroup(click.Group):
    """A command with actions. Without an action it prints its help and is a usage error."""

    command_class = Command

    def __init__(self, name: str | None = None, **options: Any) -> None:  # noqa: ANN401
        settings = {"max_content_width": HELP_WIDTH, "help_option_names": ["-h", "--help"]}
        super().__init__(name, context_settings=settings, **options)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; raise :class:`click.NoSuchCommand` with similar names."""
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the epilog without changing its line breaks."""
        _write_as_it_is(self.epilog, formatter)


class LazyGroup(ActionGroup):
    """A group that imports the module of a command only to run it, to show its help or to complete.

    ``summaries`` maps each command to its line in the help. The module of a command has the
    command's name and defines it as ``command``.
    """

    def __init__(self, *, package: str, summaries: Mapping[str, str], **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._package = package
        self._summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (of click)
        """Return the names in the order of the table."""
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command; ``None``: there is none of that name."""
        if cmd_name not in self._summaries:
            return None
        command: click.Command = import_module(f"{self._package}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete the name of a command without importing any of them."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [
            CompletionItem(name, help=summary)
            for name, summary in self._summaries.items()
            if name.startswith(incomplete)
        ]


class SuggestingChoice(click.Choice[str]):
    """One of several words; the error suggests the nearest one."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ANN401, ARG002
        """Name the words, and the one that was probably intended."""
        return (
            f'"{value}" is not one of {", ".join(self.choices)}{did_you_mean(value, self.choices)}'
        )


def _is_damaged(value: object) -> bool:
    """Return whether a text contains bytes that could not be decoded."""
    if isinstance(value, tuple | list):
        return any(map(_is_damaged, value))
    # Python decodes bytes that are not UTF-8 to these code points (surrogateescape).
    return isinstance(value, str) and any("\ud800" <= each <= "\udfff" for each in value)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``' (did you mean "run"?)'`` for the nearest of ``known``, or an empty text."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f' (did you mean "{close[0]}"?)' if close else ""


def usage_message(error: click.UsageError) -> str:
    """Return what is wrong with a command line, and which help explains it, in one line."""
    path = error.ctx.command_path if error.ctx else "auditor"
    return f"{_problem(error)}. See: {path} --help"


def _problem(error: click.UsageError) -> str:
    match error:
        case click.NoSuchCommand():
            known = _suggestion(error.possibilities)
            if not known and error.ctx and error.ctx.parent:
                actions = error.ctx.command
                if isinstance(actions, click.Group):
                    known = f" (actions: {', '.join(actions.list_commands(error.ctx))})"
            return f'no such command "{error.command_name}"{known}'
        case click.NoSuchOption():
            at_root = error.ctx is not None and error.ctx.parent is None
            where = " (options come after the command)" if at_root else ""
            return f"no such option {error.option_name}{_suggestion(error.possibilities) or where}"
        case click.MissingParameter() if error.param:
            return f"{_name(error.param)} is required"
        case click.BadParameter() if error.param:
            return f"{_name(error.param)}: {error.message.rstrip('.')}"
        case _:
            message = error.format_message().rstrip(".")
            return message[:1].lower() + message[1:]


def _name(param: click.Parameter) -> str:
    return (
        max(param.opts, key=len)
        if isinstance(param, click.Option)
        else param.make_metavar(
            click.get_current_context(silent=True) or click.Context(click.Command(None))
        ).strip("[]")
    )


def _suggestion(possibilities: Sequence[str] | None) -> str:
    return f' (did you mean "{possibilities[0]}"?)' if possibilities else ""


def _write_as_it_is(text: str | None, formatter: click.HelpFormatter) -> None:
    if text:
        formatter.write_paragraph()
        formatter.write(text)
