"""Tells what operations read and wrote in memory that another one of them touched, too, while they were run at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from types import CodeType, FrameType
from typing import Literal

from dryfit.model.interleaving import Interleaving, Step
from dryfit.model.seam import Place
from dryfit.model.secrets import is_secret
from dryfit.probes.given import short
from dryfit.probes.jsonable import is_scalar
from dryfit.probes.schedule.instructions import hearing
from dryfit.probes.schedule.looking import GONE, UNKNOWN, Contents, contents, is_container, is_same
from dryfit.probes.schedule.spots import Key, Spot, Spots
from dryfit.probes.schedule.task_lane import WORKER
from dryfit.probes.statics import derives

Tell = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Noted:
    """One reading or writing that an operation did."""

    step: Step
    spot: Spot

    @property
    def is_write(self) -> bool:
        """Whether it was written."""
        return self.step.kind == "write"

    def meets(self, other: Noted) -> bool:
        """Whether both are about the same, or one about a part of what the other is about."""
        (owner, part), (another, its) = self.spot.key, other.spot.key
        return owner == another and (part == its or part is None or its is None)


class Narrator:
    """Notes what the components' code touches, by looking at each instruction of one interleaving.

    ``place`` tells where a frame stands in the code of the components, and ``None`` for any other code; ``tell`` is
    given the steps. What a statement makes of a container is known when the next thing happens, so ``settle`` is to be
    called before anything else is told.
    """

    def __init__(
        self, place: Callable[[FrameType], Place | None], is_own: Callable[[CodeType], bool]
    ) -> None:
        self._place = place
        self._hearing = hearing(is_own, self._hear)
        self.tell: Tell = _nobody
        self._spots = Spots()
        self._noted: list[Noted] = []
        self._begun: dict[int, Place] = {}
        self._held: dict[int, Contents | None] = {}
        self._due: list[tuple[Spot, str]] = []
        self._at: tuple[int, Place] | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Look at what is done until the end of the block, in each thread that is ``on``."""
        self._hearing.put_in()
        try:
            yield
        finally:
            self._hearing.take_out()

    def on(self) -> AbstractContextManager[None]:
        """Look at what the running thread does within."""
        return self._hearing.on()

    def _hear(self, frame: FrameType, offset: int) -> None:
        worker = WORKER.get()
        if worker < 0:
            return
        self.settle()
        if worker not in self._begun and (began := self._place(frame)) is not None:
            self._begun[worker] = replace(began, line=frame.f_code.co_firstlineno)
        touched = self._spots.touched(frame, offset)
        place = self._place(frame) if touched is not None else None
        if touched is None or place is None:
            return
        self._at = worker, place
        for spot in touched.reads:
            self._note("read", spot, _said(spot, spot.value()))
        self._due = [(spot, _said(spot, spot.value())) for spot in touched.writes]
        for owner, spot in self._spots.containers.items():
            if owner not in self._held:
                self._held[owner] = contents(spot.owner)

    def settle(self) -> None:
        """Note what came of the last instruction."""
        due, self._due = self._due, []
        for spot, before in due:
            self._note("write", spot, _change(before, _said(spot, spot.value())))
            if id(spot.owner) in self._held:
                self._held[id(spot.owner)] = contents(spot.owner)
        for owner, held in self._held.items():
            spot = self._spots.containers[owner]
            now = contents(spot.owner)
            if held is not None and now is not None and not is_same(held, now):
                self._held[owner] = now
                self._note_change(spot, held, now)

    def _note_change(self, spot: Spot, before: Contents, now: Contents) -> None:
        """A container holds something else now: under one key, or else as a whole."""
        keys = [key for key in {**before, **now} if before.get(key, GONE) is not now.get(key, GONE)]
        if len(keys) == 1 and derives(type(spot.owner), dict):
            item = spot.item(keys[0])
            values = (_said(item, held.get(keys[0], GONE)) for held in (before, now))
            self._note("write", item, _change(*values))
        else:
            self._note("write", spot, _change(_listed(spot, before), _listed(spot, now)))

    def _note(self, kind: Literal["read", "write"], spot: Spot, given: str) -> None:
        assert self._at is not None
        worker, place = self._at
        step = Step(worker, kind, spot.name, place, given=given)
        self._noted.append(Noted(step, spot))
        self.tell(step)

    def told(self, interleaving: Interleaving) -> Interleaving:
        """The same with the steps that matter to another operation, and without all others that were noted."""
        contested = [each for each in self._noted if _is_contested(each, self._noted)]
        names = _names(contested)
        kept = {id(each.step): names[each.spot.key] for each in _telling(contested)}
        noted = {id(each.step) for each in self._noted}
        steps = (
            replace(step, what=kept[id(step)]) if id(step) in kept else self._with_place(step)
            for step in interleaving.steps
            if id(step) in kept or id(step) not in noted
        )
        return replace(interleaving, steps=tuple(steps))

    def _with_place(self, step: Step) -> Step:
        if step.kind != "began" or step.what:
            return step
        return replace(step, place=self._begun.get(step.worker))


