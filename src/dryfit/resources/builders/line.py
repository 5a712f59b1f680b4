"""The number line on which all ordered values lie, so that one arithmetic serves bounds of every sort.

Numbers lie where they are; moments at their seconds since 1970 (UTC), dates at their midnight, times of day and
intervals at their seconds. Values that can be drawn are whole multiples (*ticks*) of their field's unit.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from dryfit.resources.builders.demands import Now
from dryfit.resources.builders.entity import Field
from dryfit.resources.moment import START

DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MIDNIGHT = datetime(1970, 1, 1)
FAR = datetime(2100, 1, 1, tzinfo=UTC)
NUMBERS = ("integer", "decimal", "float")
TIMES = ("date", "datetime", "time", "interval")
ORDERED = (*NUMBERS, *TIMES)


def unit_of(field: Field) -> Decimal:
    """The distance between two values that are drawn for a field."""
    if field.sort == "date":
        return Decimal(DAY)
    if field.sort == "decimal":
        return Decimal(1).scaleb(-(2 if field.scale is None else field.scale))
    return Decimal("0.01") if field.sort == "float" else Decimal(1)


def limits_of(field: Field) -> tuple[Decimal, Decimal]:
    """The least and the greatest place that a field's type allows, both inclusive."""
    if field.low is not None and field.high is not None:
        return Decimal(field.low), Decimal(field.high)
    if field.sort == "decimal" and field.precision is not None:
        reach = Decimal(10) ** (field.precision - (field.scale or 0)) - unit_of(field)
        return -reach, reach
    if field.sort in ("date", "datetime"):
        return place(datetime(1950, 1, 1)), place(datetime(2200, 1, 1))
    if field.sort == "time":
        return Decimal(0), Decimal(DAY - 1)
    return Decimal(-(2**53)), Decimal(2**53)


def place(value: object) -> Decimal:
    """Where a value lies. Raises ``ValueError`` for one that lies on no line."""
    match value:
        case bool():
            raise ValueError(f"{value} has no place")
        case int() | float() | Decimal():
            return Decimal(str(value))
        case datetime():
            start = MIDNIGHT if value.tzinfo is None else EPOCH
            return _seconds(value - start)
        case date():
            return Decimal((value - EPOCH.date()).days * DAY)
        case time():
            return Decimal(value.hour * 3600 + value.minute * 60 + value.second)
        case timedelta():
            return _seconds(value)
    raise ValueError(f"{value!r} has no place")


def place_of(value: object, field: Field, *, lower: bool = True) -> Decimal:
    """Where a constraint's literal lies for a field. The present, as a lower bound, is the year 2100, else ``START``.

    So what a constraint holds to be past or future stays so, whenever the tests run.
    """
    if isinstance(value, Now):
        return place(FAR if lower else START)
    if not isinstance(value, str):
        return place(value)
    try:
        return _read(value, field)
    except (InvalidOperation, ValueError) as error:
        raise ValueError(f"{value!r} is no {field.sort}") from error


def value_at(tick: int, field: Field) -> object:
    """The value of a field at a tick."""
    where = tick * unit_of(field)
    match field.sort:
        case "integer":
            return int(where)
        case "decimal":
            return where
        case "float":
            return float(where)
        case "date":
            return (EPOCH + timedelta(seconds=int(where))).date()
        case "datetime":
            return (EPOCH if field.aware else MIDNIGHT) + timedelta(seconds=int(where))
        case "time":
            return (MIDNIGHT + timedelta(seconds=int(where))).time()
    return timedelta(seconds=int(where))


def _seconds(delta: timedelta) -> Decimal:
    return Decimal(delta.days * DAY + delta.seconds) + Decimal(delta.microseconds).scaleb(-6)


def _read(text: str, field: Field) -> Decimal:
    if field.sort in NUMBERS:
        return Decimal(text)
    if field.sort == "time":
        return place(time.fromisoformat(text))
    return place(datetime.fromisoformat(text))
