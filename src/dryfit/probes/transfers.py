"""Values that travel on through a component as something narrower.

Within one invocation of a component, what flows in are its arguments and the outcomes of the calls it makes; what
flows out are the arguments of these calls, and its own outcome. A leaf that flows out is compared with every wider
leaf that flowed in before. Only builtin scalars are kept, and only until the invocation ends.
"""

from __future__ import annotations

import datetime as dt
import math
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from dryfit.model.secrets import is_secret
from dryfit.probes.parts import is_plain, parts
from dryfit.probes.statics import type_name

MOST_DEPTH = 4
MOST_LEAVES = 64
"""How many leaves of one crossing are compared."""
MOST_ARRIVED = 512
"""How many leaves of one invocation are kept."""

SHORTEST_CUT = 8
SHORTEST_ROUND = 20
LEAST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Instant:
    """An aware datetime without its time zone, which is an object of the user's: as written, and in UTC if known."""

    local: dt.datetime
    utc: dt.datetime | None


Scalar = Decimal | float | int | bool | str | dt.datetime | dt.date | Instant


@dataclass(slots=True)  # many are made, and a frozen one takes twice as long
class Leaf:
    """One scalar in a value: ``path`` is where, ``name`` the last key, attribute or parameter on the way."""

    path: str
    name: str
    value: Scalar

    @property
    def type(self) -> str:
        """What it is, for people."""
        if isinstance(self.value, Instant):
            return "aware datetime"
        return "naive datetime" if type(self.value) is dt.datetime else type_name(type(self.value))


@dataclass(frozen=True, slots=True)
class Loss:
    """A leaf that flowed in as ``wide`` and out as ``narrow``; both paths begin with the callable."""

    slug: str
    wide: Leaf
    narrow: Leaf


class Flow:
    """What one invocation of a component took in so far: leaves by type, and the values among them."""

    __slots__ = ("_arrived", "_count", "_values")

    def __init__(self) -> None:
        self._arrived: dict[type, list[Leaf]] = {}
        self._values: dict[type, set[Scalar]] = {}
        self._count = 0

    def take(self, leaves: Iterable[Leaf]) -> None:
        """Remember what flowed in."""
        for leaf in leaves:
            if self._count < MOST_ARRIVED:
                self._count += 1
                cls = type(leaf.value)
                self._arrived.setdefault(cls, []).append(leaf)
                self._values.setdefault(cls, set()).add(leaf.value)

    def losses(self, leaves: list[Leaf]) -> Iterator[Loss]:
        """Compare what flows out now; a value that goes along in its wide form as well is not lost."""
        for narrow in leaves:
            if narrow.value in self._values.get(type(narrow.value), ()):
                continue  # it came as narrow as it goes
            loss = self._loss(narrow)
            if loss is not None and not any(_is_the_same(loss.wide, leaf) for leaf in leaves):
                yield loss

    def _loss(self, narrow: Leaf) -> Loss | None:
        for wide_type, slug, is_lost in _LOSSES.get(type(narrow.value), ()):
            for wide in self._arrived.get(wide_type, ()):
                if is_lost(wide, narrow):
                    return Loss(slug, wide, narrow)
        return None


def _is_the_same(one: Leaf, other: Leaf) -> bool:
    return type(one.value) is type(other.value) and one.value == other.value


def leaves(named: Iterable[tuple[str, str, object]]) -> list[Leaf]:
    """List the scalars in values, each given with its path and its name; what has a secret name is left out."""
    found: list[Leaf] = []
    for path, name, value in named:
        _collect(found, path, name, value, 0)
    return found


def _collect(found: list[Leaf], path: str, name: str, value: object, depth: int) -> None:
    if len(found) >= MOST_LEAVES or is_secret(name):
        return
    scalar = _scalar(value)
    if scalar is not None:
        found.append(Leaf(path, name, scalar))
        return
    if depth >= MOST_DEPTH or id(type(value)) in _CLOSED or (depth and is_plain(value)):
        return
    opened = parts(value)
    if opened is None:
        return
    for key, item in opened.fields:
        if key.isdigit():
            _collect(found, f"{path}[{key}]", name, item, depth + 1)
        else:
            _collect(found, f"{path}.{key}", key, item, depth + 1)
    for key, item in opened.items:
        if not is_secret(key):
            _collect(found, f"{path}[]", name, item, depth + 1)


