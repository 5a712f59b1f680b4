"""Interleavings that a test asks for itself, under plain pytest: by its mark, or by the fixture ``interleave``."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress

import pytest

from dryfit.checks.explored import BUDGET_HIT, EXHAUSTED, explored_said
from dryfit.config import Config, load_config
from dryfit.lab.at_once import ServerLost
from dryfit.lab.bench import Bench, bench
from dryfit.lab.bodies import Bodies, Taking
from dryfit.lab.copies import Copies, RunAgain
from dryfit.lab.failures import failure_of
from dryfit.lab.interleave import Interleave
from dryfit.lab.marked import Marked, marked, uses_interleave
from dryfit.lab.overseer import Overseer
from dryfit.lab.repeating import Repeating
from dryfit.model.errors import UsageError
from dryfit.model.trace import TOGETHER
from dryfit.resources.registry import problems
from dryfit.session import Session
from dryfit.weave import Weave

DEBUGGERS = ("pdbinvoke", "pdbtrace")
"""Plugins of pytest's own that stop at each failure: what is run to be explored is not to stop."""


class ByHand:
    """Explores what a test asks for before pytest runs it as ever; a finding fails that last run.

    The runs before it are those of any test, within the hooks of every plugin; nobody is told of them.
    ``interleave`` is what the fixture of that name gives to the test that runs. ``watching`` is the session of
    dryfit's own that looks on, if there is one; the property ``told_as`` of a test says what was explored.
    """

    def __init__(self, session: pytest.Session, watching: Session | None, told_as: str) -> None:
        self._session = session
        self._watching = watching
        self._told_as = told_as
        self._tries_marked = watching is None or not watching.leaves_trials
        self._config: Config | None = None
        self._is_within = False
        self._overseeing: Overseer | None = None
        self.interleave = Interleave("")
        self._wrong = ""
        self._failure: BaseException | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Explore first; then let the test run."""
        if self._is_within:
            return (yield)
        self._wrong, self._failure, self.interleave = "", None, Interleave(item.nodeid)
        with ExitStack() as kept:
            if not item.config.option.setuponly:
                try:
                    self._explore(item, kept)
                except UsageError as error:
                    self._wrong = str(error)
                except ServerLost as error:
                    self._wrong = f"not explored: while the operations were run, {error}; run the test again"
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """A test whose wishes nobody understands, or could fulfil, does not run at all."""
        if self._wrong:
            pytest.fail(self._wrong, pytrace=False)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Alone the test has passed; now it fails as it did in company."""
        result = yield
        if not self._is_within:
            failure, self._failure = self._failure, None
            if failure is not None:
                raise failure
            if self.interleave.forgotten:
                pytest.fail(self.interleave.forgotten, pytrace=False)
        return result

    def _explore(self, item: pytest.Item, kept: ExitStack) -> None:
        asked = marked(item)
        if asked is not None and self._tries_marked:
            self._explore_copies(item, asked)
        elif uses_interleave(item):
            self._explore_calls(item, kept)

    def _explore_copies(self, item: pytest.Item, asked: Marked) -> None:
        with self._bench(item, looks=True) as made:
            copies = Copies(asked.overlap(item.nodeid, self._seed(item)), made.at_once)
            with self._repeating(item, made, copies.take) as run_again:
                copies.explore(run_again)
        if copies.explored is not None:
            item.user_properties.append((self._told_as, explored_said(copies.explored)))
        self._failure = failure_of(copies)

    def _explore_calls(self, item: pytest.Item, kept: ExitStack) -> None:
        """Explore them; where the last run of the test needs the bench, that is ``kept`` until it is over."""
        with ExitStack() as stack:
            made = stack.enter_context(self._bench(item, looks=True))
            self.interleave = Interleave(item.nodeid, self._seed(item), made.at_once)
            with self._repeating(item, made, lambda body: body()) as run_again:
                self.interleave.explore(run_again)
            if self.interleave.goes_on_at_once:
                kept.enter_context(stack.pop_all())
                if self._watching is not None and self._watching.leaves_trials:
                    self._watching.note_skipped(item.nodeid, TOGETHER)
                made.begin(item.nodeid)
                kept.callback(made.end)
        if self.interleave.said:
            item.user_properties.append((self._told_as, self.interleave.said))

    @contextmanager
    def _bench(self, item: pytest.Item, *, looks: bool) -> Iterator[Bench]:
        with self._lent() as lent, bench(self._settings(item), lent, looks=looks) as made:
            made.at_once.overseer = overseer = self._overseer(item)
            with overseer.of(item.nodeid):
                yield made

    def _overseer(self, item: pytest.Item) -> Overseer:
        """The one of this session, which has the terminal's standard error."""
        if self._overseeing is None:
            capture = item.config.pluginmanager.get_plugin("capturemanager")
            with capture.global_and_fixture_disabled() if capture is not None else nullcontext():
                self._overseeing = Overseer(item.config.rootpath)
        return self._overseeing

    def pytest_unconfigure(self) -> None:
        """The session is over."""
        if self._overseeing is not None:
            self._overseeing.close()

    @contextmanager
    def _repeating(self, item: pytest.Item, made: Bench, taking: Taking) -> Iterator[RunAgain]:
        """Runs the test again and again, with what is known of tests that run more than once."""
        plugins = item.config.pluginmanager
        repeating, bodies = Repeating(self._session), Bodies(taking)

        def run_again() -> str:
            ended, said = repeating.run(item, lambda: made.begin(item.nodeid), lambda: None, made.end)
            return f"{ended}: {said}" if said else ended

        self._is_within = True
        try:
            with _with(plugins, repeating, bodies), _without(plugins, *DEBUGGERS), _quiet(item.config):
                try:
                    yield run_again
                except ServerLost:
                    # Fixtures that need the server for it fail, and are told of nowhere.
                    with suppress(Exception):
                        repeating.tear_down()
                    raise
        finally:
            self._is_within = False

    def _lent(self) -> AbstractContextManager[Weave | None]:
        """What ``pytest --dryfit`` has woven, which does not look meanwhile."""
        return self._watching.looking_away() if self._watching is not None else nullcontext()

    def _seed(self, item: pytest.Item) -> int:
        return self._settings(item).seed.value

    def _settings(self, item: pytest.Item) -> Config:
        if self._config is None:
            self._config = load_config(item.config.rootpath, judge=problems)
        return self._config


