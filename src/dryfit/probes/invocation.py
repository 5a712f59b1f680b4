"""One crossing that gets more than its count: it is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from dryfit.model.crossing import Callee, Crossing, Key
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.seam import DRIVER
from dryfit.model.shape import Shape
from dryfit.model.trace import Incident, Mutation, Transfer
from dryfit.probes.behaviours import Junction
from dryfit.probes.look import Look, closed
from dryfit.probes.mutations import Watched, changes, watch
from dryfit.probes.transfers import Flow, Leaf, Loss, leaves
from dryfit.probes.tree import Cell, Node

MOST_LOOKS_BELOW = 32
"""How many crossings directly below a looked-at one are looked at with it, so that values can be followed."""


class Invocation:
    """The state of such a crossing, in place of its node.

    It finds no cell directly, and no child while it has looks left, so that these crossings take the long way.
    """

    __slots__ = (
        "_flow",
        "_looks",
        "_upper",
        "_watched",
        "children",
        "node",
        "raised",
        "returned",
        "shapes",
        "violations",
    )

    def __init__(self, node: Node) -> None:
        self.node = node
        self.children: dict[Key, Node] = node.children
        self.returned: dict[int, Cell] = {}
        self.raised: dict[int, Cell] = {}
        self.shapes: tuple[Shape, ...] | None = None
        self.violations: list[Incident] = []  # told once the callee has taken what it was given
        self._looks = 0
        self._flow: Flow | None = None
        self._upper: Flow | None = None
        self._watched: tuple[Watched, ...] = ()

    def take_look(self) -> bool:
        """Take one of the looks for the crossings below; after the last one they go the short way again."""
        if not self._looks:
            return False
        self._looks -= 1
        if not self._looks:
            self.children = self.node.children
        return True

    def watch(self, crossing: Crossing) -> None:
        """Remember what the arguments are like, to see what the callee changes."""
        self._watched = watch(crossing)

    def look(self, crossing: Crossing) -> None:
        """Look at the arguments."""
        self.shapes, visited = argument_shapes(self.node.junction, crossing)
        self.node.usage.put_off(visited)
        self._watched = self._watched or watch(crossing)

    def begin(self, crossing: Crossing, above: object, *, follow: bool) -> Iterator[Incident]:
        """Compare the arguments with what came in above; ``follow`` goes on to the calls below."""
        junction = self.node.junction
        upper = above._flow if type(above) is Invocation else None
        if not (upper or follow):
            return
        found = leaves(_arguments(junction, crossing.values))
        if upper is not None:
            self._upper = upper
            if _is_transfer(crossing.callee):
                yield from _transfers(upper.losses(found), junction, crossing.test)
        if follow:
            self._flow = Flow()
            self._flow.take(found)
            self._looks = MOST_LOOKS_BELOW
            self.children = {}

    def end(self, crossing: Crossing, outcome: Outcome) -> Iterator[Incident]:
        """Look at what came of it."""
        junction = self.node.junction
        for change in changes(self._watched, crossing.values):
            yield Mutation(
                junction.seam, junction.place, change.parameter, change.type, change.change, crossing.test
            )
        if type(outcome) is not Returned or not (self._flow or self._upper):
            return
        name = junction.name.removeprefix("get_")
        found = leaves([(f"{junction.seam.callable} → return", name, outcome.value)])
        if self._flow is not None and crossing.caller != DRIVER and _is_transfer(crossing.callee):
            yield from _transfers(self._flow.losses(found), junction, crossing.test)
        if self._upper is not None:
            self._upper.take(_from_outside(found) if crossing.callee.kind == "library" else found)

    def forget(self) -> None:
        """Let go of everything that was kept for the time of the call."""
        self._flow = self._upper = None
        self._watched = ()
        self.violations = []
        self._looks = 0


def argument_shapes(junction: Junction, crossing: Crossing) -> tuple[tuple[Shape, ...], int]:
    """The shapes of the arguments, of a receiver only its type, since it is the callee's own; and what that cost."""
    look = Look()
    shapes = tuple(
        closed(value) if _is_receiver(crossing.callee, place) else look.at(value, name)
        for place, (name, value) in enumerate(zip(junction.names, crossing.values, strict=True))
    )
    return shapes, look.visited


def _is_receiver(callee: Callee, place: int) -> bool:
    return place == 0 and callee.method


def _arguments(junction: Junction, values: tuple[object, ...]) -> Iterator[tuple[str, str, object]]:
    for place, (name, value) in enumerate(zip(junction.names, values, strict=True)):
        if not _is_receiver(junction.callee, place):
            yield f"{junction.seam.callable}({name})", name, value


def _is_transfer(callee: Callee) -> bool:
    """Whether what goes in or out goes from component to component."""
    return callee.effect == "call" and callee.kind != "library"


def _from_outside(found: list[Leaf]) -> list[Leaf]:
    """Leave out what a resource has no better type for, as a database that knows no booleans."""
    return [leaf for leaf in found if type(leaf.value) is not int]


def _transfers(losses: Iterator[Loss], junction: Junction, test: str) -> Iterator[Incident]:
    for loss in losses:
        yield Transfer(
            seam=junction.seam,
            site=junction.place,
            loss=loss.slug,
            wide=loss.wide.type,
            narrow=loss.narrow.type,
            source=loss.wide.path,
            target=loss.narrow.path,
            test=test,
        )
