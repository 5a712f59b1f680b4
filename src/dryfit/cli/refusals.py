"""What is wrong on the command line, in one line each: what was found, and the nearest valid name."""

from __future__ import annotations

from collections.abc import Generator, Iterable

import click
import pytest

from dryfit.config import nearest
from dryfit.model.errors import UsageError


def said_of(error: click.UsageError) -> str:
    """The same in dryfit's words as click tells it."""
    context = error.ctx
    name = f"{context.command.name}: " if context is not None and context.parent is not None else ""
    if context is not None and isinstance(error, click.NoSuchOption):
        return f"{name}{no_such_option(error.option_name, options_of(context.command))}"
    return f"{name}{error.format_message().rstrip('.')}"


def no_such_option(found: str, known: Iterable[str]) -> str:
    """That there is no such option, and which one may be meant."""
    names = tuple(known)
    return f"{found}: there is no such option{nearest(found, names) or '; there are ' + ', '.join(names)}"


def options_of(command: click.Command) -> tuple[str, ...]:
    """The long names of a command's options."""
    options = (name for param in command.params for name in (*param.opts, *param.secondary_opts))
    return (*(name for name in options if name.startswith("--")), "--help")


class Unknown:
    """A plugin of pytest's: refuses options which neither the command nor pytest with its plugins knows."""

    def __init__(self, command: click.Command) -> None:
        self._command = command

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_load_initial_conftests(
        self, parser: pytest.Parser, args: list[str]
    ) -> Generator[None, object, object]:
        """By now every plugin and conftest has said which options there are."""
        result = yield
        _, left = parser.parse_known_and_unknown_args(args)
        if wrong := [each.partition("=")[0] for each in left if each.startswith("-")]:
            raise UsageError(*map(self._said, wrong))
        return result

    def _said(self, option: str) -> str:
        name = self._command.name
        near = nearest(option, options_of(self._command))
        hint = near or f"; see `dryfit {name} --help` and `pytest --help`"
        return f"{option}: neither dryfit {name} nor pytest has such an option{hint}"
