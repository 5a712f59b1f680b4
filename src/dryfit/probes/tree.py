"""The calling context tree of one test (Ammons, Ball and Larus, 1997), folded so that it grows with what is distinct.

A node stands for the crossings with one callee, call site and types of arguments below one node; it is known before the
call ends, so that what happens below finds its place. The ways in which it ended are counted in cells. Recursion is
folded: a call that is in progress already gets no deeper node.

Tests do much the same as those before them, so a tree is lent to one test after the other: the nodes stay, what is
counted is told and begins anew. A node counts for the test that it names; what comes later than that test's end finds
another name there, or none.

Any thread may add. Nodes and cells are made by ``dict.setdefault``, which is atomic; counting needs no lock because
CPython hands over to another thread only at calls and backward jumps: neither an increment has any, nor is one between
it and the look at the node's test.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from functools import partial

from dryfit.model.crossing import Crossing, Ending, Key, Repeats
from dryfit.model.trace import TracedCrossing
from dryfit.probes.behaviours import MOST_BEHAVIOURS, Junction, Record, Usage

MOST_NODES = 20_000
"""How many nodes one test may add; what is new beyond that hangs below the root, where it folds."""

MOST_KEPT = 20_000
"""A tree with more nodes is lent to no other test."""

_HEAP_TYPE = 1 << 9
_flags: Callable[[type], int] = vars(type)["__flags__"].__get__


class Cell(Ending):
    """How often, and for how long, the crossings of one node ended in one way."""

    __slots__ = ("record",)

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        self.record = record


class Node:
    """The crossings of one context.

    ``children``, ``returned`` and ``raised`` find the way by the identities of site, callee and types. ``below`` and
    ``cells`` are the tree itself. ``test`` is the one that is counted for, ``is_lent`` says that the loop counts here.
    """

    __slots__ = (
        "below",
        "cells",
        "children",
        "is_lent",
        "junction",
        "parent",
        "raised",
        "returned",
        "root",
        "test",
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
        self.test: str | None = None
        self.is_lent = False

    def child(self, junction: Junction, usage: Usage) -> Node:
        """Find or make the node of a call that is made in this context."""
        above = self._folded(junction)
        known = above.below.get((junction, usage))
        if known is not None:
            return known
        if self.root.size >= self.root.most:
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

    def counts_for(self, test: str) -> bool:
        """Begin to count for a test, if it is the one that has the tree."""
        if self.root.test != test:
            return False
        if self.test != test and self.parent is not None:
            self.parent.counts_for(test)
            self.root.touched.setdefault(self)
        self.test = test
        return True

    def remember(self, key: Key, child: Node, types: list[type]) -> None:
        """Find this child directly from now on; a program that makes classes on the fly goes the long way."""
        if len(self.children) < 4 * MOST_BEHAVIOURS:
            self.root.classes.meet(types, self)
            self.children[key] = child

    def cell(self, record: Record) -> Cell:
        """Find or make the cell of one way to end."""
        return self.cells.get(record) or self.cells.setdefault(record, Cell(record))

    def remember_cell(self, raised: bool, cls: type, cell: Cell) -> None:
        """Find this cell directly from now on."""
        known = self.raised if raised else self.returned
        if len(known) < MOST_BEHAVIOURS:
            self.root.classes.meet([cls], self)
            known[id(cls)] = cell

    def repeats(self, crossing: Crossing) -> Repeats:
        """What the loop needs to count further crossings like this one by itself."""
        self.is_lent = True
        return Repeats(crossing, self.usage, self.returned, list(map(type, crossing.values)))

    def forget(self, cls: int) -> None:
        """Find nothing any more by the identity of a class that has ended."""
        self.returned.pop(cls, None)
        self.raised.pop(cls, None)
        for key in [key for key in list(self.children) if cls in key[-1]]:
            self.children.pop(key, None)

    def told(self) -> list[tuple[Record, int, int]]:
        """What was counted, which begins anew: how often each behaviour was shown, and for how many nanoseconds."""
        self.test = None  # first: then nobody counts here while this is read
        cells = list(self.cells.values())
        counted = [(cell.record, cell.count, cell.ns) for cell in cells if cell.count]
        # The loop may be about to count in one of the cells, in a thread that outlives the test.
        if self.is_lent:
            self.is_lent = False
            self.returned.clear()
            self.returned, self.raised, self.cells = {}, {}, {}
        for cell in cells:
            cell.count = cell.ns = 0
        return sorted(counted, key=_key) if len(counted) > 1 else counted


def _key(counted: tuple[Record, int, int]) -> str:
    return counted[0].key


class Classes:
    """Those classes of the user's by whose identities something is found. They are not kept alive."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[type], set[Node]]] = {}

    def meet(self, classes: list[type], node: Node) -> None:
        """Have the node forget these classes when they end; those of the interpreter do not."""
        for cls in classes:
            if _flags(cls) & _HEAP_TYPE:
                identity = id(cls)
                known = self._known.get(identity) or self._known.setdefault(
                    identity, (weakref.ref(cls, partial(self._ended, identity)), set())
                )
                known[1].add(node)

    def _ended(self, identity: int, _: weakref.ref[type]) -> None:
        known = self._known.pop(identity, None)
        for node in list(known[1]) if known is not None else ():
            node.forget(identity)


class Root(Node):
    """The top of a tree. ``test`` is whose it is now, ``touched`` its nodes in the order of their first crossing."""

    __slots__ = ("classes", "most", "size", "touched")

    def __init__(self) -> None:
        super().__init__(None, None, None)
        self.size = self.most = 0
        self.touched: dict[Node, None] = {}
        self.classes = Classes()

    def begin(self, test: str) -> Root:
        """Lend the tree to a test."""
        self.most = self.size + MOST_NODES
        self.test = test
        return self

    def close(self) -> tuple[TracedCrossing, ...]:
        """Give the whole trace; the tree can be lent again."""
        self.test = None
        touched, self.touched = self.touched, {}
        below: dict[Node | None, list[Node]] = {}
        for node in touched:
            below.setdefault(node.parent, []).append(node)
        traced: list[TracedCrossing] = []
        places: dict[Node | None, int] = {self: -1}
        waiting = below.get(self, [])[::-1]
        while waiting:  # every node above its children, in the order in which they were first reached
            node = waiting.pop()
            waiting += below.get(node, ())[::-1]
            above, counted = places[node.parent], node.told()
            places[node] = len(traced) if counted else above
            for record, count, spent in counted:
                traced.append(TracedCrossing(len(traced), above, record.key, count, spent / 1e9))
        return tuple(traced)

    def clear(self) -> None:
        """Take the tree apart: what refers to itself would wait for the garbage collector."""
        for node in list(self._nodes()):
            node.below.clear()
            node.children.clear()

    def _nodes(self) -> Iterator[Node]:
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += list(node.below.values())
