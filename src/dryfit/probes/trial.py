"""The recording probe of a trial: keeps every crossing in the order in which they begin, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, islice
from types import CodeType

from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.seam import Place
from dryfit.model.target import DATABASES
from dryfit.model.trial import Crossed, ErrorSeen, Hold, Offer, Point
from dryfit.probes import given, statements
from dryfit.probes.statics import instance_dict, mro, type_name
from dryfit.probes.told import hash_of, told

MOST_CROSSINGS = 20_000
"""Of a trial with more, only the first are kept."""

FAULT_MARK = "__dryfit_fault__"
"""In the ``__dict__`` of an exception that was injected: "before" or "after", as the callee had run or not."""

_NUMBER = "__dryfit_error__"

LONGEST_TEXT = 400
MOST_TEXTS = 12
MOST_DEPTH = 4

_ARGUMENTS = vars(BaseException)["args"].__get__  # a class may have an attribute of that name

PlaceOf = Callable[[CodeType, int], Place | None]
"""Where in the project a line of code is; ``None`` for what is not the project's own."""


@dataclass(slots=True)
class _Open:
    """One crossing of the trial ``trial``; ``crossed`` is what is known of it so far."""

    trial: int
    crossed: Crossed
    entry: int = -1


@dataclass(slots=True)
class _Kept:
    crossings: list[_Open] = field(default_factory=list)
    points: Counter[tuple[object, ...]] = field(default_factory=Counter)
    errors: dict[int, ErrorSeen] = field(default_factory=dict)
    entries: int = 0


