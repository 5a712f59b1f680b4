"""One call through a seam, while it happens."""

from __future__ import annotations

from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Literal

from dryfit.model.seam import Effect, Place, Seam

CalleeKind = Literal["function", "coroutine", "generator", "async generator", "stand-in", "library"]


@dataclass(frozen=True, slots=True, eq=False)
class Callee:
    """What a crossing enters: a callable of a component, of a resource library, or a stand-in for one.

    ``parameters`` are the names in declared order (``*args`` and ``**kwargs`` count as one each);
    ``method`` says that the first one is the receiver. ``stands_for`` names the callable that a stand-in replaces.
    """

    component: str
    name: str
    parameters: tuple[str, ...]
    kind: CalleeKind = "function"
    effect: Effect = "call"
    method: bool = False
    function: FunctionType | None = None
    stands_for: str = ""


class Site:
    """The place in the source that makes a call; one object a call instruction, shared by its crossings.

    ``component`` is the component whose file holds the call, or ``None`` when no component's frame was found
    (a framework called, or the crossing began a thread).
    """

    __slots__ = ("code", "component", "offset", "place")

    def __init__(self, component: str | None, code: CodeType | None, offset: int, place: Place) -> None:
        self.component = component
        self.code = code  # kept alive: the table of sites is keyed by the identity of this object
        self.offset = offset
        self.place = place


class Crossing:
    """One call through a seam.

    ``values`` are the arguments in the order of ``callee.parameters``; they are let go when the call ends.
    ``test`` is the id of the test that runs, ``state`` belongs to the probe that observes; probes only read the rest.
    """

    __slots__ = ("callee", "caller", "component", "parent", "site", "started", "state", "test", "values")

    def __init__(
        self,
        callee: Callee,
        caller: str,
        site: Site,
        values: tuple[object, ...],
        parent: Crossing | None,
        test: str,
    ) -> None:
        self.callee = callee
        self.component = callee.component
        self.caller = caller
        self.site = site
        self.values = values
        self.parent = parent
        self.test = test
        self.started = 0
        self.state: object = None

    @property
    def seam(self) -> Seam:
        """The seam that is crossed."""
        return Seam(self.caller, self.callee.component, self.callee.name)
