"""``dryfit contract``: write what crosses the seams into a file that is committed, compare with it, or export it."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import click

from dryfit.checks.contract_terms import learn
from dryfit.checks.shape_drift import drift
from dryfit.config import find_root
from dryfit.discover import file_at
from dryfit.discover.layout import project_name
from dryfit.model.contract import Contract
from dryfit.model.errors import UsageError
from dryfit.model.run import Run
from dryfit.probes.exchanges import EXCHANGES
from dryfit.report.pact import Pact, left_out, pacts
from dryfit.run import NOT_RUN, prepare, recall
from dryfit.store import contract, runs

DIFFERENCES = 1

_NOTHING_SEEN = (
    "the last run saw nothing over HTTP: no test asked the program's own API through a test client, and no component"
    " sent a request; nothing is written"
)
_NOTHING_LEFT = "all that the last run saw over HTTP was left out; nothing is written"


@click.group("contract")
def command() -> None:
    """Write, compare or export what crosses the seams.

    The committed contract, dryfit-contract.json, holds types; contracts of Pact hold what crosses over HTTP.
    """


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


@command.command("export")
@click.option(
    "--pact",
    "folder",
    type=click.Path(path_type=Path),
    metavar="[DIR]",
    is_flag=False,
    flag_value=Path("pacts"),
    required=True,
    help="Write a Pact file, version 4, for each consumer and provider over HTTP; into pacts/ unless DIR is given.",
)
@click.option(
    "--consumer", default="tests", metavar="NAME", help="Who asks the program's own API: by default `tests`."
)
@click.option("--provider", metavar="NAME", help="The program's own API: by default the project's name.")
def export(folder: Path, consumer: str, provider: str | None) -> None:
    """Write what the last run showed in another tool's format.

    What cannot be sent again, as it needs a secret for instance, is left out, and told with the reason.
    """
    root, run = _last_run()
    exchanges = run.observations.exchanges
    made = pacts(exchanges, tests=consumer, api=provider or project_name(root))
    for pact in made:
        _write_pact(pact, folder)
    for line in (*_skipped(run), *left_out(exchanges)):
        click.echo(f"left out: {line}", err=True)
    if not made:
        raise UsageError(_NOTHING_LEFT if exchanges else _NOTHING_SEEN)


def _skipped(run: Run) -> list[str]:
    return [f"{each.what}: {each.reason}" for each in run.observations.skipped if each.what == EXCHANGES]


def _write_pact(pact: Pact, folder: Path) -> None:
    """Write one file, whole or not at all."""
    path = folder / pact.file_name
    draft = path.with_name(f".{path.name}.new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(pact.document(), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise UsageError(f"{path}: cannot be written: {error.strerror}; name another folder") from error
    click.echo(f"written: {path}: {len(pact.exchanges)} interactions")


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
