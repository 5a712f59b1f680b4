"""``dryfit replay``: the trial that showed a finding, once more."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from dryfit.cli.files import complete_files
from dryfit.config import Config, find_root
from dryfit.model.errors import UsageError
from dryfit.model.finding import Finding
from dryfit.model.seam import Place
from dryfit.report.terminal import render_findings
from dryfit.run import prepare, recall
from dryfit.store import accepted, runs
from dryfit.trials import debug, place_to_stop, replay

SHOWN_AGAIN = 1


@click.command(
    "replay",
    context_settings={"ignore_unknown_options": True},
    epilog="Exit status: 1 the finding is shown again; 0 it is not; 2 wrong usage or configuration.",
)
@click.option(
    "--pdb", is_flag=True, help="Then run it again, and stop in a debugger where the failure was mishandled."
)
@click.argument("finding")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED, shell_complete=complete_files)
def command(finding: str, pdb: bool, pytest_args: tuple[str, ...]) -> None:
    """Run exactly the trial again that showed FINDING (an id such as DF302-3fa1c2) in the last run.

    PYTEST_ARGS go to pytest as they are: what `dryfit check` was given.
    """
    root = find_root(Path.cwd())
    config = prepare(root)
    path = runs.latest(root)
    if path is None:
        raise UsageError(f"{root}: no run is kept here; run `dryfit check` first")
    run = recall(config, path)
    wanted = accepted.pick(run.findings, finding)
    if wanted.experiment is None and wanted.overlap is None:
        what = f"the test {wanted.test} shows it" if wanted.test else "the source shows it"
        raise UsageError(f"{finding}: no fault was needed for it, {what}; run `dryfit check` to see it again")
    found = replay(config, run.project, wanted, pytest_args)
    again = [each for each in found if (each.rule, each.seam) == (wanted.rule, wanted.seam)]
    render_findings(again or list(found), Console())
    click.echo(_said(wanted, again[0]) if again else f"{finding} is not shown any more")
    if pdb and again:
        _debug(config, again[0], pytest_args)
    sys.exit(SHOWN_AGAIN if again else 0)


def _said(wanted: Finding, again: Finding) -> str:
    """That a finding is shown again, and whether by the same steps."""
    same = [_steps(each) for each in (wanted, again)]
    return f"{wanted.id} is shown again" + ("" if same[0] == same[1] else ", by another order of steps")


def _steps(finding: Finding) -> list[tuple[int, str, Place | None]]:
    return [(step.worker, step.kind, step.place) for step in finding.lanes]


def _debug(config: Config, found: Finding, pytest_args: tuple[str, ...]) -> None:
    """Stop where it was mishandled, if that is known."""
    place = place_to_stop(found)
    if place is None:
        raise UsageError(f"{found.id}: the way of its failure is not known, so there is no line to stop at")
    click.echo(f"stopping at {place} in {place.function}, in a new process")
    if not debug(config, found, pytest_args):
        click.echo(f"{found.id}: the failure did not happen in the new process", err=True)