def _scalar(value: object) -> Scalar | None:
    cls = type(value)
    if cls is dt.datetime:
        return _moment(value)  # type: ignore[arg-type]
    if cls is float and not math.isfinite(value):  # type: ignore[arg-type]
        return None
    if cls is Decimal and not Decimal.is_finite(value):  # type: ignore[arg-type]
        return None
    return value if id(cls) in _KEPT else None  # type: ignore[return-value]


def _moment(moment: dt.datetime) -> dt.datetime | Instant:
    if moment.tzinfo is None:
        return moment
    zone = type(moment.tzinfo)
    known = zone is dt.timezone or zone is zoneinfo.ZoneInfo  # any other would run code of the user's
    return Instant(
        moment.replace(tzinfo=None, fold=0),
        moment.astimezone(dt.UTC).replace(tzinfo=None, fold=0) if known else None,
    )


_KEPT = frozenset(map(id, (Decimal, float, int, bool, str, dt.date)))
_CLOSED = frozenset(map(id, (bytes, bytearray, type(None), dt.timedelta, dt.time)))


# -- what counts as a loss -------------------------------------------------------------------------------


def _same_name(wide: Leaf, narrow: Leaf) -> bool:
    return bool(wide.name) and wide.name.lower() == narrow.name.lower()


def _decimal_to_float(wide: Leaf, narrow: Leaf) -> bool:
    """Tell by the number: three significant digits are no coincidence, fewer need the same name."""
    number = wide.value
    assert isinstance(number, Decimal)
    if float(number) != narrow.value:
        return False
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return _same_name(wide, narrow) or len(digits) >= LEAST_DIGITS


def _fraction_to_int(wide: Leaf, narrow: Leaf) -> bool:
    number = wide.value
    assert isinstance(number, Decimal | float)
    if number == int(number):
        return False
    return _same_name(wide, narrow) and narrow.value in (int(number), round(number))


def _int_to_bool(wide: Leaf, narrow: Leaf) -> bool:
    """Only where a number is lost: 0 and 1 are how much of the world writes false and true."""
    return wide.value not in (0, 1) and _same_name(wide, narrow) and bool(wide.value) == narrow.value


def _aware_to_naive(wide: Leaf, narrow: Leaf) -> bool:
    instant = wide.value
    return isinstance(instant, Instant) and narrow.value in (instant.local, instant.utc)


def _moment_to_date(wide: Leaf, narrow: Leaf) -> bool:
    moment = wide.value.local if isinstance(wide.value, Instant) else wide.value
    return isinstance(moment, dt.datetime) and _same_name(wide, narrow) and moment.date() == narrow.value


def _text_cut(wide: Leaf, narrow: Leaf) -> bool:
    """Under the same name, a beginning or an end that no separator explains: cut in a word, or at a round length."""
    long, short = wide.value, narrow.value
    assert isinstance(long, str)
    assert isinstance(short, str)
    if (
        not _same_name(wide, narrow)
        or not SHORTEST_CUT <= len(short) < len(long)
        or long.strip() == short.strip()
    ):
        return False
    if long.startswith(short):
        return _is_round(len(short)) or (long[len(short)].isalnum() and short[-1].isalnum())
    return long.endswith(short) and long[-len(short) - 1].isalnum() and short[0].isalnum()


def _is_round(length: int) -> bool:
    """Whether a programmer would cut at this length: 20, 32, 50, 255 …"""
    powers = length & (length - 1) == 0 or length & (length + 1) == 0
    return length >= SHORTEST_ROUND and (length % 10 == 0 or powers)


_Test = Callable[[Leaf, Leaf], bool]
_LOSSES: dict[type, tuple[tuple[type, str, _Test], ...]] = {
    float: ((Decimal, "decimal-to-float", _decimal_to_float),),
    int: ((Decimal, "decimal-to-int", _fraction_to_int), (float, "float-to-int", _fraction_to_int)),
    bool: ((int, "int-to-bool", _int_to_bool),),
    dt.datetime: ((Instant, "aware-to-naive", _aware_to_naive),),
    dt.date: (
        (Instant, "datetime-to-date", _moment_to_date),
        (dt.datetime, "datetime-to-date", _moment_to_date),
    ),
    str: ((str, "text-cut", _text_cut),),
}
