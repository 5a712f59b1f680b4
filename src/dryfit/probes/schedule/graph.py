"""Who waits for whom, in a circle."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def circle(waits: Mapping[Node, Collection[Node]]) -> tuple[Node, ...]:
    """The nodes of a cycle, in the order in which each waits for the next; none where there is no cycle.

    Of several cycles the one that the first node leads to.
    """
    over: set[Node] = set()
    for node in waits:
        found = _from(node, waits, [], over)
        if found:
            return found
    return ()


def _from(
    node: Node, waits: Mapping[Node, Collection[Node]], path: list[Node], over: set[Node]
) -> tuple[Node, ...]:
    if node in path:
        return tuple(path[path.index(node) :])
    if node in over:
        return ()
    over.add(node)
    path.append(node)
    for other in waits.get(node, ()):
        found = _from(other, waits, path, over)
        if found:
            return found
    path.pop()
    return ()
