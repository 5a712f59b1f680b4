"""One call through a seam, while it happens."""

from __future__ import annotations

from collections.abc import Mapping
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

    @property
    def is_resource(self) -> bool:
        """Whether it is what a library offers to reach a resource, and not anything else that tests replace of it."""
        return self.kind == "library" and self.effect != "call"


class Site:
    """The place in the source that makes a call; one object a call instruction, shared by its crossings.

    ``component`` is the component whose file holds the call, or ``None`` when no component's frame was found
    (a framework called, or the crossing began a thread). ``key`` tells the call instruction apart while the code lives,
    0 for none.
    """

    __slots__ = ("code", "component", "key", "offset", "place")

    def __init__(self, component: str | None, code: CodeType | None, offset: int, place: Place) -> None:
        self.component = component
        self.code = code  # kept alive: the table of sites is keyed by the identity of this object
        self.offset = offset
        self.key = id(code) + offset if code is not None else 0
        self.place = place


class Crossing:
    """One call through a seam.

    ``values`` are the arguments in the order of ``callee.parameters``; they are let go when the call ends.
    ``test`` is the id of the test that runs. ``inside`` is the component whose calls of itself are known as such
    without a look at who calls; it is empty where the callee was handed code of others, to run it bit by bit.
    ``state``, ``known`` and ``weakened`` belong to the probe that observes; other probes only read the rest. ``known``
    are crossings directly below that repeat each other; ``weakened`` counts how often a stand-in answered below.
    """

    __slots__ = (
        "callee",
        "caller",
        "component",
        "inside",
        "known",
        "parent",
        "site",
        "started",
        "state",
        "test",
        "values",
        "weakened",
    )

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
        self.inside = callee.component
        self.caller = caller
        self.site = site
        self.values = values
        self.parent = parent
        self.test = test
        self.started = 0
        self.state: object = None
        self.known = NOTHING_KNOWN
        self.weakened = 0

    @property
    def seam(self) -> Seam:
        """The seam that is crossed."""
        return Seam(self.caller, self.callee.component, self.callee.name)

    def like(self, values: tuple[object, ...]) -> Crossing:
        """Another one through the same seam from the same site, below the same parent."""
        crossing = Crossing(self.callee, self.caller, self.site, values, self.parent, self.test)
        crossing.inside = self.inside
        crossing.state = self.state
        return crossing


Key = tuple[Callee, Site, tuple[int, ...]]
RepeatKey = tuple[object, ...]
"""The callee, the ``key`` of the site, and the identities of the arguments' types, all in one."""


class Countdown:
    """Says which of many crossings is to be looked at: the one that comes when ``left`` is 1."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = 1


class Ending:
    """How often, and for how many nanoseconds in all, crossings ended in one way."""

    __slots__ = ("count", "ns", "turns")

    def __init__(self, turns: Countdown) -> None:
        self.turns = turns
        self.count = 0
        self.ns = 0


class Repeats:
    """The crossings below one parent that repeat each other: same callee, site, and exact types of arguments.

    While none of them is to be looked at they are only counted, and no probe is asked. ``crossing`` stands for all of
    them while they run; the endings are found by the identity of the type of the value that is returned; ``types``
    keep those alive by whose identities these crossings are found. ``parts`` are what the loop needs, all at once.
    """

    __slots__ = ("crossing", "parts", "types")

    def __init__(
        self, crossing: Crossing, turns: Countdown, endings: Mapping[int, Ending], types: list[type]
    ) -> None:
        self.crossing = crossing.like(())
        self.parts = turns, self.crossing, endings
        self.types = types

    def one(self, values: tuple[object, ...], started: int, weakened: int) -> Crossing:
        """One of them, which is to be looked at after all; ``weakened`` is what it was when this one began."""
        crossing = self.crossing.like(values)
        crossing.started = started
        crossing.weakened = self.crossing.weakened - weakened
        return crossing


NOTHING_KNOWN: dict[RepeatKey, Repeats | None] = {}
"""What is known below a crossing of which nobody has learned anything. Nothing is ever put into it."""
