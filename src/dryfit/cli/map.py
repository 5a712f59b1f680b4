"""``dryfit map``: components, floors and seams, as the source shows them; nothing of the project is executed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from dryfit import discover
from dryfit.cli.files import refuse_unwritable
from dryfit.config import find_root, load_config
from dryfit.model.errors import UsageError
from dryfit.model.structure import ProjectMap
from dryfit.report import mapping, svg

FORMATS: Mapping[str, Callable[[ProjectMap], str]] = {
    "tree": lambda project: mapping.tree(project, sys.stdout.encoding or "utf-8"),
    "json": mapping.as_json,
    "mermaid": mapping.mermaid,
    "svg": svg.svg,
}

PATIENCE = 2.0
"""Seconds after which a person wants to see that something moves."""


@click.command("map")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="tree", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE instead.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
def command(form: str, output: Path | None, folder: Path | None) -> None:
    """Draw the project's components, floors and seams.

    FOLDER is the project's root; by default the nearest one, from here upwards.
    """
    refuse_unwritable({"output": output})
    root = folder.absolute() if folder else find_root(Path.cwd())
    config = load_config(root)
    with _progress() as progress:
        project = discover.survey(root, config.components.value, progress)
    text = FORMATS[form](project)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
    if form != "tree" or output is not None:  # the tree in the terminal ends with them
        _tell_problems(project)
    _refuse_wrong_names(project)


def _tell_problems(project: ProjectMap) -> None:
    for problem in project.problems:
        click.echo(f"dryfit: {problem}", err=True)


def _refuse_wrong_names(project: ProjectMap) -> None:
    """A file that can't be read is a fact about the project; a project or component that isn't there is wrong usage."""
    if not project.components:
        raise UsageError(
            "there is nothing to draw: name the project's folder, or its components in [tool.dryfit]"
        )
    if project.misconfigured:
        sys.exit(2)


@contextmanager
def _progress() -> Iterator[discover.Progress]:
    """Show how many modules are read, to people, and only where it takes long."""
    begun = time.monotonic()
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading modules", visible=False)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, visible=time.monotonic() - begun > PATIENCE)

        yield show
