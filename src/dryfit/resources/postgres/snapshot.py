"""The rows and sequences that belong in a database, and how it differs from them now.

A row's version is known by where it stands (``ctid``) and by the transaction that wrote it (``xmin``): PostgreSQL never
changes a version in place. So the database itself picks out what is new, and only that is fetched. The snapshot is
kept in this process, where no introspection of the project's schema comes across it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres.catalogue import Catalogue, Sequence, Table
from dryfit.resources.postgres.connect import Row, answers
from dryfit.resources.postgres.planned import Ask, ask

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

MOST_ROWS = 20_000
"""A larger table is not kept, and not restored: a fresh copy of the database costs less."""


@dataclass(slots=True)
class Kept:
    """The rows that belong in one table by where they stand now: who wrote each, and its values."""

    rows: dict[bytes, tuple[bytes, Row]]

    def writers(self) -> set[bytes]:
        """The transactions that wrote the rows; all of them are over."""
        return {writer for writer, _ in self.rows.values()}

    def copy(self) -> Kept:
        return Kept(dict(self.rows))


State = tuple[bytes, bytes, bytes]
"""A sequence's last value, whether it has been called, and how many more numbers it may give without a trace.

The last one belongs in the comparison: a sequence that stands where it should, but has numbers in hand, would give them
to the next test unnoticed.
"""


@dataclass(slots=True)
class Snapshot:
    """What belongs in a database; ``too_large`` are the tables whose rows are not kept."""

    tables: dict[int, Kept]
    sequences: dict[int, State]
    too_large: frozenset[int] = frozenset()

    def copy(self) -> Snapshot:
        """For another copy of the same database."""
        return Snapshot(
            {oid: kept.copy() for oid, kept in self.tables.items()}, dict(self.sequences), self.too_large
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """How one table differs: versions that are not known, and known ones that are gone, both by place."""

    table: Table
    added: dict[bytes, Row]
    missing: dict[bytes, Row]
    is_cut: bool = False
    """More was added than is worth fetching, or rows stand where none was known to."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A table that was written to and can only be replaced as a whole, and why."""

    table: Table
    why: str


@dataclass(frozen=True, slots=True)
class Changes:
    """How tables differ, and which sequences stand elsewhere (with the state that belongs there).

    ``proof`` tells which database it is about, in the words of the connection that was asked.
    """

    tables: tuple[Difference, ...] = ()
    sequences: tuple[tuple[Sequence, State], ...] = ()
    proof: tuple[Row, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tables or self.sequences)


def take(connection: Connection, catalogue: Catalogue) -> Snapshot:
    """Read everything; one round trip."""
    tables = [table for table in catalogue.tables.values() if not table.obstacle]
    sequences = list(catalogue.sequences.values())
    selects = [_everything(table) for table in tables] + [_state(sequence) for sequence in sequences]
    found = answers(connection, b";".join(selects)) if selects else []
    rows = dict(zip((table.oid for table in tables), found, strict=False))
    states = zip((sequence.oid for sequence in sequences), found[len(tables) :], strict=True)
    return Snapshot(
        tables={oid: _kept(of) for oid, of in rows.items() if len(of) <= MOST_ROWS},
        sequences={oid: _as_state(of) for oid, of in states},
        too_large=frozenset(oid for oid, of in rows.items() if len(of) > MOST_ROWS),
    )


def compare(
    connection: Connection,
    snapshot: Snapshot,
    tables: Iterable[Table],
    sequences: Iterable[Sequence],
    moved: frozenset[int] = frozenset(),
) -> Changes:
    """How tables and sequences differ from the snapshot; one round trip.

    ``moved`` are the tables whose rows stand elsewhere than they did, for they were written to a new file. Versions
    that are equal to missing ones are taken for them: the snapshot then knows where those stand.
    """
    tables, sequences = list(tables), list(sequences)
    kept = {t.oid: Kept({}) if t.oid in moved else snapshot.tables[t.oid] for t in tables}
    asks = [part for t in tables for part in _news(t, kept[t.oid])] + [Ask(_state(s)) for s in sequences]
    if not asks:
        return Changes()
    proof, *answered = ask(connection, Ask(mark.PROOF), *asks)
    found = iter(answered)
    differences = [
        _difference(table, snapshot.tables[table.oid], next(found), next(found)) for table in tables
    ]
    states = [(sequence, _as_state(next(found))) for sequence in sequences]
    return Changes(
        tuple(d for d in differences if d.added or d.missing),
        tuple((s, snapshot.sequences[s.oid]) for s, state in states if state != snapshot.sequences[s.oid]),
        tuple(proof),
    )


