"""States around an entry in several executions of a test: what of them can be compared, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dryfit.model.digest import MEMORY, Cells, Contents, Digest, Spot, canonical
from dryfit.model.state_names import is_state
from dryfit.model.trial import Boundary, Trial


def boundary_of(trial: Trial, entry: int) -> Boundary | None:
    """The state around one entry of a trial, without what could not be read, and what a failure may well change."""
    found = next((each for each in trial.boundaries if each.entry == entry), None)
    if found is None:
        return None
    skipped = {spot for digest in (found.before, found.after) for spot, _ in digest.skipped}
    sources = {source for source, place in skipped if not place}
    return replace(
        found,
        before=_readable(found.before, skipped, sources),
        after=_readable(found.after, skipped, sources),
    )


def _readable(digest: Digest, skipped: Iterable[tuple[str, str]], sources: Iterable[str]) -> Digest:
    """Without what one of two readings had to leave out."""
    out, gone = set(skipped), set(sources)
    return replace(
        digest,
        contents=tuple(
            each
            for each in digest.contents
            if each.spot not in out and each.source not in gone and _counts(each.spot)
        ),
        skipped=(),
    )


def _counts(spot: Spot) -> bool:
    source, place = spot
    return source != MEMORY or is_state(place.rpartition(".")[2])


def same(one: Digest, other: Digest) -> bool:
    """Whether nothing has happened in between."""
    return rows_of(one.contents) == rows_of(other.contents)


def equal(one: Digest, other: Digest) -> bool:
    """Whether two executions have come to the same, whatever was generated."""
    return not different(one, other)


def different(one: Digest, other: Digest) -> set[Spot]:
    """Where two executions have come to something else; what holds the same rows anyway needs no other names."""
    there = other.places
    same = Digest(tuple(each for each in one.contents if each == there.get(each.spot)))
    mine, others = (rows_of(canonical(each, same).contents) for each in (one, other))
    return {spot for spot in mine.keys() | others.keys() if mine.get(spot) != others.get(spot)}


def without(boundary: Boundary, out: set[Spot]) -> Boundary:
    """The two states without some of their places."""
    return replace(
        boundary,
        before=replace(boundary.before, contents=_kept(boundary.before, out)),
        after=replace(boundary.after, contents=_kept(boundary.after, out)),
    )


def _kept(digest: Digest, out: set[Spot]) -> tuple[Contents, ...]:
    return tuple(each for each in digest.contents if each.spot not in out)


def rows_of(contents: Iterable[Contents]) -> dict[Spot, list[Cells]]:
    """The rows of each place that holds any, sorted."""
    rows: dict[Spot, list[Cells]] = {}
    for each in contents:
        rows.setdefault(each.spot, []).extend(each.rows)
    return {spot: sorted(found) for spot, found in rows.items() if found}
