"""``dryfit check``: the project's own tests, watched, and everything that can be said of the seams then."""

from __future__ import annotations

import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from rich.console import Console

from dryfit.cli.files import complete_files, output_options, refuse_unwritable, write_files
from dryfit.cli.main import BROKEN_OFF
from dryfit.cli.refusals import Unknown
from dryfit.config import Config, find_root
from dryfit.discover import changed_files, find_revision
from dryfit.model.errors import DryfitError, UsageError
from dryfit.model.run import Run
from dryfit.report.terminal import render
from dryfit.run import HTML_REPORT, INTERRUPTED, interrupted, prepare, write_html
from dryfit.session import REQUEST, Request
from dryfit.store import contract

FINDINGS, WRONG_USAGE, TESTS_FAIL, FAILED_ITSELF = 1, 2, 3, 4

TRYING = frozenset({"exceptions", "contention"})
"""The checks that have trials."""

_RANK = {"error": 2, "warning": 1, "note": 0}


@click.command(
    "check",
    context_settings={"ignore_unknown_options": True},
    epilog="Exit status: 0 nothing at or above --fail-on; 1 findings; 2 wrong usage or configuration; "
    "3 the project's own tests fail; 4 dryfit itself failed; 130 interrupted (Ctrl-C).",
)
@click.option(
    "--only",
    metavar="CHECKS",
    help="Run only these checks, with commas: data,interfaces,exceptions,contention.",
)
@click.option(
    "--fail-on", metavar="LEVEL", help="Exit with 1 from this severity on: error, warning or never."
)
@click.option(
    "--base", metavar="REV", help="Compare the interfaces with those of this git revision: origin/main, say."
)
@click.option(
    "--replay-fakes",
    is_flag=True,
    default=None,
    help="Run hand-written fakes again, after the tests, with what the real ones got, and compare the outcomes.",
)
@click.option(
    "--budget",
    metavar="TIME",
    help="Begin trials of the exceptions and contention checks for so long: 90s, 5m, or none for no end.",
)
@click.option(
    "--changed-since",
    metavar="REV",
    help="Begin with the trials that have to do with files changed since this git revision; then come the others.",
)
@click.option("--seed", metavar="N", help="What is random begins here.")
@click.option("--workers", metavar="N|auto", help="Run the tests in so many processes (needs pytest-xdist).")
@output_options
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED, shell_complete=complete_files)
def command(
    only: str | None,
    fail_on: str | None,
    base: str | None,
    replay_fakes: bool | None,
    budget: str | None,
    changed_since: str | None,
    seed: str | None,
    workers: str | None,
    pytest_args: tuple[str, ...],
    **files: Path | None,
) -> None:
    """Run the tests, watch the seams, and judge what was seen.

    PYTEST_ARGS go to pytest as they are.
    """
    refuse_unwritable(files)
    overrides = {
        "only": only,
        "fail-on": fail_on,
        "base": base,
        "budget": budget,
        "seed": seed,
        "replay-fakes": replay_fakes,
    }
    config = prepare(find_root(Path.cwd()), overrides)
    contract.read(config.root)
    if config.base.value:
        find_revision(config.root, config.base.value)
    changed = _changed(config, changed_since) if changed_since is not None else None
    request = Request(config)
    arguments = [*pytest_args, "--dryfit", *_spread(workers)]
    status = pytest.main(arguments, plugins=[_Named(request), Unknown(click.get_current_context().command)])
    if _can_be_broken(request, config):
        _break(request, config, pytest_args, workers, changed)
    if request.run is not None:
        report = _tell(request.run, config)
        render(request.run, Console(), report)
        write_files(request.run, files)
    sys.exit(_status(request, int(status), config))


def _can_be_broken(request: Request, config: Config) -> bool:
    """Whether trials are wanted, and the tests are as they should be without any fault."""
    run = request.run
    return (
        not TRYING.isdisjoint(config.only.value)
        and run is not None
        and run.tests.passed > 0 == run.tests.failed
        and not (request.failure or request.interrupted)
    )


