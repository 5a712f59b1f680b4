"""Watches the seams of one process while it runs tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dryfit import discover
from dryfit.config import Config
from dryfit.model.trace import Observations, TestOutcome
from dryfit.probes import Exchanges, Observer
from dryfit.resources.digest.leftovers import Leftovers
from dryfit.store.writer import RunWriter
from dryfit.weave import Weave

if TYPE_CHECKING:
    from dryfit.probes.replay import Replay


class Watch:
    """Writes down what it sees; ``weave`` is what it looks through."""

    def __init__(self, config: Config, writer: RunWriter) -> None:
        sources = discover.find_components(config.root, config.components.value)
        self.weave = Weave(config.root, sources.files(), sources.component_of())
        self._observer = Observer(
            self.weave.callee_of, self.weave.component_of, config.root, self.weave.stand_ins.meet
        )
        self._exchanges = Exchanges()
        self.weave.exchanges.seen = self._exchanges.see
        self._writer = writer
        self._leftovers = Leftovers(
            lambda: self.weave.connections.live, written=self.weave.connections.written
        )
        self._looks_for_leftovers = "data" in config.only.value
        if self._looks_for_leftovers:
            self.weave.connections.used = self._leftovers.used
        self._replay: Replay | None = None
        if config.replays_fakes:
            from dryfit.probes.replay import Replay

            self._replay = Replay()
            self.weave.stand_ins.asked = self._replay.asked

    def put_in(self) -> None:
        """Weave everything that is imported by now."""
        self._observer.install()
        self.weave.put_in(self._observer, *filter(None, [self._replay]))
        self.weave.weave_replaced(discover.replaced_names(self.weave.test_files))

    def begin_test(self, test: str) -> None:
        """What crosses a seam from now on belongs to ``test``."""
        self._writer.begin_test(test)
        if self._looks_for_leftovers:
            self._leftovers.begin_test()
        self.weave.begin_test(test)

    def shared_fixture_set_up(self) -> None:
        """A fixture that several tests share was set up."""
        self.weave.shared_fixture_set_up()
        if self._looks_for_leftovers:
            self._leftovers.shared_set_up()

    def shared_fixture_ended(self) -> None:
        """A fixture that several tests share was torn down."""
        self._leftovers.shared_ended()

    def begin_call(self) -> None:
        """The set-up is done, the test itself begins."""
        if self._looks_for_leftovers:
            self._leftovers.begin_call()

    def end_test(self, test: str, outcome: TestOutcome, seconds: float) -> None:
        """Write down what ``test`` showed, and what earlier ones had left for it to see."""
        seen = self._observer.finish(test, outcome, seconds)
        exchanges = self._exchanges.finish(test, passed=outcome in ("passed", "xpassed"))
        incidents = (*seen.incidents, *self.weave.stand_ins.told())
        seen = replace(seen, incidents=incidents, exchanges=exchanges)
        if self._looks_for_leftovers:
            seen = replace(seen, incidents=(*seen.incidents, *self._leftovers.end_test(test, seen)))
        self._writer.append(seen)

    def take_out(self) -> None:
        """Leave the program as it was, and write down what came late."""
        self._observer.remove()
        self.weave.take_out()
        self._leftovers.close()
        self._writer.append(self._observer.flush())
        skipped = (*self.weave.skipped, *sorted(self._leftovers.skipped), *self._exchanges.skipped)
        late = self.weave.stand_ins.told()
        self._writer.append(Observations(incidents=late, skipped=skipped, warnings=self.weave.failures))

    def replay_fakes(self) -> None:
        """Where that is wanted, run the fakes of the tests again, which are all over by now."""
        if self._replay is not None:
            self._writer.append(self._replay.run())

    def abandon(self) -> None:
        """Leave the program as it was, and say nothing more."""
        self._observer.remove()
        self.weave.take_out()
        self._leftovers.close()