def _difference(table: Table, kept: Kept, new: list[Row], present: list[Row]) -> Difference:
    standing = set((present[0][0] or b"").split(b";")) - {b""}
    is_cut = len(new) > MOST_ROWS or not standing <= kept.rows.keys()
    missing = {place: kept.rows[place] for place in sorted(kept.rows.keys() - standing, key=_order)}
    added = {_place(row): row[2:] for row in new}
    if not is_cut:
        _adopt(kept, missing, added, {_place(row): row[1] or b"" for row in new})
    return Difference(table, added, {place: values for place, (_, values) in missing.items()}, is_cut)


def _adopt(
    kept: Kept,
    missing: dict[bytes, tuple[bytes, Row]],
    added: dict[bytes, Row],
    writers: Mapping[bytes, bytes],
) -> None:
    """Take unknown versions for missing ones of the same values: what was written back as it was, or moved."""
    wanted: dict[Row, list[bytes]] = {}
    for place, (_, values) in missing.items():
        wanted.setdefault(values, []).append(place)
    found = [(place, wanted[values].pop()) for place, values in added.items() if wanted.get(values)]
    adopted = {place: (writers[place], missing.pop(old)[1]) for place, old in found}
    for _, old in found:
        del kept.rows[old]
    for place in adopted.keys() & missing.keys():  # a row that is gone stood where another one stands now
        nowhere = _nowhere(kept)
        missing[nowhere] = kept.rows[nowhere] = kept.rows.pop(place)
        del missing[place]
    kept.rows.update(adopted)
    for place in adopted:
        del added[place]


def _nowhere(kept: Kept) -> bytes:
    """A place for a row that stands nowhere: in PostgreSQL's invalid block, and not taken yet."""
    places = (b"(4294967295,%d)" % number for number in count(1))
    return next(place for place in places if place not in kept.rows)


def _everything(table: Table) -> bytes:
    return (
        f"SELECT ctid, xmin, {', '.join(table.columns)} FROM ONLY {table.name} LIMIT {MOST_ROWS + 1}".encode()
    )


def _news(table: Table, kept: Kept) -> tuple[Ask, Ask]:
    """What gives the versions that are not known, and what gives the places of those that are."""
    columns, name = ", ".join(table.columns).encode(), table.name.encode()
    writers = (b"{" + b",".join(kept.writers()) + b"}",)
    return (
        Ask(
            b"SELECT ctid, xmin, %b FROM ONLY %b WHERE NOT xmin = ANY($1::xid[]) LIMIT %d"
            % (columns, name, MOST_ROWS + 1),
            writers,
        ),
        Ask(b"SELECT string_agg(ctid::text, ';') FROM ONLY %b WHERE xmin = ANY($1::xid[])" % name, writers),
    )


def _state(sequence: Sequence) -> bytes:
    return f"SELECT last_value, is_called, log_cnt FROM {sequence.name}".encode()


def _kept(rows: list[Row]) -> Kept:
    return Kept({_place(row): (row[1] or b"", row[2:]) for row in rows})


def _as_state(rows: list[Row]) -> State:
    value, is_called, in_hand = rows[0]
    return value or b"", is_called or b"", in_hand or b""


def _order(place: bytes) -> tuple[int, ...]:
    """The order in which a scan of the table comes upon rows."""
    return tuple(map(int, place[1:-1].split(b",")))


def _place(row: Row) -> bytes:
    return row[0] or b""
