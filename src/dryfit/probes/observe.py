"""The observing probe: counts every crossing by its exact types, and looks at some."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

from dryfit.model.clock import Clock
from dryfit.model.crossing import NOTHING_KNOWN, Crossing, Key
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.seam import DRIVER
from dryfit.model.shape import Shape
from dryfit.model.trace import (
    Behaviour,
    Dropped,
    Incident,
    Mutation,
    Observations,
    TestOutcome,
    Trace,
    TracedCrossing,
    Transfer,
    Violation,
)
from dryfit.probes.awaits import CalleeOf, ComponentOf, Unawaited
from dryfit.probes.behaviours import Junction, Junctions, Record
from dryfit.probes.classes import class_facts
from dryfit.probes.hints import Contradiction, Hints
from dryfit.probes.invocation import Invocation, argument_shapes
from dryfit.probes.look import Look
from dryfit.probes.statics import type_name
from dryfit.probes.tree import MOST_KEPT, Node, Root

MOST_INCIDENTS = 2_000
"""How many distinct incidents one process tells."""


class Observer:
    """Learns how the seams are crossed. Crossings come from any thread or task; nothing here takes a lock.

    ``callee_of`` tells whom a trampoline's code stands for, ``component_of`` whose a source file is, ``root`` is the
    directory that places are relative to, ``meet`` is shown what tests hand to components. A crossing's ``state`` is
    the node of its test's tree, or an ``Invocation`` around it.
    """

    def __init__(
        self,
        callee_of: CalleeOf,
        component_of: ComponentOf,
        root: Path | None = None,
        meet: Callable[[Crossing], None] = lambda _: None,
    ) -> None:
        self._meet = meet
        self._unawaited = Unawaited(self._dropped, callee_of, component_of, root or Path.cwd())
        self._junctions = Junctions()
        self._hints = Hints()
        self._tree = Root()
        self._roots: dict[str, Root] = {}
        self._ended: dict[str, TestOutcome] = {}
        self._new: dict[str, Record] = {}
        self._changed: dict[str, Record] = {}
        self._incidents: list[Incident] = []
        self._known_incidents: set[tuple[object, ...]] = set()
        self._warnings: dict[str, None] = {}

    def install(self) -> None:
        """Begin to watch for coroutines that are never awaited, in this thread."""
        self._unawaited.install()

    def remove(self) -> None:
        """Leave the interpreter as it was."""
        self._unawaited.remove()

    # -- the short way: what is known already -----------------------------------------------------------------

    def before(self, crossing: Crossing) -> None:
        """Find the node of this call, and look if it is due."""
        key = (crossing.callee, crossing.site, tuple(map(id, map(type, crossing.values))))
        try:
            node = crossing.parent.state.children[key]  # type: ignore[union-attr]
        except (KeyError, AttributeError):
            self._safely(self._enter, crossing, key)
        else:
            if node.test is crossing.test or self._again(crossing, node):
                crossing.state = node
                node.usage.left -= 1
                if node.usage.left <= 0:
                    self._safely(self._look, crossing, node)
                self._expect(crossing, key, node)
            else:
                self._safely(self._enter, crossing, key)
        crossing.started = Clock.perf_counter_ns()

    def _expect(self, crossing: Crossing, key: Key, node: Node) -> None:
        """Leave what repeats itself below one crossing to the loop, from the third time on."""
        parent, place = crossing.parent, crossing.site.key
        if parent is None or not place or crossing.callee.kind != "function":
            return
        repeat = (crossing.callee, place, *key[-1])
        known = parent.known  # read once: it ends with its crossing, which another thread may be in
        if repeat not in known:
            if known is NOTHING_KNOWN:
                known = parent.known = {}
            known[repeat] = None
        elif known[repeat] is None:
            known[repeat] = node.repeats(crossing)

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Count the call by what came of it, and look if it is due."""
        now = Clock.perf_counter_ns()
        state: Node = crossing.state  # type: ignore[assignment]  # a cast would be a call
        try:
            if type(outcome) is Returned:
                cell = state.returned[id(type(outcome.value))]
            else:
                cell = state.raised[id(type(outcome.exception))]  # type: ignore[union-attr]
        except (KeyError, AttributeError):
            self._safely(self._leave, crossing, outcome, now)
            return outcome
        if crossing.weakened or state.test is not crossing.test:
            self._safely(self._leave, crossing, outcome, now)
            return outcome
        cell.count += 1
        cell.ns += now - crossing.started
        record = cell.record
        record.left -= 1
        if record.left <= 0:
            self._safely(self._look_afterwards, crossing, outcome, record)
        return outcome

    # -- the long way: what is new, or is to be looked at -------------------------------------------------------

    def _again(self, crossing: Crossing, node: Node) -> bool:
        """Whether what an earlier test has done is done in this one for the first time; else it comes late."""
        if not node.counts_for(crossing.test):
            return False
        if crossing.caller == DRIVER:
            self._safely(self._meet, crossing)
        return True

    def _enter(self, crossing: Crossing, key: Key) -> None:
        if crossing.caller == DRIVER:
            self._meet(crossing)
        above = self._above(crossing)
        junction = self._junctions.at(crossing)
        node = above.child(junction, junction.usage(crossing.values))
        node.counts_for(crossing.test)
        crossing.state = node
        node.usage.left -= 1
        if junction.stand_in:
            _weaken(crossing.parent)  # every time, so no later one may go the short way
        else:
            above.remember(key, node, list(map(type, crossing.values)))
        self._look(crossing, node)

    def _look(self, crossing: Crossing, node: Node) -> None:
        """Look at this call if it is due, or if the one above is followed."""
        usage = node.usage
        due = usage.seen()
        follow = due and usage.follows
        above = crossing.parent.state if crossing.parent is not None else None
        followed = type(above) is Invocation and above.take_look()
        if not (follow or followed or usage.watches or (due and usage.looks)):
            return
        invocation = Invocation(node)
        crossing.state = invocation
        self._add(invocation.begin(crossing, above if followed else None, follow=follow))
        if usage.watches:
            invocation.watch(crossing)
        if due and usage.looks:
            invocation.look(crossing)
            invocation.violations += self._violations(
                node.junction, crossing, self._hints.arguments(crossing)
            )

    def _leave(self, crossing: Crossing, outcome: Outcome, now: int) -> None:
        state = crossing.state
        invocation = state if type(state) is Invocation else None
        node = invocation.node if invocation is not None else state
        if type(node) is not Node:  # the crossing began before the observer did
            return
        weak = crossing.weakened > 0
        value, raised = _seen(outcome)
        record = node.junction.record(node.usage, raised, type_name(type(value)), weak)
        cell = node.cell(record)
        if node.test != crossing.test:
            node = self._root(crossing.test).child(node.junction, node.usage)
            node.counts_for(crossing.test)
            cell = node.cell(record)
        cell.count += 1
        cell.ns += now - crossing.started
        record.left -= 1
        if record.untold:
            self._note(record)
        if not (weak or node.junction.stand_in):
            node.remember_cell(raised, type(value), cell)
        if invocation is not None:
            self._add(invocation.end(crossing, outcome))
            if not raised:  # what the callee refused is no contradiction that went unnoticed
                self._add(invocation.violations)
        if invocation is not None and invocation.shapes is not None:
            record.seen()
            self._learn(record, node.junction, invocation.shapes, crossing, outcome)
        elif record.left <= 0:
            self._look_afterwards(crossing, outcome, record)
        if invocation is not None:
            invocation.forget()
            crossing.state = node

    def _look_afterwards(self, crossing: Crossing, outcome: Outcome, record: Record) -> None:
        """Look at a call only now that it has ended in a way that is due."""
        record.seen()
        junction = self._junctions.at(crossing)
        shapes, visited = argument_shapes(junction, crossing)
        record.put_off(visited)
        self._learn(record, junction, shapes, crossing, outcome)

    def _learn(
        self,
        record: Record,
        junction: Junction,
        shapes: tuple[Shape, ...],
        crossing: Crossing,
        outcome: Outcome,
    ) -> None:
        value, _ = _seen(outcome)
        look = Look()
        record.learn(shapes, look.at(value, junction.name))
        record.put_off(look.visited)
        self._note(record)
        told = self._hints.stand_in_outcome if junction.stand_in else self._hints.outcome
        self._add(self._violations(junction, crossing, told(crossing, outcome)))

    def _note(self, record: Record) -> None:
        """Tell of it soon where it is new, and at the end where it is only known better."""
        (self._new if record.untold else self._changed)[record.key] = record

    def _above(self, crossing: Crossing) -> Node:
        """Find the node below which a call belongs."""
        parent = crossing.parent
        state = parent.state if parent is not None else None
        node = state.node if type(state) is Invocation else state
        if isinstance(node, Node) and node.root.test == crossing.test:
            return node
        root = self._root(crossing.test)
        if parent is not None and parent.component == DRIVER:
            parent.state = root
        return root

    def _root(self, test: str) -> Root:
        return self._roots.get(test) or self._roots.setdefault(test, self._tree_for(test).begin(test))

    def _tree_for(self, test: str) -> Root:
        """The tree of the tests before, unless another one has it, or this one has had it and comes late."""
        is_free = self._tree.test is None and test and test not in self._ended
        return self._tree if is_free else Root()

    def _closed(self, root: Root) -> tuple[TracedCrossing, ...]:
        crossings = root.close()
        if root is not self._tree:
            root.clear()
        elif root.size > MOST_KEPT:
            self._begin_anew()
        return crossings

    def _begin_anew(self) -> None:
        tree, self._tree = self._tree, Root()
        tree.clear()

    def _violations(
        self, junction: Junction, crossing: Crossing, contradictions: Iterable[Contradiction]
    ) -> Iterator[Incident]:
        for found in contradictions:
            yield Violation(
                junction.seam,
                junction.place,
                found.where,
                found.hint,
                found.found,
                crossing.test,
                found.by_tests,
                junction.stand_in,
            )

    def _safely(self, step: Callable[..., None], *arguments: object) -> None:
        """Take a step that may fail; the crossing is then missing in the record, and the run says so."""
        try:
            step(*arguments)
        except RecursionError:  # the user's program has used up the stack, and is about to be told
            return
        except Exception as error:  # noqa: BLE001 - nothing of dryfit's may reach the user's program
            where = traceback.extract_tb(error.__traceback__)[-1]
            self._warnings[
                f"a crossing was not observed: {type(error).__name__} in {where.name}, line {where.lineno}"
            ] = None

    # -- telling --------------------------------------------------------------------------------------------------

    def finish(self, test: str, outcome: TestOutcome, seconds: float) -> Observations:
        """Tell what is new in a test, and forget its tree. What its threads do later is late.

        A behaviour is told with the first test that shows it, and what later ones add to it at the end.
        """
        self._ended[test] = outcome
        root = self._roots.pop(test, None)
        # Who dropped a coroutine does not know which test runs.
        self._incidents = [replace(it, test=it.test or test) for it in self._incidents]
        return self._told(
            (Trace(test, outcome, seconds, self._closed(root) if root is not None else ()),), self._new
        )

    def flush(self) -> Observations:
        """Tell what is known better by now, and what came late, from threads and tasks that outlived their test.

        A late trace holds only the late crossings. Calls outside of any test leave no trace; their behaviours are told.
        """
        traces = []
        while self._roots:
            test, root = self._roots.popitem()
            crossings = self._closed(root)
            if test and crossings:
                traces.append(Trace(test, self._ended.get(test, "cut off"), 0.0, crossings))
        self._begin_anew()
        told = self._told(tuple(sorted(traces, key=lambda trace: trace.test)), self._new, self._changed)
        classes = filter(None, map(class_facts, sorted(self._junctions.result_types())))
        return replace(told, incidents=(*told.incidents, *classes))

    def _told(self, traces: tuple[Trace, ...], *records: dict[str, Record]) -> Observations:
        incidents, self._incidents = self._incidents, []
        warnings, self._warnings = self._warnings, {}
        return Observations(
            behaviours=tuple(sorted(_news(records), key=lambda behaviour: behaviour.key)),
            traces=traces,
            incidents=tuple(incidents),
            skipped=self._hints.skipped(),
            warnings=tuple(warnings),
        )

    def _dropped(self, incident: Dropped) -> None:
        self._safely(self._add, (incident,))

    def _add(self, incidents: Iterable[Incident]) -> None:
        """Take note of what was not seen before at this place."""
        for incident in incidents:
            key = _identity(incident)
            if key not in self._known_incidents and len(self._known_incidents) < MOST_INCIDENTS:
                self._known_incidents.add(key)
                self._incidents.append(incident)


def _news(records: Iterable[dict[str, Record]]) -> Iterator[Behaviour]:
    """What there is to tell of them; none is left, though other threads may be adding some."""
    for waiting in records:
        while waiting:
            _, record = waiting.popitem()
            behaviour = record.news()
            if behaviour is not None:
                yield behaviour


def _seen(outcome: Outcome) -> tuple[object, bool]:
    """The value or the exception, and which of them it is."""
    if type(outcome) is Returned:
        return outcome.value, False
    return cast(Raised, outcome).exception, True


def _weaken(crossing: Crossing | None) -> None:
    """Mark every crossing in progress above a stand-in."""
    while crossing is not None:
        crossing.weakened += 1
        crossing = crossing.parent


def _identity(incident: Incident) -> tuple[object, ...]:
    where = (type(incident).__name__, incident.seam, incident.site)
    match incident:
        case Transfer():
            return (*where, incident.loss, incident.source, incident.target)
        case Mutation():
            return (*where, incident.parameter)
        case Violation():
            return (*where, incident.where, incident.found, incident.by_tests, incident.stand_in)
        case _:
            return where
