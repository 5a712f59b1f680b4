"""The distinct ways in which seams were crossed in this process, with what is known of the values."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from dryfit.model.crossing import Callee, Countdown, Crossing, Site
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.shape import MORE, NOTHING, Shape, join
from dryfit.model.trace import Argument, Behaviour
from dryfit.probes.look import is_stand_in
from dryfit.probes.statics import type_name

MOST_BEHAVIOURS = 64
"""How many behaviours one call site of a seam may show; the rest is one behaviour, whose types are ``…``."""

Types = tuple[str, ...]


class Schedule(Countdown):
    """Counts, and says which of the counts are looked at: the ``first`` ones, and then the powers of two: 4, 8, 16, …

    A dear look puts the next one off, by what it visited and not by how long it took: same input, same record.
    """

    __slots__ = ("_due", "_first")

    def __init__(self, first: int = 4) -> None:
        super().__init__()
        self._due = 1
        self._first = first

    @property
    def count(self) -> int:
        """How many there were."""
        return self._due - self.left

    def seen(self) -> bool:
        """Take the turn that is due."""
        if self.left > 0:
            return False
        self.wait_for(self.following(self.count))
        return True

    def following(self, count: int) -> int:
        """The count that is looked at after this one."""
        return count + 1 if count < self._first else 1 << count.bit_length()

    def put_off(self, visited: int) -> None:
        """Let so many calls go by that a look which visits as many values as this one did pays for all of them."""
        self.wait_for(max(self._due, self.count + visited // VALUES_A_CALL))

    def wait_for(self, due: int) -> None:
        """Let the next turn be at this count."""
        self.left, self._due = due - self.count, due


VALUES_A_CALL = 8
"""How many values looking may visit for every call on the average, once something has been seen."""

NEVER = 1 << 62
"""No count is that high."""

MOST_WATCHED = 256
"""How many calls with arguments that can be changed are watched at one site, each of them."""

MOST_WATCHED_VALUES = 4096
"""How many values of such arguments are."""

MOST_FOLLOWED = 16
"""From how many call sites of tests values are followed that have the same types, before it becomes rarer."""

_CHANGEABLE = frozenset({"list", "dict", "set", "bytearray"})


class Usage(Schedule):
    """The crossings of one call site with the same exact types of arguments.

    ``looks`` says whether turns that are due are used for looking, ``follows`` whether they are for following values.
    ``watches`` says whether changes of the arguments are watched for now: a callee that changes what it is given need
    not do so at each call, and which call comes first depends on the order of the tests.
    """

    __slots__ = ("_turn", "_watched", "follows", "looks", "types")

    def __init__(self, types: Types, *, looks: bool, follows: bool) -> None:
        super().__init__()
        self.types = types
        self.looks = looks
        self.follows = follows
        self._watched = MOST_WATCHED if looks and not _CHANGEABLE.isdisjoint(types) else 0
        self._turn = 1

    @property
    def watches(self) -> bool:
        """Whether this call is watched."""
        return self.count <= self._watched

    def seen(self) -> bool:
        """Take the turn that is due, and come back earlier where every call is watched."""
        count = self.count
        due = count >= self._turn
        if due:
            self._turn = self.following(count)
        self.wait_for(count + 1 if count < self._watched else self._turn)
        return due

    def put_off(self, visited: int) -> None:
        """Watch fewer calls, too, where they hand over much."""
        count = self.count
        self._turn = max(self._turn, count + visited // VALUES_A_CALL)
        self._watched = min(self._watched, MOST_WATCHED_VALUES // max(1, visited))
        self.wait_for(count + 1 if count < self._watched else self._turn)


class Record(Schedule):
    """One behaviour while it is learned. Looks are collected as they come, from any thread, and joined when asked."""

    __slots__ = ("_arguments", "_behaviour", "_looks", "_result", "_told")

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__()
        self._behaviour = behaviour
        self._arguments = [NOTHING] * len(behaviour.arguments)
        self._result = NOTHING
        self._told: Behaviour | None = None
        self._looks: deque[tuple[tuple[Shape, ...], Shape]] = deque()

    @property
    def key(self) -> str:
        """The behaviour's key."""
        return self._behaviour.key

    def learn(self, arguments: tuple[Shape, ...], result: Shape) -> None:
        """Add what one look saw."""
        self._looks.append((arguments, result))

    @property
    def untold(self) -> bool:
        """Whether nobody has been told of it yet."""
        return self._told is None

    def news(self) -> Behaviour | None:
        """Give the behaviour as it is known now, or ``None`` where nothing is new since it was given last."""
        known, self._told = self._told, self._joined()
        return None if known == self._told else self._told

    def _joined(self) -> Behaviour:
        while self._looks:
            looked, result = self._looks.popleft()
            self._arguments = [join(*pair) for pair in zip(self._arguments, looked, strict=True)]
            self._result = join(self._result, result)
        pairs = zip(self._behaviour.arguments, self._arguments, strict=True)
        arguments = tuple(Argument(known.name, known.type, shape) for known, shape in pairs)
        return replace(self._behaviour, arguments=arguments, result=self._result)


