"""``dryfit contract``: write what crosses the seams into a file that is committed, or compare with it."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import click

from dryfit.checks.contract_terms import learn
from dryfit.checks.shape_drift import drift
from dryfit.config import find_root
from dryfit.discover import file_at
from dryfit.model.contract import Contract
from dryfit.model.errors import UsageError
from dryfit.model.run import Run
from dryfit.run import NOT_RUN, prepare, recall
from dryfit.store import contract, runs

DIFFERENCES = 1


@click.group("contract")
def command() -> None:
    """Write or compare the committed contract, dryfit-contract.json: the types that cross the seams."""


@command.command("write")
def write() -> None:
    """Write what the last run showed. Run the whole suite before, and commit the file afterwards."""
    root, run = _last_run()
    learned = learn(run.project, run.observations).contract
    before = _before(root)
    file = contract.write(root, learned)
    click.echo(
        f"written: {file.relative_to(root)}: {len(learned.terms)} terms of {len(learned.seams)} seams,"
        f" from {run.tests.passed} tests; {len(learned.terms - before.terms)} new,"
        f" {len(before.terms - learned.terms)} gone; commit it"
    )


def _before(root: Path) -> Contract:
    """The contract that is replaced; one that cannot be read has no terms."""
    with suppress(UsageError):
        return contract.read(root) or Contract()
    return Contract()


@command.command("diff")
@click.argument("revision", metavar="[REV]", required=False)
def diff(revision: str | None) -> None:
    """Tell how the last run differs from the contract, or from the one at the git revision REV.

    Exit status: 0 no difference; 1 differences.
    """
    root, run = _last_run()
    learned = learn(run.project, run.observations)
    drifts = drift(_agreed(root, revision), learned)
    for each in drifts:
        click.echo(f"{each.caller} → {each.callable}")
        for term in each.new:
            shown = ", ".join(sorted(learned.tests.get(term, ())))
            click.echo(f"  + {term.where}: {term.type}    ({shown})")
        for term in each.gone:
            click.echo(f"  - {term.where}: {term.type}")
    sys.exit(DIFFERENCES if drifts else 0)


def _last_run() -> tuple[Path, Run]:
    root = find_root(Path.cwd())
    path = runs.latest(root)
    if path is None:
        raise UsageError(f"{root}: no run is kept here; run `pytest --dryfit` or `dryfit check` first")
    run = recall(prepare(root), path)
    if failed := run.tests.failed:
        raise UsageError(
            f"{failed} test{'' if failed == 1 else 's'} failed in the last run: what that shows is no contract;"
            " mend first, and run again"
        )
    if killed := [each.reason for each in run.observations.skipped if each.what == NOT_RUN]:
        raise UsageError(f"{killed[0]}: what it showed is not all; run the whole suite again")
    return root, run


def _agreed(root: Path, revision: str | None) -> Contract:
    if revision is not None:
        return contract.parse(file_at(root, revision, contract.FILE), f"{revision}:{contract.FILE}")
    agreed = contract.read(root)
    if agreed is None:
        raise UsageError(f"{root}: there is no {contract.FILE}; `dryfit contract write` makes it")
    return agreed
