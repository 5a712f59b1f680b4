"""The calling context tree of one test (Ammons, Ball and Larus, 1997), folded so that it grows with what is distinct.

A node stands for the crossings with one callee, call site and types of arguments below one node; it is known before the
call ends, so that what happens below finds its place. The ways in which it ended are counted in cells. Recursion is
folded: a call that is in progress already gets no deeper node.

Any thread may add. Nodes and cells are made by ``dict.setdefault``, which is atomic; counting needs no lock because
CPython hands over to another thread only at calls and backward jumps, and an increment has neither.
"""

from __future__ import annotations

from collections.abc import Iterator

from dryfit.model.crossing import Crossing, Ending, Key, Repeats
from dryfit.model.trace import TracedCrossing
from dryfit.probes.behaviours import MOST_BEHAVIOURS, Junction, Record, Usage

MOST_NODES = 20_000
"""How many nodes one test may have; what is new beyond that hangs below the root, where it folds."""


class Cell(Ending):
    """How often, and for how long, the crossings of one node ended in one way."""

    __slots__ = ("record",)

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        self.record = record


class Node:
    """The crossings of one context.

    ``children``, ``returned`` and ``raised`` find the way by the identities of site, callee and types; ``kept`` keeps
    those types alive, so that no identity is used twice. ``below`` and ``cells`` are the tree itself.
    """

    __slots__ = (
        "below",
        "cells",
        "children",
        "junction",
        "kept",
        "parent",
        "raised",
        "returned",
        "root",
        "usage",
    )

    def __init__(self, parent: Node | None, junction: Junction | None, usage: Usage | None) -> None:
        self.parent = parent
        self.root: Root = parent.root if parent is not None else self  # type: ignore[assignment]  # only a Root has none
        self.junction: Junction = junction  # type: ignore[assignment]
        self.usage: Usage = usage  # type: ignore[assignment]
        self.children: dict[Key, Node] = {}
        self.returned: dict[int, Cell] = {}
        self.raised: dict[int, Cell] = {}
        self.below: dict[tuple[Junction, Usage], Node] = {}
        self.cells: dict[Record, Cell] = {}
        self.kept: list[type] = []

    def child(self, junction: Junction, usage: Usage) -> Node:
        """Find or make the node of a call that is made in this context."""
        above = self._folded(junction)
        known = above.below.get((junction, usage))
        if known is not None:
            return known
        if self.root.size >= MOST_NODES:
            above = self.root
        self.root.size += 1
        return above.below.setdefault((junction, usage), Node(above, junction, usage))

    def _folded(self, junction: Junction) -> Node:
        """Where the call hangs: here, or where the same call hangs that is in progress already."""
        node: Node | None = self
        while node is not None and node.parent is not None:
            if node.junction is junction:
                return node.parent
            node = node.parent
        return self

    def remember(self, key: Key, child: Node, types: list[type]) -> None:
        """Find this child directly from now on; a program that makes classes on the fly goes the long way."""
        if len(self.children) < 4 * MOST_BEHAVIOURS:
            self.kept += types
            self.children[key] = child

    def cell(self, record: Record) -> Cell:
        """Find or make the cell of one way to end."""
        return self.cells.get(record) or self.cells.setdefault(record, Cell(record))

    def remember_cell(self, raised: bool, cls: type, cell: Cell) -> None:
        """Find this cell directly from now on."""
        known = self.raised if raised else self.returned
        if len(known) < MOST_BEHAVIOURS:
            self.kept.append(cls)
            known[id(cls)] = cell

    def repeats(self, crossing: Crossing) -> Repeats:
        """What the loop needs to count further crossings like this one by itself."""
        return Repeats(crossing, self.usage, self.returned, list(map(type, crossing.values)))

    def forget(self) -> None:
        """Let go of every class of the user's, also where a crossing that outlives the test refers to this node."""
        self.children.clear()
        self.returned.clear()
        self.raised.clear()
        self.kept.clear()


class Root(Node):
    """The top of one test's tree. ``closed`` says that the test has been told: what comes now is late."""

    __slots__ = ("closed", "size", "test")

    def __init__(self, test: str) -> None:
        super().__init__(None, None, None)
        self.test = test
        self.size = 0
        self.closed = False

    def close(self) -> tuple[TracedCrossing, ...]:
        """Give the whole trace, and let go of every class of the user's."""
        self.closed = True
        traced: list[TracedCrossing] = []
        places: dict[Node, int] = {}
        for node in self._nodes():
            above = -1 if node.parent is None else places.get(node.parent, -1)
            places[node] = len(traced) if node.cells else above
            for cell in list(node.cells.values()):
                traced.append(TracedCrossing(len(traced), above, cell.record.key, cell.count, cell.ns / 1e9))
            node.forget()
        for node in places:
            node.below.clear()  # what refers to itself would wait for the garbage collector
        return tuple(traced)

    def _nodes(self) -> Iterator[Node]:
        """Every node, each above its children, in the order in which they were first reached."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(list(node.below.values()))
