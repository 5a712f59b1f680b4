"""The commands by name; each is imported only when it is called."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module

import click

from dryfit import __version__
from dryfit.model.errors import UsageError

COMMANDS = ("check", "map", "report", "replay", "accept", "contract", "env", "rule")


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            if ctx.resilient_parsing:  # while the shell completes
                return None
            near = get_close_matches(cmd_name, COMMANDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}"
            raise UsageError(f"{cmd_name}: there is no such command; {hint}")
        command: click.Command = import_module(f"dryfit.cli.{cmd_name}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dryfit")
def commands() -> None:
    """Show where the modules of a Python program do not fit together.

    Every day: pytest --dryfit. Before a release: dryfit check.
    For completion in your shell see the page "Complete commands in your shell" of the documentation.
    """
