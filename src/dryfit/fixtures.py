"""The declared resources as pytest fixtures: clean for every test, whether its seams are watched or not."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from dryfit.config import load_config
from dryfit.data_fixtures import data_fixtures
from dryfit.model.errors import DryfitError
from dryfit.model.resource import Declaration, Handle
from dryfit.resources.environment import Environment, new_space
from dryfit.resources.registry import problems

if TYPE_CHECKING:
    from dryfit.model.trace import LeftoverData

WORKER = "PYTEST_XDIST_WORKER"
"""The variable by which pytest-xdist tells a worker its name."""

LeftBehind = Callable[["tuple[LeftoverData, ...]"], None]
"""Is told what tests left behind that another one can see."""


class Fixtures:
    """Opens resources before the project's own code is imported, cleans them around each test, gives them back."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.left_behind: LeftBehind | None = None
        self._starting: threading.Thread | None = None
        self._declared = {declaration.name: declaration for declaration in environment.declared}
        self._last_test = ""
        self._replaced: tuple[str, ...] = ()
        self._told: tuple[str, ...] = ()
        self._wrong = ""

    @classmethod
    def begin(cls, config: pytest.Config) -> Fixtures:
        """Read what is declared, seal the session if that is asked for, open what the program finds by variables.

        Raises ``pytest.UsageError`` in dryfit's own words.
        """
        try:
            declared = load_config(config.rootpath, judge=problems).resources.value
            environment = Environment(declared, config.rootpath, new_space(os.environ.get(WORKER, "")))
            if config.known_args_namespace.sealed:
                from dryfit.resources.sealed.plugin import Sealing

                sealing = Sealing.begin(declared, config.rootpath, leads=WORKER not in os.environ)
                config.pluginmanager.register(sealing, "dryfit-sealing")
            if WORKER in os.environ or not _imports_nothing(config):
                environment.open_with_variables()
        except DryfitError as error:
            raise pytest.UsageError(*error.problems) from error
        holder = ModuleType(
            "dryfit-resources", "The resources that the project declares, and what makes data for them."
        )
        vars(holder).update(_fixtures_of(environment), **data_fixtures(environment, config.rootpath))
        if not config.pluginmanager.has_plugin("pytest_postgresql"):
            vars(holder).update(_postgresql_names(declared))
        config.pluginmanager.register(holder, holder.__name__)
        fixtures = cls(environment)
        if WORKER not in os.environ and _leads(config) and not config.known_args_namespace.sealed:
            fixtures.start_servers()
        return fixtures

    def start_servers(self) -> None:
        """Start in the background what all workers will open, while they are being started themselves."""
        self._starting = threading.Thread(target=self._start, name="dryfit-servers", daemon=True)
        self._starting.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Clean before the first fixture.

        Where somebody is to be told what tests leave, also after the last one: what comes in between the two, the last
        test has left running.
        """
        self._wrong = self._clean(seen_by=item.nodeid, late=True)
        self._last_test = item.nodeid
        self._told, self._replaced = self._replaced, ()
        try:
            return (yield)
        finally:
            if self.left_behind is not None:
                self._clean()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """A test without clean data does not run: its server may be gone, which is no reason to end the session."""
        if self._wrong:
            pytest.fail(f"there are no clean data for this test: {self._wrong}", pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """What went wrong within a stand-in for a service belongs to the test that asked it."""
        result = yield
        self.environment.check()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Where a test fails whose pool has lost its connections, that is not its own fault: say why."""
        report = yield
        if report.failed and self._told:
            ended = "Connections to the old one were ended before this test."
            report.sections.append(("dryfit", "\n".join(f"{each}. {ended}" for each in self._told)))
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Give everything back; what cannot be is gone already."""
        if self._starting is not None:
            self._starting.join()
        try:
            self.environment.close()
        except DryfitError as error:
            print(f"dryfit: {error}", file=sys.stderr)

    def _start(self) -> None:
        # What is wrong is told by the workers, which try it again.
        with suppress(DryfitError, OSError):
            self.environment.start_with_variables()

    def _clean(self, *, seen_by: str = "", late: bool = False) -> str:
        """Why the data cannot be made clean; "" where they are."""
        try:
            leftovers = self.environment.clean()
        except DryfitError as error:
            return str(error)
        self._replaced += self.environment.replaced
        if leftovers and self.left_behind is not None:
            from dryfit.resources.digest.cleaned import leftover_data

            self.left_behind(
                leftover_data(leftovers, self._declared, self._last_test, seen_by=seen_by, late=late)
            )
        return ""


def _imports_nothing(config: pytest.Config) -> bool:
    """Whether this process only tells something, or hands tests out to workers."""
    known = config.known_args_namespace
    return _leads(config) or any(getattr(known, name, None) for name in ("help", "version", "markers"))


def _leads(config: pytest.Config) -> bool:
    """Whether it hands tests out to workers."""
    return bool(getattr(config.known_args_namespace, "numprocesses", None))


def _fixtures_of(environment: Environment) -> dict[str, object]:
    """One fixture for each resource, by its name."""
    return {declaration.name: _handle(environment, declaration) for declaration in environment.declared}


def _handle(environment: Environment, declaration: Declaration) -> object:
    def handle() -> Handle:
        try:
            return environment.open(declaration.name).handle
        except DryfitError as error:
            wrong = str(error)
        # Where in dryfit it was found out helps nobody, and would be told again for every test.
        pytest.fail(wrong, pytrace=False)

    handle.__doc__ = f"The {declaration.kind} that this project declares, with clean data for each test."
    # Where it is stays the same, so that fixtures of any scope may ask for it.
    return pytest.fixture(name=declaration.name, scope="session")(handle)


def _postgresql_names(declared: Iterable[Declaration]) -> dict[str, object]:
    """The names that people know from pytest-postgresql, where there is one PostgreSQL that they can mean."""
    names = [each.name for each in declared if each.kind == "postgres"]
    if len(names) != 1 or names[0] == "postgresql":
        return {}

    @pytest.fixture
    def postgresql(request: pytest.FixtureRequest) -> Iterator[object]:
        """A psycopg connection to the project's PostgreSQL, with clean data."""
        import psycopg

        with closing(psycopg.connect(request.getfixturevalue(names[0]).url)) as connection:
            yield connection

    @pytest.fixture(scope="session")
    def postgresql_proc(request: pytest.FixtureRequest) -> SimpleNamespace:
        """Where the project's PostgreSQL answers: host, port, user, password, dbname."""
        handle: Handle = request.getfixturevalue(names[0])
        return SimpleNamespace(
            host=handle.host,
            port=handle.port,
            user=handle.user,
            password=handle.password,
            dbname=handle.database,
        )

    return {"postgresql": postgresql, "postgresql_proc": postgresql_proc}