def _changed(config: Config, revision: str) -> frozenset[str]:
    """The files that have changed; refused where nothing would come of it."""
    if TRYING.isdisjoint(config.only.value):
        raise UsageError(
            "--changed-since: only the exceptions and contention checks have trials, and --only leaves them out;"
            " add one of them there, or leave the option out"
        )
    return changed_files(config.root, revision)


def _break(
    request: Request,
    config: Config,
    pytest_args: tuple[str, ...],
    workers: str | None,
    changed: frozenset[str] | None,
) -> None:
    """Let the seams fail one after the other, and operations run at once, and add what that shows to the run."""
    from dryfit.cli.progress import shown
    from dryfit.trials import try_out

    assert request.run is not None
    many = (os.cpu_count() or 1) if workers == "auto" else int(workers or 1)
    with shown() as told:
        try:
            request.run = try_out(config, request.run, pytest_args, many, told, changed)
        except DryfitError as error:
            request.failure = str(error)
        except KeyboardInterrupt:
            request.run = interrupted(config, request.run)
    request.interrupted = INTERRUPTED in request.run.observations.warnings


NOT_COLLECTED = "no test was collected: name the folder with the tests, or run dryfit in the project's root"


class _Named:
    """Registers the request under its name as soon as pytest knows any plugin."""

    def __init__(self, request: Request) -> None:
        self._request = request

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._request, REQUEST)


def _spread(workers: str | None) -> list[str]:
    if workers is None:
        return []
    if workers != "auto" and not re.fullmatch("0*[1-9][0-9]*", workers):
        raise UsageError(f"--workers: found {workers}; allowed: a whole number from 1 on, or auto")
    if find_spec("xdist") is None:
        raise UsageError("--workers: needs pytest-xdist; install it, or leave the option out")
    return ["-n", workers]


def _tell(run: Run, config: Config) -> str:
    try:
        return os.path.relpath(write_html(run, config.root))
    except OSError as error:
        return f"{HTML_REPORT} cannot be written: {error.strerror}"


def _status(request: Request, tests: int, config: Config) -> int:
    """The exit status of the design, from pytest's and from what was found."""
    if request.failure or tests == pytest.ExitCode.INTERNAL_ERROR:
        click.echo(
            f"dryfit itself failed: {request.failure or 'pytest broke off with an internal error'}", err=True
        )
        return FAILED_ITSELF
    if request.interrupted:
        return BROKEN_OFF
    if request.run is None:
        if tests == pytest.ExitCode.NO_TESTS_COLLECTED:  # workers do not say that a path is not there
            click.echo(f"dryfit: {NOT_COLLECTED}", err=True)
        return 0 if tests == pytest.ExitCode.OK else WRONG_USAGE  # pytest has said what is wrong
    if failed := request.run.tests.failed:
        click.echo(
            f"{failed} of the project's own tests {'fails' if failed == 1 else 'fail'}: mend"
            f" {'it' if failed == 1 else 'them'} first; what dryfit saw until then is above",
            err=True,
        )
        return TESTS_FAIL
    lacking = _lacking(request.run, tests)
    if lacking:
        click.echo(f"dryfit: {lacking}", err=True)
    if _fails(request.run, config.fail_on.value):
        return FINDINGS
    return WRONG_USAGE if lacking else 0


def _lacking(run: Run, tests: int) -> str:
    """What there has to be before dryfit can say that all is well, and is not there; "" where nothing is missing."""
    if not run.project.components:
        return "no Python module was found: run dryfit in the project's root, or name the components in [tool.dryfit]"
    if tests == pytest.ExitCode.NO_TESTS_COLLECTED:
        return NOT_COLLECTED
    return "; ".join(map(str, run.project.misconfigured))


def _fails(run: Run, fail_on: str) -> bool:
    least = _RANK.get(fail_on, 3)
    return any(_RANK[finding.severity] >= least for finding in run.findings if finding.accepted is None)
