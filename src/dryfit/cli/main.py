"""The commands by name; each is imported only when it is called."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from dryfit import __version__
from dryfit.cli.refusals import said_of
from dryfit.config import nearest
from dryfit.model.errors import UsageError

BROKEN_OFF = 130
"""The exit status after Ctrl-C, as of any program in a shell."""

COMMANDS = ("check", "map", "report", "replay", "accept", "contract", "env", "rule")


class _Commands(click.Group):
    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        with _in_one_line():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        try:
            with _in_one_line():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("dryfit: interrupted", err=True)
            sys.exit(BROKEN_OFF)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            if ctx.resilient_parsing:  # while the shell completes
                return None
            hint = nearest(cmd_name, COMMANDS) or f"; there are {', '.join(COMMANDS)}"
            raise UsageError(f"{cmd_name}: there is no such command{hint}")
        command: click.Command = import_module(f"dryfit.cli.{cmd_name}").command
        return command


@contextmanager
def _in_one_line() -> Iterator[None]:
    """Tell wrong usage as everything else is told that is wrong."""
    try:
        yield
    except click.UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # as later versions of click tell the help
            raise
        raise UsageError(said_of(error)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dryfit")
def commands() -> None:
    """Show where the modules of a Python program do not fit together.

    Every day: pytest --dryfit. Before a release: dryfit check.
    For completion in your shell see the page "Complete commands in your shell" of the documentation.
    """
