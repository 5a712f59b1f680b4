"""``dryfit env``: the project's resources, for use by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click

from dryfit.config import find_root, load_config
from dryfit.model.errors import UsageError
from dryfit.model.resource import Declaration
from dryfit.resources import by_hand
from dryfit.resources.programs import needs_library
from dryfit.resources.registry import problems


@click.group("env")
def command() -> None:
    """Start, find and end the resources that [tool.dryfit.resources] declares, for use by hand."""


@command.command("up")
@click.argument("names", nargs=-1)
def up(names: tuple[str, ...]) -> None:
    """Start the resources (all, or those with these NAMES) and leave them running; print where they answer."""
    root = find_root(Path.cwd())
    for declaration in _declared(root, names):
        click.echo(by_hand.up(declaration, root).line)


@command.command("down")
@click.argument("names", nargs=-1)
def down(names: tuple[str, ...]) -> None:
    """End what `env up` has started; a server that tests use at the moment ends with them."""
    root = find_root(Path.cwd())
    for declaration in _declared(root, names):
        click.echo(by_hand.down(declaration, root).line)


@command.command("status")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def status(as_json: bool) -> None:
    """Say which resources are up, and where they answer."""
    root = find_root(Path.cwd())
    states = [by_hand.status(declaration, root) for declaration in _declared(root, ())]
    if as_json:
        click.echo(json.dumps([state.as_json for state in states], indent=2))
    else:
        for state in states:
            click.echo(state.line)


@command.command("logs")
@click.argument("name")
def logs(name: str) -> None:
    """Print what the server of the resource NAME has written so far."""
    root = find_root(Path.cwd())
    (declaration,) = _declared(root, (name,))
    click.echo(by_hand.logs(declaration, root), nl=False)


@command.command("psql", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """Open psql on the PostgreSQL that is up; ARGUMENTS go to it as they are."""
    root = find_root(Path.cwd())
    program, url = by_hand.psql([each for each in _declared(root, ()) if each.kind == "postgres"], root)
    os.execv(program, [program, url, *arguments])


@command.command("adopt")
@click.argument("url")
def adopt_database(url: str) -> None:
    """Let dryfit destroy what is in the PostgreSQL database at URL: at a terminal, by somebody who sees what it is."""
    with needs_library("dryfit env adopt", "postgres"):
        from dryfit.resources.guard import adopt
    adopt.refuse_without_a_person()
    for line in adopt.survey(url).lines():
        click.echo(line)
    typed = click.prompt("dryfit will empty and drop what is in it. To agree, type the database's name")
    click.echo(f"{adopt.adopt(url, typed).database} is dryfit's from now on")


def _declared(root: Path, names: tuple[str, ...]) -> Iterator[Declaration]:
    declared = {each.name: each for each in load_config(root, judge=problems).resources.value}
    unknown = [name for name in names if name not in declared]
    if unknown or not declared:
        known = ", ".join(declared) or "none; declare them in [tool.dryfit.resources] of pyproject.toml"
        raise UsageError(*(f"{name}: no such resource; declared: {known}" for name in unknown or [str(root)]))
    yield from (declared[name] for name in names or declared)
