"""The state digest: what the databases, key spaces, directories and outboxes of a test hold, as values to compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dryfit.model.generated import SECRET, Domain, Known, Row, candidates, named
from dryfit.model.trace import Skipped

Cells = tuple[str, ...]
Spot = tuple[str, str]
"""A source and a place in it."""

FILES, MEMORY = "files", "memory"
"""Sources that are no service: what the program itself makes and keeps."""

_OUTBOXES = ("mail ", "http ")
"""How sources begin that are no database: what the program has sent, as far as it was seen."""

MORE_SENT = "more sent"

MOST_SHOWN = 3
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a place. ``key`` says that it identifies a row, ``generated`` that the database gives its values.

    ``references`` is the place whose key it holds, "" for none.
    """

    name: str
    key: bool = False
    generated: bool = False
    references: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What one place (a table, a key space, a mailbox, a directory) of a source (a database, a server) holds.

    A cell is JSON text (``199.99``, ``"open"``, ``null``), or begins with ``<secret `` where nobody may look.
    """

    source: str
    place: str
    columns: tuple[Column, ...]
    rows: tuple[Cells, ...] = ()

    @property
    def spot(self) -> Spot:
        """Where it is, in any digest."""
        return (self.source, self.place)


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything that was there at the time ``taken`` (seconds of Unix time).

    ``skipped`` are the places that were left out, with the reason.
    """

    contents: tuple[Contents, ...] = ()
    skipped: tuple[tuple[Spot, str], ...] = ()
    taken: float = 0.0

    @property
    def places(self) -> dict[Spot, Contents]:
        """The contents by where they are."""
        return {each.spot: each for each in self.contents}

    def left_out(self) -> tuple[Skipped, ...]:
        """What was left out, as a run tells it."""
        return tuple(
            Skipped(f"{source} {place}".rstrip(), reason) for (source, place), reason in self.skipped
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What differs in one place. ``what`` is "rows added", "rows changed" or "rows removed"; ``sample`` shows some.

    Of an outbox it is "more sent".
    """

    source: str
    place: str
    what: str
    count: int
    sample: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = "; ".join((*self.sample, "…") if self.count > len(self.sample) else self.sample)
        if self.what == MORE_SENT:
            return f"{self.place}: {self.count} more ({shown})"
        noun, verb = self.what.split()
        return f"{self.place}: {self.count} {noun if self.count != 1 else noun[:-1]} {verb} ({shown})"


def sent_to(source: str) -> str:
    """To whom the mails or requests of an outbox went; "" where a source is none."""
    kind = next((each for each in _OUTBOXES if source.startswith(each)), "")
    return source.removeprefix(kind) if kind else ""


def combine(digests: Iterable[Digest]) -> Digest:
    """Put digests of different sources together."""
    parts = tuple(digests)
    return Digest(
        tuple(sorted((each for part in parts for each in part.contents), key=lambda each: each.spot)),
        tuple(sorted({skipped for part in parts for skipped in part.skipped})),
        max((part.taken for part in parts), default=0.0),
    )


def canonical(digest: Digest, before: Digest) -> Digest:
    """Give all that was generated since ``before`` names that are the same whatever was generated.

    New ids (integers that the database gives, UUIDs anywhere, random text in keys) become ``<id 1>``, ``<id 2>``, … in
    the order of first appearance, the same one wherever it stands, so that references still match; new times become
    ``<time>``, new secrets ``<secret 1>``. What comes first is decided by what stands beside an id and by what refers
    to it, never by its value. The rows of places that have changed are sorted.
    """
    if digest.contents == before.contents:
        return digest
    known = Known(_keyed(before))
    rows: list[list[Cells]] = [[] for _ in digest.contents]
    for place, cells in named(list(_marked(digest, before, known))):
        rows[place].append(cells)
    contents = tuple(
        replace(each, rows=tuple(found)) if found else each
        for each, found in zip(digest.contents, rows, strict=True)
    )
    return replace(digest, contents=contents)


def diff(before: Digest, after: Digest) -> tuple[Change, ...]:
    """Tell what is different in ``after``: ``orders: 1 row added (id=<id 1>, total=199.99, created_at=<time>)``."""
    return tuple(change for each in differences(before, after) for change in each.changes())


def differences(before: Digest, after: Digest) -> Iterator[Difference]:
    """The same row by row, of each place in which there is any."""
    left_out = {spot for digest in (before, after) for spot, _ in digest.skipped}
    old, new = canonical(before, before).places, canonical(after, before).places
    for spot in sorted({*old, *new} - left_out):
        if (spot[0], "") in left_out:
            continue  # its source could not be read as a whole
        found = difference(old.get(spot) or emptied(new[spot]), new.get(spot) or emptied(old[spot]))
        if found.added or found.changed or found.removed:
            yield found


@dataclass(frozen=True, slots=True)
class Difference:
    """The rows of one place that are there at one time only; ``changed`` are rows before and after, with one key."""

    contents: Contents
    added: tuple[Cells, ...]
    changed: tuple[tuple[Cells, Cells], ...]
    removed: tuple[Cells, ...]

    def changes(self) -> Iterator[Change]:
        """The difference in words."""
        if not sent_to(self.contents.source):
            yield from self._changes()
        elif self.added:
            yield self._sent()

    def _sent(self) -> Change:
        """What was sent stays sent, and is told by its first column."""
        sample = tuple(row[0].strip('"') for row in self.added[:MOST_SHOWN])
        return Change(self.contents.source, self.contents.place, MORE_SENT, len(self.added), sample)

    def _changes(self) -> Iterator[Change]:
        shown = (
            ("rows added", [shown_row(self.contents, row) for row in self.added[:MOST_SHOWN]], self.added),
            (
                "rows changed",
                [_pair(self.contents, *pair) for pair in self.changed[:MOST_SHOWN]],
                self.changed,
            ),
            (
                "rows removed",
                [shown_row(self.contents, row) for row in self.removed[:MOST_SHOWN]],
                self.removed,
            ),
        )
        for what, sample, rows in shown:
            if rows:
                yield Change(self.contents.source, self.contents.place, what, len(rows), tuple(sample))


def difference(old: Contents, new: Contents) -> Difference:
    """Compare one place with itself at another time: rows with the same key were changed.

    Where its columns were changed, too, a row has an empty cell for each that is not there at its time.
    """
    if old.columns != new.columns:
        names = {column.name for column in new.columns}
        columns = (*new.columns, *(column for column in old.columns if column.name not in names))
        old, new = _aligned(old, columns), _aligned(new, columns)
    removed, added = _more(old, new), _more(new, old)
    by_key = {key: row for row in removed if (key := _key(old, row))}
    pairs = [(before, row) for row in added if (before := by_key.get(_key(new, row)))]
    for before, row in pairs:
        removed.remove(before)
        added.remove(row)
    return Difference(new, tuple(added), tuple(pairs), tuple(removed))


def _aligned(contents: Contents, columns: tuple[Column, ...]) -> Contents:
    names = [column.name for column in contents.columns]
    rows = (dict(zip(names, row, strict=True)) for row in contents.rows)
    return replace(
        contents,
        columns=columns,
        rows=tuple(tuple(row.get(column.name, "") for column in columns) for row in rows),
    )


def _more(one: Contents, other: Contents) -> list[Cells]:
    """The rows that are there once more, in order; in a table with a key each is there once."""
    there = set(other.rows)
    if len(set(one.rows)) == len(one.rows):
        return [row for row in one.rows if row not in there]
    return list((Counter(one.rows) - Counter(other.rows)).elements())


def _key(contents: Contents, row: Cells) -> Cells:
    return tuple(cell for column, cell in zip(contents.columns, row, strict=True) if column.key)


def shown_row(contents: Contents, row: Cells) -> str:
    """A row as it may be shown."""
    return ", ".join(
        f"{column.name}={_shown(cell)}" for column, cell in zip(contents.columns, row, strict=True)
    )


def _pair(contents: Contents, before: Cells, after: Cells) -> str:
    cells = list(zip(contents.columns, before, after, strict=True))
    key = [f"{column.name}={_shown(new)}" for column, _, new in cells if column.key]
    changed = [f"{column.name} {_shown(old)} → {_shown(new)}" for column, old, new in cells if old != new]
    return f"{', '.join(key)}: {', '.join(changed)}"


def _shown(cell: str) -> str:
    """A cell as it may be shown: no secret, and not too long."""
    if cell.startswith(SECRET):
        return "<secret>"
    if cell.startswith('"<') and cell.endswith('>"') and cell.count("<") == 1:
        return cell[1:-1]  # a name that dryfit gave stands for a value, and is no text
    return cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}…"


def emptied(contents: Contents) -> Contents:
    """The same place without a row."""
    return replace(contents, rows=())


def _marked(digest: Digest, before: Digest, known: Known) -> Iterator[Row]:
    """The rows of every place that has changed, by its number; in new ones, what was generated is a token."""
    generated, places = _generated_keys(digest), before.places
    for number, contents in enumerate(digest.contents):
        old = places.get(contents.spot)
        if old is not None and old.rows == contents.rows:
            continue
        old_rows = set(old.rows) if old is not None else ()
        domains = [_domain(contents, column, generated) for column in contents.columns]
        for row in contents.rows:
            if row in old_rows:
                yield number, tuple((cell,) for cell in row)
            else:
                cells = zip(row, domains, strict=True)
                yield number, tuple(known.without(candidates(cell, key, digest.taken)) for cell, key in cells)


def _keyed(digest: Digest) -> Iterator[tuple[str, Domain]]:
    """Every cell, and whose key it holds."""
    generated = _generated_keys(digest)
    for contents in digest.contents:
        domains = [_domain(contents, column, generated) for column in contents.columns]
        for row in contents.rows:
            yield from zip(row, domains, strict=True)


def _generated_keys(digest: Digest) -> dict[str, str]:
    """The places that give keys of their own, by the names under which a column may refer to them."""
    names: dict[str, str] = {}
    for contents in digest.contents:
        if any(column.generated for column in contents.columns):
            place = contents.place.rpartition(".")[2].lower()
            names |= dict.fromkeys((place, place.removesuffix("s"), place.removesuffix("es")), contents.place)
    return names


def _domain(contents: Contents, column: Column, generated: dict[str, str]) -> Domain:
    """Whose keys a column holds; where nothing is declared, ``order_id`` holds those of ``orders``."""
    name = column.name.lower()
    guessed = generated.get(name.removesuffix("_id"), "") if name.endswith("_id") else ""
    own = contents.place if column.key or column.generated else ""
    place = column.references or ("" if column.generated else guessed) or own
    numbers = column.generated or (place != own and place in generated.values())
    return Domain(f"{contents.source} {place}" if place else "", numbers)