class Junction:
    """One call site of one seam, with all its usages and behaviours: nothing in it grows beyond the bound."""

    __slots__ = ("_turns", "callee", "name", "names", "place", "records", "seam", "stand_in", "usages")

    def __init__(self, crossing: Crossing, turns: Turns | None) -> None:
        self._turns = turns
        callee = crossing.callee
        self.callee = callee
        self.names = argument_names(callee, len(crossing.values))
        self.place: Place = crossing.site.place
        self.seam = seam_of(crossing)
        self.name = self.seam.callable.rpartition(".")[2]
        self.stand_in = _stand_in_kind(crossing)
        self.usages: dict[Types, Usage] = {}
        self.records: dict[tuple[Types, bool, str, bool], Record] = {}

    def usage(self, values: Iterable[object]) -> Usage:
        """Find the usage of these values by their types' names."""
        types = tuple(map(type_name, map(type, values)))
        found = self.usages.get(types)
        if found is None:
            if len(self.usages) >= MOST_BEHAVIOURS:
                types = (MORE,) * len(self.names)
            turns = self._turns
            looks = turns is None or turns.take((self.callee, types))
            follows = turns is None or turns.take((self.callee, types, "follows"), MOST_FOLLOWED)
            found = self.usages.setdefault(types, Usage(types, looks=looks, follows=follows))
        return found

    def record(self, usage: Usage, raised: bool, result: str, weak: bool) -> Record:
        """Find the record of this behaviour."""
        key = (usage.types, raised, result, weak)
        found = self.records.get(key)
        if found is None:
            if len(self.records) >= MOST_BEHAVIOURS:
                key = ((MORE,) * len(self.names), raised, MORE, weak)
            made = Record(self._behaviour(*key))
            if self._turns is not None and not self._turns.take((self.callee, *key)):
                made.wait_for(NEVER)
            found = self.records.setdefault(key, made)
        return found

    def _behaviour(self, types: Types, raised: bool, result: str, weak: bool) -> Behaviour:
        outcome = "raised" if raised else "returned"
        seam, place = self.seam, self.place
        where = (seam.caller, seam.callee, seam.callable, place.file, str(place.line), place.function)
        text = "\0".join((*where, *types, outcome, result, self.stand_in, str(weak)))
        return Behaviour(
            key=hashlib.sha256(text.encode()).hexdigest()[:20],
            seam=seam,
            site=place,
            effect=self.callee.effect,
            arguments=tuple(
                Argument(name, type_, NOTHING) for name, type_ in zip(self.names, types, strict=True)
            ),
            outcome="raised" if raised else "returned",
            result_type=result,
            result=NOTHING,
            stand_in=self.stand_in,
            weak=weak,
        )


class Turns:
    """Looks that many call sites share, for the sites of tests: each test has its own, and all call alike."""

    def __init__(self) -> None:
        self._schedules: dict[tuple[object, ...], Schedule] = {}

    def take(self, what: tuple[object, ...], first: int = 4) -> bool:
        """Whether it is the turn of one more site that does this; the ``first`` ones all have theirs."""
        schedule = self._schedules.get(what) or self._schedules.setdefault(what, Schedule(first))
        schedule.left -= 1
        return schedule.seen()


class Junctions:
    """All junctions of this process."""

    __slots__ = ("_known", "_turns")

    def __init__(self) -> None:
        self._known: dict[tuple[Callee, Site, str, int], Junction] = {}
        self._turns = Turns()

    def at(self, crossing: Crossing) -> Junction:
        """Find the junction that a crossing goes through."""
        key = (crossing.callee, crossing.site, crossing.caller, len(crossing.values))
        known = self._known.get(key)
        if known is None:
            turns = self._turns if crossing.caller == DRIVER else None
            known = self._known.setdefault(key, Junction(crossing, turns))
        return known

    def result_types(self) -> set[str]:
        """The types that were returned or raised anywhere, by their names."""
        return {
            result for junction in list(self._known.values()) for _, _, result, _ in list(junction.records)
        }


def seam_of(crossing: Crossing) -> Seam:
    """The seam of a crossing; a stand-in's is that of the callable which it replaces."""
    callee = crossing.callee
    known = callee.stands_for if callee.stands_for not in ("", "?") else callee.name
    return Seam(crossing.caller, callee.component, known)


def argument_names(callee: Callee, count: int) -> tuple[str, ...]:
    """One name for every value: the parameters', and numbers for what a library's table does not name."""
    return (*callee.parameters, *(f"argument {place}" for place in range(len(callee.parameters), count)))[
        :count
    ]


def _stand_in_kind(crossing: Crossing) -> str:
    if crossing.callee.kind != "stand-in":
        return ""
    for value in crossing.values[:1]:
        if is_stand_in(value):
            return type_name(type(value)).rpartition(".")[2]
    return "replacement"
