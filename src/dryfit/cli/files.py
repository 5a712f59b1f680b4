"""The files that a run is written to, as options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import click
from click.shell_completion import CompletionItem

from dryfit.model.errors import UsageError
from dryfit.model.run import Run
from dryfit.report import findings, junit, sarif
from dryfit.run import write_html

_Command = TypeVar("_Command", bound=Callable[..., object])

_DOCUMENTS: Mapping[str, Callable[[Run], str]] = {
    "json_file": findings.document,
    "sarif_file": sarif.document,
    "junit_file": junit.document,
}


def output_options(command: _Command) -> _Command:
    """Add ``--json``, ``--html``, ``--sarif`` and ``--junit``."""
    for name, what in (
        ("junit", "as JUnit XML"),
        ("sarif", "as SARIF 2.1.0"),
        ("html", "as one HTML page"),
        ("json", "as JSON"),
    ):
        option = click.option(
            f"--{name}",
            f"{name}_file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=f"Write the run {what}; - is standard output.",
        )
        command = option(command)
    return command


def complete_files(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Let the shell complete files where arguments are pytest's own."""
    return [CompletionItem(begun, type="file")]


def refuse_unwritable(files: Mapping[str, Path | None]) -> None:
    """Say before a run, not after it, that a file can't be written where it is wanted."""
    named = [file for file in files.values() if file is not None]
    problems = [f"{file}: is a folder; name a file" for file in named if file.is_dir()]
    problems += [
        f"{file}: there is no folder {file.parent}; make it, or name another file"
        for file in named
        if not file.absolute().parent.is_dir()
    ]
    if problems:
        raise UsageError(*problems)


def write_files(run: Run, files: Mapping[str, Path | None]) -> None:
    """Write the run to each file that is named, and tell so; what cannot be written is told together."""
    problems = []
    for option, file in files.items():
        if file is None:
            continue
        try:
            _write(run, option, file)
        except OSError as error:
            problems.append(f"{file}: cannot be written: {error.strerror}; `dryfit report` writes it again")
    if problems:
        raise UsageError(*problems)


def _write(run: Run, option: str, file: Path) -> None:
    target = Path("/dev/stdout") if file == Path("-") else file
    if option == "html_file":
        write_html(run, Path(run.project.root), target.absolute())
    else:
        target.write_text(_DOCUMENTS[option](run), encoding="utf-8")
    if target == file:
        click.echo(f"written: {file}", err=True)