class TrialRecorder:
    """Records one trial after the other.

    ``offers`` says what may go wrong at a crossing; it is asked in baselines, and from ``look_out`` on. ``entered`` is
    told the number of an entry crossing right before it begins, ``left`` right after it has ended; ``request`` tells
    which request is being answered, ``holding`` which locks are held. A crossing's ``state`` is its record.
    """

    def __init__(
        self,
        offers: Callable[[Crossing], tuple[Offer, ...]],
        *,
        place_of: PlaceOf = lambda code, line: None,
        request: Callable[[], int] = lambda: -1,
        holding: Callable[[], tuple[Hold, ...]] = lambda: (),
        entered: Callable[[int], None] = lambda _: None,
        left: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._offers = offers
        self._place_of = place_of
        self._request = request
        self._holding = holding
        self._entered = entered
        self._left = left
        self._test = ""
        self._is_baseline = self._asks = self._is_set_up = False
        self._trial = 0
        self._kept = _Kept()
        self._errors = count()

    def begin(self, test: str, *, baseline: bool) -> None:
        """Forget the last trial, and record the crossings of ``test`` from now on."""
        self._test = test
        self._is_baseline = baseline
        self._asks = baseline
        self._is_set_up = False
        self._trial += 1
        self._kept = _Kept()

    def calling(self) -> None:
        """The test is set up: what comes now it does itself."""
        self._is_set_up = True

    def look_out(self) -> None:
        """The fault has happened: from now on there may be crossings that there are not otherwise."""
        self._asks = True

    def finish(self) -> tuple[tuple[Crossed, ...], tuple[ErrorSeen, ...]]:
        """What was recorded."""
        kept, self._test = self._kept, ""
        numbers = {number: place for place, number in enumerate(kept.errors)}
        crossings = (
            replace(each.crossed, error=numbers.get(each.crossed.error, -1)) for each in kept.crossings
        )
        errors = (
            replace(
                each,
                number=numbers[each.number],
                chain=tuple(numbers[number] for number in each.chain if number in numbers),
            )
            for each in kept.errors.values()
        )
        return tuple(crossings), tuple(errors)

    @property
    def entries(self) -> int:
        """How many entry crossings have begun."""
        return self._kept.entries

    def point(self, crossing: Crossing) -> Point:
        """Which crossing of the test this is; its number is 0 where it belongs to no trial."""
        opened = self._record(crossing)
        return opened.crossed.point if opened else Point(crossing.seam, crossing.site.place, 0)

    def index(self, crossing: Crossing) -> int:
        """The index of a crossing in progress, -1 where it belongs to no trial."""
        opened = self._record(crossing)
        return opened.crossed.index if opened else -1

    def entry(self, crossing: Crossing) -> int:
        """The number of an entry crossing in progress, -1 where it is none of this trial."""
        opened = self._record(crossing)
        return opened.entry if opened else -1

    def before(self, crossing: Crossing) -> None:
        """Keep the crossing, and tell where it is an entry."""
        opened = self._record(crossing)
        if opened is None:
            return
        if self._asks:
            opened.crossed = replace(
                opened.crossed, offers=self._offers(crossing), receiver=_receiver(crossing)
            )
        if self._is_baseline or crossing.callee.kind == "stand-in":
            opened.crossed = replace(opened.crossed, given=_given(crossing))
        if self._is_baseline and crossing.component in DATABASES and crossing.callee.is_resource:
            opened.crossed = replace(opened.crossed, reads=_reads(crossing))
        if self._is_baseline and crossing.callee.effect == "send":
            opened.crossed = replace(opened.crossed, holding=self._holding())
        if opened.entry >= 0:
            self._entered(opened.entry)

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Keep what came of it."""
        opened = self._record(crossing)
        if opened is None:
            return outcome
        if type(outcome) is Returned:
            says = told(outcome.value) if crossing.callee.kind != "library" else ()
            opened.crossed = replace(
                opened.crossed, outcome="returned", result=type_name(type(outcome.value)), told=says
            )
        elif type(outcome) is Raised:
            error = outcome.exception
            opened.crossed = replace(
                opened.crossed, outcome="raised", result=type_name(type(error)), error=self._seen(error)
            )
        if opened.entry >= 0:
            self._left(opened.entry)
        return outcome

    def _record(self, crossing: Crossing) -> _Open | None:
        """The record of a crossing of this trial; it is made at the first question."""
        opened = crossing.state
        if type(opened) is _Open:
            return opened if opened.trial == self._trial else None
        kept = self._kept
        if not self._test or crossing.test != self._test or len(kept.crossings) >= MOST_CROSSINGS:
            return None
        above = _nearest(crossing.parent)
        # A thread or a task that an earlier trial has left.
        if above is not None and above.trial != self._trial:
            return None
        parent = above.crossed.index if above is not None else -1
        where = (crossing.seam, crossing.site.place)
        kept.points[where] += 1
        crossed = Crossed(
            index=len(kept.crossings),
            parent=parent,
            point=Point(*where, kept.points[where]),
            effect=crossing.callee.effect,
            outcome="unfinished",
            result="",
            stand_in=crossing.callee.stands_for,
            request=self._request() if parent < 0 else -1,
            prepares=not self._is_set_up,
            is_generator=crossing.callee.kind in ("generator", "async generator"),
        )
        opened = _Open(self._trial, crossed, kept.entries if parent < 0 else -1)
        kept.entries += parent < 0
        kept.crossings.append(opened)
        crossing.state = opened
        return opened

    def _seen(self, error: BaseException) -> int:
        """Remember an exception by a number that it bears, so that it need not be kept alive."""
        marks = instance_dict(error)
        if marks is None:
            return -1
        number = marks.setdefault(_NUMBER, next(self._errors))
        assert isinstance(number, int)
        self._kept.errors.setdefault(number, ErrorSeen(number, (), ""))  # in the order in which they are met
        self._kept.errors[number] = ErrorSeen(
            number=number,
            bases=tuple(type_name(cls) for cls in mro(type(error)) if cls is not object),
            text=_text(error),
            chain=tuple(self._seen_below(each) for each in chain(error)),
            path=path(error, self._place_of),
            injected=FAULT_MARK in marks,
        )
        return number

    def _seen_below(self, error: BaseException) -> int:
        marks = instance_dict(error)
        known = marks.get(_NUMBER) if marks is not None else None
        return known if isinstance(known, int) and known in self._kept.errors else self._seen(error)


def path(error: BaseException, place_of: PlaceOf) -> tuple[Place, ...]:
    """The project's frames of a traceback, the outermost first."""
    places = []
    step = error.__traceback__
    while step is not None:
        place = place_of(step.tb_frame.f_code, step.tb_lineno)
        if place is not None:
            places.append(place)
        step = step.tb_next
    return tuple(places)


def _receiver(crossing: Crossing) -> str:
    """The class of the object whose method is called; "" for anything else."""
    callee = crossing.callee
    is_method = callee.method and callee.parameters[:1] == ("self",) and callee.kind != "library"
    return type_name(type(crossing.values[0])) if is_method and crossing.values else ""


def _given(crossing: Crossing) -> str:
    """What a callable of the project gets, without its receiver."""
    if crossing.callee.kind == "library":
        return ""
    return hash_of(repr([told(value) for value in crossing.values[crossing.callee.method :]]))


def _reads(crossing: Crossing) -> tuple[str, ...]:
    """The tables that a statement may read; nothing of a composed one, for which its connection would be needed."""
    sql, _ = given.of_crossing(crossing)
    return statements.tables_read(given.text_of(sql, None)) if isinstance(sql, str | bytes) else ()


def _nearest(crossing: Crossing | None) -> _Open | None:
    """The record of the nearest crossing above that has one."""
    while crossing is not None:
        if type(crossing.state) is _Open:
            return crossing.state
        crossing = crossing.parent
    return None


def chain(error: BaseException) -> list[BaseException]:
    """The exceptions that led to this one: causes, contexts, and the members of a group; the nearest first."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop(0)
        members = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        for below in (each.__cause__, each.__context__, *members):
            if below is not None and below is not error and all(below is not known for known in found):
                found.append(below)
                waiting.append(below)
    return found


def _text(error: BaseException) -> str:
    """The texts among its arguments, which say what is wrong in all but the oddest classes: the first line of each."""
    return "; ".join(islice(_texts(_ARGUMENTS(error), 0), MOST_TEXTS))[:LONGEST_TEXT]


def _texts(value: object, depth: int) -> Iterator[str]:
    """Also those within lists: ``shutil.Error`` has a list of what went wrong with each file."""
    if type(value) is str:
        yield value.partition("\n")[0]
    elif type(value) in (tuple, list) and depth < MOST_DEPTH:
        for each in islice(value, MOST_TEXTS):  # type: ignore[call-overload]  # it is a tuple or a list
            yield from _texts(each, depth + 1)
