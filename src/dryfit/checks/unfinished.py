"""Rows that say themselves that the work on them is not done: written before something is sent, and marked after it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from dryfit.model.digest import FILES, MEMORY, Cells, Contents, Difference, Spot, differences, sent_to
from dryfit.model.trial import Boundary

_FLAGS = ({"0", "1"}, {"false", "true"})


def are_unfinished(now: Boundary, usual: Boundary) -> bool:
    """Whether all that was changed is rows of databases that the usual run has, too, and goes on to mark.

    Such a row has the same key then, and another text, flag or ``null`` in a column: ``state="pending"`` where it is
    ``"paid"`` otherwise, ``sent=0`` where it is ``1``. Other numbers say nothing: half a sum looks like a whole one.
    """
    changed = [each for each in differences(now.before, now.after) if not sent_to(each.contents.source)]
    others = {each.contents.spot: each for each in differences(usual.before, usual.after)}
    return bool(changed) and all(_is_unfinished(each, others) for each in changed)


def _is_unfinished(found: Difference, others: dict[Spot, Difference]) -> bool:
    usual = others.get(found.contents.spot)
    if usual is None or found.removed or found.contents.source in (FILES, MEMORY):
        return False
    marked = {_key(usual.contents, row): row for row in _rows(usual)}
    return all(_goes_on(found.contents, row, marked) for row in _rows(found))


def _rows(found: Difference) -> Iterable[Cells]:
    return chain(found.added, (after for _, after in found.changed))


def _goes_on(contents: Contents, row: Cells, marked: dict[Cells, Cells]) -> bool:
    key = _key(contents, row)
    final = marked.get(key) if key else None
    return (
        final is not None
        and len(final) == len(row)
        and any(map(_is_mark, (cell for cell in zip(row, final, strict=True) if cell[0] != cell[1])))
    )


def _is_mark(cells: tuple[str, str]) -> bool:
    return "null" in cells or any(set(cells) == flag for flag in _FLAGS) or all(map(_is_text, cells))


def _is_text(cell: str) -> bool:
    return cell.startswith('"') and not cell.startswith('"<')


def _key(contents: Contents, row: Cells) -> Cells:
    return tuple(cell for column, cell in zip(contents.columns, row, strict=True) if column.key)
