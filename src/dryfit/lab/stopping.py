"""Instruments that start a debugger on the way of a fault."""

from __future__ import annotations

import bdb
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from _pytest.debugging import pytestPDB

from dryfit.config import Config
from dryfit.lab.instruments import Standard
from dryfit.lab.propagation import handlers
from dryfit.lab.propagation.log import Event
from dryfit.model.chain import Link
from dryfit.resources.environment import Environment
from dryfit.weave import Weave


class Stopping(Standard):
    """Starts pytest's debugger at one step of a failure: where it is caught in the handler, else where it passes."""

    def __init__(
        self,
        weave: Weave,
        config: Config,
        resources: Environment,
        is_ours: Callable[[Path], bool],
        step: Link,
    ) -> None:
        super().__init__(weave, config, resources, is_ours, self._noted)
        self._step = step
        self._relative = weave.sites.relative

    def _noted(self, event: Event, frame: FrameType) -> None:
        if self._is_there(event):
            self._propagation.stop()
            _stop(frame)

    def _is_there(self, event: Event) -> bool:
        place = self._step.place
        kinds = ("handled",) if self._step.kind == "caught" else ("raised", "thrown")
        return (
            event.kind in kinds
            and event.code.co_qualname == place.function
            and handlers.line(event.code, event.offset) == place.line
            and self._relative(event.code.co_filename) == place.file
        )


def _stop(frame: FrameType) -> None:
    """Let the debugger take over at the next line of a frame, which may be that of its handler, or its end."""
    debugger: bdb.Bdb = pytestPDB._init_pdb("set_trace")  # type: ignore[no-untyped-call]  # it is pytest's own
    debugger.set_trace(frame)
    debugger.set_step()  # from 3.13 on it would stop at the next instruction, which may be on no line
    outwards: FrameType | None = frame
    while outwards is not None:
        outwards.f_trace_opcodes = False
        outwards.f_trace_lines = True  # whoever listened by a trace function has switched them off
        outwards = outwards.f_back
