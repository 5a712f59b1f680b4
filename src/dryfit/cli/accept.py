"""``dryfit accept``: a finding that the project lives with, recorded with its reason."""

from __future__ import annotations

from pathlib import Path

import click

from dryfit.config import find_root
from dryfit.model.errors import UsageError
from dryfit.run import prepare, recall
from dryfit.store import accepted, runs


@click.command("accept")
@click.argument("finding")
@click.option(
    "--reason", required=True, help="Why the project lives with it, in words that a colleague understands."
)
def command(finding: str, reason: str) -> None:
    """Accept FINDING (an id such as DF101-3fa1c2) of the last run; commit dryfit-accepted.toml afterwards."""
    root = find_root(Path.cwd())
    config = prepare(root)
    path = runs.latest(root)
    if path is None:
        raise UsageError(f"{root}: no run is kept here; run `pytest --dryfit` or `dryfit check` first")
    file = accepted.record(root, accepted.pick(recall(config, path).findings, finding), reason)
    click.echo(f"{finding} is accepted in {file.relative_to(root)}; commit that file")
