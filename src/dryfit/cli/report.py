"""``dryfit report``: the reports of a run again, without running anything."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from dryfit.cli.files import output_options, refuse_unwritable, write_files
from dryfit.config import find_root
from dryfit.model.errors import UsageError
from dryfit.report.terminal import render
from dryfit.run import prepare, recall
from dryfit.store import runs


@click.command("report")
@click.option("--run", "run_id", metavar="ID", help="Which run; the last one by default.")
@output_options
def command(run_id: str | None, **files: Path | None) -> None:
    """Tell the last run again: in the terminal, or to the files that are named.

    Nothing is run. What is accepted by now counts as accepted, and a run that was killed is judged by what it had seen.
    """
    refuse_unwritable(files)
    root = find_root(Path.cwd())
    config = prepare(root)
    path = runs.find(root, run_id) if run_id else runs.latest(root)
    if path is None:
        raise UsageError(f"{root}: no run is kept here; run `pytest --dryfit` or `dryfit check` first")
    run = recall(config, path)
    if any(files.values()):
        write_files(run, files)
    else:
        render(run, Console())
