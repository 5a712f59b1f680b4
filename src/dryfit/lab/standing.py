"""What stands in the way of the next one when an entry has ended: transactions, connections and locks still held."""

from __future__ import annotations

import gc
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from operator import itemgetter
from types import FrameType, TracebackType
from typing import Literal
from weakref import WeakKeyDictionary, WeakSet

from dryfit.lab.taken import Transactions, lock_taken_at
from dryfit.model.crossing import Crossing
from dryfit.model.seam import Place
from dryfit.model.target import Target
from dryfit.model.trial import Hold, Leak, LeakKind
from dryfit.probes import dbapi
from dryfit.probes.locks import held_locks
from dryfit.probes.memory import Memory, Objects
from dryfit.weave.connections import Connections

Thing = tuple[LeakKind, str, Hashable]
"""What is held, and what tells it from others that are called alike."""

Opened = Iterable[tuple[object, Target]]
"""Connections, and where they lead."""


@dataclass(frozen=True, slots=True)
class Held:
    """All that is held at one time; ``connections`` are the identities of those that are open."""

    things: frozenset[Thing]
    connections: frozenset[int]

    def is_in_transaction(self, connection: object) -> bool:
        """Whether this connection was in one."""
        return any(kind == "transaction" and key == id(connection) for kind, _, key in self.things)


class Standing:
    """Looks at what is held: when an entry begins, when it has ended, and once more when the test's call is over."""

    def __init__(
        self,
        connections: Connections,
        memory: Memory,
        name_of: Callable[[Target], str],
        is_components: Callable[[str], bool],
        place_of: Callable[[FrameType], Place | None],
    ) -> None:
        self._connections = connections
        self._is_components = is_components
        self._place_of = place_of
        self._transactions_seen = Transactions()
        self._memory = memory
        self._name_of = name_of
        self._pools: WeakKeyDictionary[object, Target] = WeakKeyDictionary()
        self._gone: WeakSet[object] = WeakSet()
        self._left: set[Thing] = set()
        self._kept: list[object] = []

    def begin(self) -> None:
        """Forget what the last trial left."""
        self._left, self._kept = set(), []
        self._transactions_seen = Transactions()

    def see(self, crossing: Crossing) -> None:
        """Note the pool from which a crossing into SQLAlchemy has its connection, and what its transaction does."""
        if not crossing.callee.is_resource:
            return
        self._transactions_seen.see(crossing)
        pool = dbapi.pool_of(crossing)
        if pool is not None and pool not in self._pools:
            target = self._connections.target_of(dbapi.connection_of(crossing))
            if target is not None:
                self._pools[pool] = target

    def now(self) -> Held:
        """All that is held now."""
        locks = held_locks(self._memory.locks())
        opened = [*self._opened()]
        things = frozenset(
            [
                *self._transactions(opened),
                *self._checked_out(opened),
                *(("lock", *each) for each in locks),
            ]
        )
        return Held(things, frozenset(id(connection) for connection, _ in opened))

    def held_since(self, before: Held, has_written: Callable[[object], bool]) -> tuple[Hold, ...]:
        """The locks, and the transactions that have written or have locked rows, that were not held ``before``."""
        opened = [*self._opened()]
        transactions = {
            f"{kind} {what}": self._transactions_seen.taken_at(key)
            for kind, what, key in {*self._transactions(opened)} - before.things
            if any(id(each) == key and has_written(each) for each, _ in opened)
        }
        locks = {
            f"lock {name}": lock_taken_at(name, sys._getframe(), self._place_of)
            for name, key in held_locks(self._memory.locks())
            if ("lock", name, key) not in before.things
        }
        return tuple(Hold(*each) for each in sorted((locks | transactions).items(), key=itemgetter(0)))

    def left(self, before: Held, objects: Objects) -> None:
        """An entry has ended: what it has left may still be given back before the test's call is over.

        Until then those of ``objects``, which it found, and the connections that it found live on, as they would in a
        program that has more to do than a test; what only its exception holds does not.
        """
        left = self.now().things - before.things
        if left:
            self._left |= left
            found = (each for each, _ in self._opened() if id(each) in before.connections)
            self._kept += [*self._memory.alive(objects), *found]

    def called(self) -> None:
        """The test's call is over: what is held by now was left behind."""
        if self._left:
            self._left &= self.now().things
        if self._left:
            let_go(self._is_components)
            self._left &= self.now().things
        self._kept = []

    def leaks(self) -> tuple[Leak, ...]:
        """What was left behind."""
        counted = Counter((kind, what) for kind, what, _ in self._left)
        return tuple(sorted(Leak(kind, what, count) for (kind, what), count in counted.items()))

    def _transactions(self, opened: Opened) -> Iterator[tuple[Literal["transaction"], str, int]]:
        for connection, target in opened:
            if dbapi.standing(connection) in ("open", "failed"):
                yield "transaction", self._name_of(target), id(connection)

    def _checked_out(self, opened: Opened) -> Iterator[Thing]:
        for pool, target in list(self._pools.items()):
            for number in range(dbapi.checked_out(pool)):
                yield "connection", self._name_of(target), (id(pool), number)
        for connection, led_to in opened:
            if dbapi.is_lent(connection):
                yield "connection", self._name_of(led_to), id(connection)

    def _opened(self) -> Iterator[tuple[object, Target]]:
        """The connections that are open, or that a pool misses."""
        for connection in self._connections.opened:
            if connection in self._gone:  # until its garbage is collected
                continue
            target = self._connections.target_of(connection)
            if target is not None and dbapi.standing(connection) == "gone" and not dbapi.is_lent(connection):
                with suppress(TypeError):  # not all can be referred to weakly
                    self._gone.add(connection)
            elif target is not None:
                yield connection, target


def let_go(is_components: Callable[[str], bool]) -> None:
    """Empty the components' frames of the exception that ended the test, as they are in life, and collect garbage."""
    waiting: list[object] = [getattr(sys, "last_value", None)]
    seen: set[int] = set()
    while waiting:
        error = waiting.pop()
        if isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            traceback.clear_frames(_from_components(error.__traceback__, is_components))
            waiting += [error.__cause__, error.__context__]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is only now found to be unclosed
        gc.collect()


def _from_components(
    step: TracebackType | None, is_components: Callable[[str], bool]
) -> TracebackType | None:
    """A traceback from the first frame of a component on."""
    while step is not None and not is_components(step.tb_frame.f_code.co_filename):
        step = step.tb_next
    return step
