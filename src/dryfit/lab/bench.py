"""A place to run operations at once in a session of pytest's own: what is needed for it, for the time of one test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dryfit import discover
from dryfit.config import Config
from dryfit.lab.at_once import AtOnce
from dryfit.lab.scene import Scene
from dryfit.model.crossing import Crossing
from dryfit.model.digest import Digest
from dryfit.model.target import Target
from dryfit.model.trial import Boundary
from dryfit.resources.postgres.footprints import PostgresFootprints
from dryfit.resources.postgres.waits import PostgresBackends
from dryfit.weave import Weave

_NO_ENTRY = -1


class Bench:
    """``at_once`` runs operations, ``weave`` is what they are seen through.

    ``begin`` and ``end`` stand around each run of the test.
    """

    def __init__(self, weave: Weave, root: Path, *, looks: bool) -> None:
        self.weave = weave
        self._backends = PostgresBackends()
        self._scene = Scene(weave, root, lambda crossing: -1, self._backends.has_written) if looks else None
        self.at_once = AtOnce(
            weave, self._scene or Unseen(), self._backends, PostgresFootprints(self._backends)
        )
        weave.let_see(*([self._scene.probe] if self._scene else []))

    def begin(self, test: str) -> None:
        """The test is about to be set up."""
        self.weave.begin_test(test)
        if self._scene is not None:
            self._scene.begin(entry=_NO_ENTRY)

    def end(self) -> None:
        """The test is torn down."""
        if self._scene is not None:
            self._scene.finish()

    def close(self) -> None:
        """Leave nothing open."""
        self._backends.close()


@contextmanager
def bench(config: Config, lent: Weave | None, *, looks: bool) -> Iterator[Bench]:
    """A bench for one test, on a weave that is there already or on one of its own.

    ``looks`` says that the state is of interest, and not only what operations raise.
    """
    weave = lent or _woven(config)
    probes, used = weave.let_see(), weave.connections.used
    weave.connections.used = lambda target: None
    made = Bench(weave, config.root, looks=looks)
    try:
        yield made
    finally:
        made.close()
        weave.connections.used = used
        weave.let_see(*probes)
        if lent is None:
            weave.take_out()


def _woven(config: Config) -> Weave:
    sources = discover.find_components(config.root, config.components.value)
    weave = Weave(config.root, sources.files(), sources.component_of())
    weave.put_in()
    return weave


class Unseen:
    """Looks at no state: nothing is compared but what operations say themselves."""

    targets: frozenset[Target] = frozenset()

    def use(self, target: Target) -> None:
        """It is not read."""

    def enter(self, number: int) -> None:
        """Nothing is read."""

    def boundary(self, number: int) -> Boundary:
        """Two states of nothing."""
        return Boundary(number, Digest(), Digest())

    def forget(self, number: int) -> None:
        """Nothing was kept."""

    def opening(self, crossing: Crossing) -> None:
        """No file is looked at."""
