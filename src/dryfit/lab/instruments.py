"""What watches a trial: which probes, in which order, and what each of them contributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Protocol, cast

from dryfit.config import Config
from dryfit.lab.at_once import AtOnce
from dryfit.lab.calls import Call
from dryfit.lab.overlapping import Overlapping
from dryfit.lab.propagation.journey import Sources
from dryfit.lab.propagation.log import Noted
from dryfit.lab.propagation.watch import Propagation
from dryfit.lab.scene import Scene
from dryfit.lab.stage import Stage
from dryfit.model.interleaving import Overlap
from dryfit.model.probe import Probe
from dryfit.model.seam import Place
from dryfit.model.trial import Experiment, Hold, Proposed, Trial
from dryfit.probes.again import Again
from dryfit.probes.faults import FaultProbe, offers
from dryfit.probes.trial import TrialRecorder
from dryfit.resources.environment import Environment
from dryfit.resources.postgres.footprints import PostgresFootprints
from dryfit.resources.postgres.waits import PostgresBackends
from dryfit.weave import Weave

Fire = Callable[[], None]
"""Is called when the fault of an experiment has happened."""

HasEnough = Callable[[], bool]


_NO_ENTRY = -1
"""As the entry whose boundary is wanted: none is, and no state is read."""


class Instruments(Protocol):
    """Everything that looks at one trial after the other, in the process that runs them."""

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Those for the loop, in the order in which they stand there."""

    def begin(
        self, test: str, experiment: Proposed | None, fired: Fire, *, brief: bool, has_enough: HasEnough
    ) -> None:
        """A trial begins: before the test's set-up. ``brief`` says that its crossings are enough.

        An exploration is to end, with what there is, where ``has_enough`` says so between its runs.
        """

    def body(self, body: Call) -> object:
        """Call the body of the test, or take it as an operation."""

    @property
    def other(self) -> str:
        """The other test whose body is wanted in this run; "" where none is."""

    def lend(self, body: Call | str) -> None:
        """Have that body, or why it cannot be had."""

    def calling(self) -> None:
        """The test is set up; its call follows."""

    def called(self) -> None:
        """The test's call is over; its teardown follows."""

    def end(self, trial: Trial) -> Trial:
        """The trial is over: ``trial``, with what was seen."""

    @property
    def wants_more(self) -> bool:
        """Whether the trial takes another run of the test."""


class Standard:
    """Makes the fault of an experiment happen, and watches the crossings, the state, and what is left behind.

    ``noted`` is told of every event in the way of the fault while it happens.
    """

    def __init__(
        self,
        weave: Weave,
        config: Config,
        resources: Environment,
        is_ours: Callable[[Path], bool],
        noted: Noted = lambda event, frame: None,
    ) -> None:
        self._weave = weave
        # Each asks the recorder which crossing it sees, and the recorder tells the scene of entries.
        self._recorder = TrialRecorder(
            offers,
            place_of=self._place_of,
            request=lambda: weave.exchanges.request,
            holding=self._holding,
            entered=self._entered,
            left=self._left,
        )
        self._fault = FaultProbe(
            self._recorder.point, weave.is_within, lambda connection: self._scene.inherits(connection)
        )
        self._again = Again(self._recorder.entry)
        self._entry = _NO_ENTRY
        self._propagation = Propagation(Sources(weave.sites.owner, weave.sites.relative), noted)
        backends = PostgresBackends()
        self._scene = Scene(
            weave,
            config.root,
            self._recorder.index,
            backends.has_written,
            self._fault.repeats,
            resources.serves,
        )
        at_once = AtOnce(weave, self._scene, backends, PostgresFootprints(backends))
        stage = Stage(resources, self._scene, is_ours)
        self._overlapping = Overlapping(weave, at_once, stage, self._recorder)
        self._asked = 0
        weave.exchanges.taking = self._overlapping.answer

    @property
    def probes(self) -> tuple[Probe, ...]:
        """First what makes a fault happen, then what sees it happen, and last what runs an operation more than once."""
        watching = (self._fault, self._recorder, self._scene.probe, self._again, self._overlapping)
        follow = self._propagation
        return (follow.first, *watching, follow.last) if follow.is_traced else watching

    def begin(
        self, test: str, experiment: Proposed | None, fired: Fire, *, brief: bool, has_enough: HasEnough
    ) -> None:
        """Forget the last trial."""
        self._asked = 0
        self._recorder.begin(test, baseline=experiment is None and not brief)
        faulted = experiment if isinstance(experiment, Experiment) else None
        self._fault.begin(faulted, partial(self._happened, fired))
        self._entry = faulted.entry if faulted is not None else _NO_ENTRY
        self._again.begin(faulted.entry if faulted is not None and faulted.again else _NO_ENTRY)
        self._overlapping.begin(experiment if isinstance(experiment, Overlap) else None, fired, has_enough)
        if faulted is not None:
            self._propagation.begin()
            self._scene.begin(entry=faulted.entry)
        else:
            self._scene.begin(entry=None if experiment is None and not brief else _NO_ENTRY)

    def body(self, body: Call) -> object:
        """Call it, unless copies of it are to run at once."""
        return self._overlapping.body(body)

    @property
    def other(self) -> str:
        """Where operations of several tests are to run at once."""
        return self._overlapping.other

    def lend(self, body: Call | str) -> None:
        """It is called when the test comes to its own operation."""
        self._overlapping.lend(body)

    def calling(self) -> None:
        """From here on the test itself calls."""
        self._recorder.calling()
        self._asked = self._weave.exchanges.asked

    def called(self) -> None:
        """From here on the suite clears up."""
        self._propagation.stop()
        self._scene.called()

    def end(self, trial: Trial) -> Trial:
        """With all that was seen; why the fault could not be made is a reason for no verdict."""
        self._propagation.stop()
        void = self._fault.end()
        crossings, errors = self._recorder.finish()
        effects, boundaries, leaks = self._scene.finish()
        return replace(
            trial,
            crossings=crossings,
            errors=errors,
            effects=effects,
            boundaries=boundaries,
            leaks=leaks,
            void=trial.void or void,
            explored=self._overlapping.end(),
            asked=self._asked,
            propagation=self._propagation.finish(),
            again=self._again.came_to,
        )

    @property
    def wants_more(self) -> bool:
        """An exploration may take many runs."""
        return self._overlapping.wants_more

    def _happened(self, fired: Fire) -> None:
        self._recorder.look_out()
        fired()
        self._propagation.fired()

    def _holding(self) -> tuple[Hold, ...]:
        return self._scene.holding()

    def _entered(self, entry: int) -> None:
        self._scene.entered(entry)

    def _left(self, entry: int) -> None:
        if entry == self._entry:
            self._propagation.left()
        self._scene.left(entry)

    def _place_of(self, code: CodeType, line: int) -> Place | None:
        sites = self._weave.sites
        if sites.owner(code.co_filename) is None:
            return None
        return Place(sites.relative(code.co_filename), line, code.co_qualname)


STANDARD = "dryfit.lab.instruments:Standard"


def instruments_named(
    name: str, weave: Weave, config: Config, resources: Environment, is_ours: Callable[[Path], bool]
) -> Instruments:
    """Those that ``name`` stands for, as ``module:callable``, which gets the other arguments."""
    module, _, made_by = name.partition(":")
    return cast(Instruments, getattr(import_module(module), made_by)(weave, config, resources, is_ours))
