"""The plugin that ``pytest --sealed`` registers, in the process that leads the session and in each worker."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.kind import Twofold
from dryfit.resources.registry import kind_named, provider_named
from dryfit.resources.sealed.seal import Seal, seal

SECTION = "dryfit --sealed"
_REFUSED_KEY = "dryfit refused"


class Sealing:
    """Holds the seal, and the servers that were started before it; tells what was refused."""

    def __init__(self, held: Seal, servers: ExitStack) -> None:
        self._seal = held
        self._servers = servers
        self._of_workers: list[str] = []

    @classmethod
    def begin(cls, declared: Iterable[Declaration], root: Path, *, leads: bool) -> Sealing:
        """Start the servers of all declared resources, as they are to live outside, and seal the session.

        To be called before the first thread is started. ``leads`` is false in a worker, whose leader has done both.
        Raises ``ResourceError`` where a server cannot be had.
        """
        with ExitStack() as servers:
            endpoints = list(_started(declared, root, servers)) if leads else []
            return cls(seal(endpoints), servers.pop_all())
        raise AssertionError("unreachable")

    def pytest_report_header(self) -> str:
        """Say how tight it is, before anything runs."""
        return f"dryfit: {self._seal}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say below a failure whose text speaks of an unreachable network why it is."""
        line = self._seal.explain(report.longreprtext) if report.failed else ""
        if line and (SECTION, line) not in report.sections:  # a worker has added it already
            report.sections.append((SECTION, line))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List what was refused, for a program may keep the error to itself."""
        if refused := dict.fromkeys([*self._refused(), *self._of_workers]):
            terminalreporter.section(SECTION)
            for line in refused:
                terminalreporter.write_line(line)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A worker hands over what it was refused to the process that leads."""
        output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_REFUSED_KEY] = self._refused()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take it; one that crashed has handed over nothing."""
        self._of_workers += getattr(node, "workeroutput", {}).get(_REFUSED_KEY, [])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_unconfigure(self) -> Generator[None, object, object]:
        """Open the seal, and let go of the servers, when all others have given back what they had of these.

        An ordinary user's process cannot go back outside, and reaches no server by network any more.
        """
        result = yield
        self._seal.close()
        self._servers.close()
        return result

    def _refused(self) -> list[str]:
        return [
            f"{attempt.test or 'outside of tests'}: refused {attempt.target}"
            for attempt in self._seal.attempts
        ]


def _started(declared: Iterable[Declaration], root: Path, servers: ExitStack) -> Iterator[Endpoint]:
    for declaration in declared:
        kind = kind_named(declaration.kind)
        if kind.has_server:
            provide = provider_named(declaration.provider).provide
            endpoint = servers.enter_context(provide(kind, declaration, root))
            yield endpoint
            if isinstance(kind, Twofold):
                yield kind.second(declaration, endpoint)