def _nobody(step: Step) -> None:
    """Nothing is listened to yet."""


def _telling(contested: list[Noted]) -> Iterator[Noted]:
    """All writing, and of each operation's readings between two of these the last one, but of what it wrote itself."""
    pairs = zip_longest(contested, contested[1:])
    noted = [each for each, following in pairs if not _is_part_of(each, following)]
    return (
        each
        for number, each in enumerate(noted)
        if each.is_write or not (_is_repeated(each, noted[number + 1 :]) or _is_its_own(each, noted[:number]))
    )


def _is_its_own(read: Noted, before: list[Noted]) -> bool:
    """Whether an operation reads what it has written last itself."""
    writers = (each.step.worker for each in reversed(before) if each.is_write and each.meets(read))
    return next(writers, -1) == read.step.worker


def _is_repeated(read: Noted, following: list[Noted]) -> bool:
    """Whether an operation reads the same again before anybody writes it."""
    for each in following:
        if each.is_write and each.meets(read):
            return False
        if (each.step.worker, each.spot.key) == (read.step.worker, read.spot.key):
            return True
    return False


def _is_contested(each: Noted, noted: list[Noted]) -> bool:
    """Whether one operation writes, and another one touches, what this is about."""
    about = [other for other in noted if each.meets(other)]
    writers = {other.step.worker for other in about if other.is_write}
    return bool(writers) and len({other.step.worker for other in about}) > 1


def _is_part_of(each: Noted, following: Noted | None) -> bool:
    """Whether what is read is written by the same line, as by ``+=``: that tells what was there."""
    return (
        not each.is_write
        and following is not None
        and following.is_write
        and each.meets(following)
        and (each.step.worker, each.step.place) == (following.step.worker, following.step.place)
    )


def _names(noted: list[Noted]) -> dict[Key, str]:
    """How each spot is called: with a number where several objects have one of this name."""
    owners: dict[str, list[int]] = {}
    for each in noted:
        found = owners.setdefault(each.spot.name, [])
        if id(each.spot.owner) not in found:
            found.append(id(each.spot.owner))
    return {
        each.spot.key: _numbered(each.spot.name, owners[each.spot.name], id(each.spot.owner))
        for each in noted
    }


def _numbered(name: str, owners: list[int], owner: int) -> str:
    return name if len(owners) == 1 else f"{name} (object {owners.index(owner) + 1})"


def _said(spot: Spot, value: object) -> str:
    """A value in a few characters; "" of a container of which nothing can be told."""
    if value is GONE:
        return "nothing"
    if is_container(value):
        return _listed(spot, contents(value))
    if value is UNKNOWN or not (is_scalar(value) or type(value) in (tuple, frozenset)):
        return f"a {type(value).__qualname__}" if value is not UNKNOWN else ""
    return short(value, is_secret(spot.name))


def _listed(spot: Spot, held: Mapping[object, object] | None) -> str:
    """What a container holds."""
    if held is None:
        return ""
    is_mapping, is_set = (derives(type(spot.value()), base) for base in (dict, set))
    values = list(held.values())
    return short(held if is_mapping else set(values) if is_set else values, is_secret(spot.name))


def _change(before: str, after: str) -> str:
    return f"{before} → {after}" if before or after else ""
