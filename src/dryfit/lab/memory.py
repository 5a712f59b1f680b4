"""The digest of what is held in memory."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from dryfit.model.digest import MEMORY, Column, Contents, Digest
from dryfit.model.generated import SECRET
from dryfit.model.shape import Json
from dryfit.probes.held import KEY, Row
from dryfit.probes.memory import OBJECT, Places
from dryfit.resources.digest.cells import cell

_FIRST = (OBJECT, KEY)
_ID = "id"

_NO_REFERENCES = 2
"""A version of marshal's format in which equal values are the same bytes, whoever else refers to them."""

MOST_KNOWN = 2_000
LONGEST = 1 << 16
"""So many places are remembered, each up to so many bytes."""


def digests(before: Places, after: Places, skipped: Mapping[str, str], taken: float) -> tuple[Digest, Digest]:
    """What was held before and after, as of the time ``taken``, with the same columns in both."""
    left_out = tuple(sorted(((MEMORY, place), reason) for place, reason in skipped.items()))
    places = sorted({*before, *after} - set(skipped))
    pairs = [_pair(place, before.get(place, ()), after.get(place, ())) for place in places]
    return (
        Digest(tuple(one for one, _ in pairs), left_out, taken),
        Digest(tuple(other for _, other in pairs), left_out, taken),
    )


def _pair(place: str, before: Sequence[Row], after: Sequence[Row]) -> tuple[Contents, Contents]:
    """What one place held before and after."""
    # Most of what is in memory is the same in all trials. Rows are JSON, which this tells apart by type as well.
    try:
        one, other = marshal.dumps(list(before), _NO_REFERENCES), marshal.dumps(list(after), _NO_REFERENCES)
    except ValueError:  # too deep, or no JSON after all
        return _told(place, before, after)
    return _told_once(place, one, other) if len(one) + len(other) < LONGEST else _told(place, before, after)


@lru_cache(MOST_KNOWN)
def _told_once(place: str, before: bytes, after: bytes) -> tuple[Contents, Contents]:
    return _told(place, marshal.loads(before), marshal.loads(after))


def _told(place: str, before: Sequence[Row], after: Sequence[Row]) -> tuple[Contents, Contents]:
    columns = _columns(before, after)
    one = _contents(place, columns, before)
    other = _contents(place, columns, after)
    return one, one if other == one else other


def _columns(before: Sequence[Row], after: Sequence[Row]) -> tuple[Column, ...]:
    rows = [*before, *after]
    names = {name for row in rows for name in row}
    ordered = [name for name in _FIRST if name in names] + sorted(names - {*_FIRST})
    is_keyed = _are_distinct(before) and _are_distinct(after)
    return tuple(
        Column(
            name,
            key=is_keyed and name in _FIRST,
            generated=name in (KEY, _ID) and _are_numbers(row[name] for row in rows if name in row),
        )
        for name in ordered
    )


def _are_distinct(rows: Sequence[Row]) -> bool:
    """Whether object and key tell rows apart."""
    return len({tuple(str(row.get(name)) for name in _FIRST) for row in rows}) == len(rows)


def _are_numbers(values: Iterable[Json]) -> bool:
    return all(type(value) is int for value in values)


def _contents(place: str, columns: tuple[Column, ...], rows: Sequence[Row]) -> Contents:
    cells = (tuple(_cell(row, column.name) for column in columns) for row in rows)
    return Contents(MEMORY, place, columns, tuple(sorted(cells)))


def _cell(row: Row, name: str) -> str:
    value = row.get(name)
    if isinstance(value, str) and value.startswith(SECRET):
        return value
    return cell(value) if name in row else ""