@contextmanager
def _with(plugins: pytest.PytestPluginManager, *added: object) -> Iterator[None]:
    for plugin in added:
        plugins.register(plugin)
    try:
        yield
    finally:
        for plugin in added:
            plugins.unregister(plugin)


@contextmanager
def _without(plugins: pytest.PytestPluginManager, *names: str) -> Iterator[None]:
    taken = {name: plugins.unregister(name=name) for name in names if plugins.has_plugin(name)}
    try:
        yield
    finally:
        for name, plugin in taken.items():
            plugins.register(plugin, name)


@contextmanager
def _quiet(config: pytest.Config) -> Iterator[None]:
    """Let fixtures that are set up again and again not be shown."""
    shown, config.option.setupshow = config.option.setupshow, False
    try:
        yield
    finally:
        config.option.setupshow = shown


def summary(told: Mapping[str, str]) -> Iterator[str]:
    """How much was explored, by test; one that fails says it itself."""
    if full := sum(said.startswith(EXHAUSTED) for said in told.values()):
        yield f"{full} {'test' if full == 1 else 'tests'} in every interleaving that may matter"
    cut = {test: said for test, said in told.items() if BUDGET_HIT in said}
    if cut:
        yield f"PASSED, BUT NOT PROVED, for more try budget=… in the mark or in interleave(): {len(cut)}"
    yield from (f"{test}: {said}" for test, said in cut.items())
