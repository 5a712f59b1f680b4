"""The digest of what is held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dryfit.model.digest import MEMORY, Column, Contents, Digest
from dryfit.model.generated import SECRET
from dryfit.model.shape import Json
from dryfit.probes.held import KEY, Row
from dryfit.probes.memory import OBJECT, Places
from dryfit.resources.digest.cells import cell

_FIRST = (OBJECT, KEY)
_ID = "id"


def digests(before: Places, after: Places, skipped: Mapping[str, str], taken: float) -> tuple[Digest, Digest]:
    """What was held before and after, as of the time ``taken``, with the same columns in both."""
    left_out = tuple(sorted(((MEMORY, place), reason) for place, reason in skipped.items()))
    places = sorted({*before, *after} - set(skipped))
    columns = {place: _columns(before.get(place, ()), after.get(place, ())) for place in places}
    one, other = (
        Digest(
            tuple(_contents(place, columns[place], held.get(place, ())) for place in places), left_out, taken
        )
        for held in (before, after)
    )
    return one, other


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
