"""What a call of a driver touched in PostgreSQL, as the server says right after it: no statement is parsed.

A transaction keeps the lock of every relation that it has used, in the mode in which it used it, until it is over:
inside of functions, triggers, views and foreign keys, too. So what it holds after a statement is at least what the
statement used. What a plain ``SELECT`` sees depends on which transactions have *ended* before it, not on what others
are about to write; who writes or locks rows depends on those who do so and have not ended. So a table has two names:

- ``rows`` are what is committed: read by every statement, written where a transaction that wrote comes to its end;
- ``claims`` are the locks of rows, and what is not committed: written by who writes or locks rows, and by its end.

A statement with which a transaction takes the snapshot that it keeps (``REPEATABLE READ``, ``SERIALIZABLE``, a cursor)
reads all that is committed. Sequences belong to no transaction: their next number is read and written at once.

Whatever is not plain may be anything: errors, statements that commit by themselves, other locks, catalogues,
``SERIALIZABLE`` once it has read, and what a word in a text of a statement or of a function makes doubtful.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache

from dryfit.model.errors import ResourceError
from dryfit.model.interleaving import ANYTHING, Backend, Footprint
from dryfit.resources.postgres.inquiry import Answer
from dryfit.resources.postgres.waits import HELD, PostgresBackends

_FIRST_OWN = 16384
"""Lower numbers are those of the server's own relations."""

_READS, _CLAIMS = "AccessShareLock", frozenset(("RowShareLock", "RowExclusiveLock"))

_SERVER = "server"
AT_ALL = Footprint(frozenset((_SERVER,)))
"""Of what touches nothing but the connection: only what may be anything depends on it."""

_ENDS = "transactions that have written, and ended"
"""The name of all that is committed, for those who keep a snapshot of it."""

_HARMLESS = (
    "plpgsql", "pg_walinspect", "pgcrypto", "uuid-ossp", "citext", "hstore", "pg_trgm", "unaccent", "btree_gin",
    "btree_gist", "ltree", "intarray", "fuzzystrmatch", "tablefunc", "cube", "earthdistance", "isn", "vector",
    "postgis",
)  # fmt: skip
"""Extensions whose functions touch nothing but their arguments, and tables with locks."""

_DOUBTFUL = re.compile(
    r'\b(?:pg_|lo_|txid_|dblink)|u&"'
    r"|\b(?:do(?!\s+(?:nothing|update)\b)|exception|notify|listen|prepare|execute|create|alter|drop|grant|revoke"
    r"|comment|security|reassign|import|load|copy|declare)\b",
    re.IGNORECASE,
)
"""Words without which no statement can use what leaves no lock: the text is not parsed, a word anywhere is enough."""
_SETTING = re.compile(
    r"\bset_config\b|(?:^|;|\*/)\s*(?:set\b(?!\s+(?:local|transaction)\b)|reset\b)", re.IGNORECASE
)
"""Words by which a statement changes what its session does from now on."""
_RAISED = re.compile(r"\braise\s+exception\b", re.IGNORECASE)

# Relations, and the texts of all that runs within statements; "do" stands for what may do anything.
_SCHEMA = f"""
SELECT 'relation', concat_ws(' ', oid, relname),
  CASE WHEN relpersistence = 't' OR (relkind IN ('r', 'm') AND relam <> 2) THEN '?' ELSE relkind::text END
FROM pg_class WHERE oid >= {_FIRST_OWN}
UNION ALL SELECT 'source', '',
  CASE WHEN l.lanname IN ('sql', 'plpgsql') THEN coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) ELSE 'do' END
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.oid >= {_FIRST_OWN} AND NOT EXISTS (
  SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND e.extname IN {_HARMLESS})
UNION ALL SELECT 'source', '', pg_get_viewdef(oid) FROM pg_class WHERE relkind = 'v' AND oid >= {_FIRST_OWN}
UNION ALL SELECT 'source', '', pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid >= {_FIRST_OWN}
UNION ALL SELECT 'source', '', pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'c' AND oid >= {_FIRST_OWN}
UNION ALL SELECT 'source', '', concat_ws(' ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
FROM pg_policy
UNION ALL SELECT 'source', '', 'do' FROM pg_trigger WHERE tgdeferrable
UNION ALL SELECT 'source', '', 'do' FROM pg_rewrite WHERE rulename <> '_RETURN' AND oid >= {_FIRST_OWN}
"""


@dataclass(frozen=True, slots=True)
class Schema:
    """The relations of a database by number: name, and kind.

    ``S`` are sequences, ``?`` such as keep to rules of their own. Names stay what they are when the database is made
    anew, and numbers do not; in which schema a table is does not matter. ``is_plain`` says that nothing runs within
    statements that might touch more than their transaction has locks of.
    """

    relations: Mapping[int, tuple[str, str]]
    is_plain: bool

    @classmethod
    def of(cls, answer: Answer) -> Schema:
        """What the server said of it."""
        named = ((named.partition(" "), kind) for what, named, kind in answer if what == "relation")
        relations = {int(number): (name, kind) for (number, _, name), kind in named}
        return cls(relations, not any(is_doubtful(said) for what, _, said in answer if what == "source"))


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds.

    ``transaction`` names the one that is open, ``since`` is when the last statement was over. ``writes`` says that it
    has a number of its own, ``keeps_snapshot`` that it will see what was committed when it took one. Where
    ``is_doubtful``, it may have touched anything, until it is over.
    """

    transaction: str = ""
    since: str = ""
    writes: bool = False
    keeps_snapshot: bool = False
    read: frozenset[str] = frozenset()
    claimed: frozenset[str] = frozenset()
    drawn: frozenset[str] = frozenset()
    is_doubtful: bool = False


NOTHING = Held()
UNCLEAR = Held("?", is_doubtful=True)


@lru_cache(4096)
def is_doubtful(text: str) -> bool:
    """Whether a text, of a statement or of a function, has a word that may stand for more than locks tell."""
    return _DOUBTFUL.search(_RAISED.sub("", text)) is not None


class PostgresFootprints:
    """``Footprints`` of calls of psycopg 3; of other drivers, some calls may be made where nobody sees them."""

    def __init__(self, backends: PostgresBackends) -> None:
        self._backends = backends
        self._schemas: dict[tuple[str, str], Schema] = {}
        self._held: dict[Backend, Held] = {}
        self._users: dict[Backend, int] = {}
        self._hopeless: set[Backend] = set()
        self._set: set[Backend] = set()
        self._is_shared = False

    def forget(self) -> None:
        """Other operations come now, and databases may have other schemas."""
        self._schemas.clear()
        self._hopeless.clear()

    def begin(self) -> None:
        """An interleaving begins: of transactions that are open already nothing is known."""
        self._held.clear()
        self._users.clear()
        self._set.clear()
        self._is_shared = False

    def touched(self, connection: object, worker: int, *, failed: bool) -> Footprint:
        """What the call that is just over touched; the worker's next one has not begun."""
        backend = self._backends.backend(connection)
        if backend is None or backend in self._hopeless:
            return ANYTHING
        before = self._held.get(backend, NOTHING)
        if self._users.get(backend, worker) != worker:
            self._is_shared |= bool(before.transaction) or backend in self._set
        self._users[backend] = worker
        now = self._held[backend] = self._look(connection, backend)
        if (
            before.is_doubtful
            and now.transaction
            and before.transaction in (now.transaction, UNCLEAR.transaction)
        ):
            now = self._held[backend] = replace(now, is_doubtful=True)
        if failed or now.is_doubtful or before.is_doubtful:
            return ANYTHING
        return _between(before, now)

    @property
    def are_complete(self) -> bool:
        """Whether no process passed anything on from worker to worker, and all that wrote was seen to end.

        A pool gives a connection to one worker after the other: that is no matter where no transaction is open then,
        and nothing was set that stays.
        """
        return not self._is_shared and not any(
            held.transaction and held.writes for held in self._held.values()
        )

    def _look(self, connection: object, backend: Backend) -> Held:
        """What is held now; a call that is still under way, or that could not be asked about, is doubtful."""
        try:
            ((database, state, since, writes, keeps, text, transaction, locks),) = self._backends.ask(
                backend, f"EXECUTE {HELD} ({backend.number})"
            )
            if state not in ("idle", "idle in transaction") or _is_piped(connection):
                return UNCLEAR
            schema = self._schema(connection, backend, database)
        except (ResourceError, ValueError):
            return UNCLEAR
        if not schema.is_plain:
            self._hopeless.add(backend)
        if _sets(text):
            self._set.add(backend)
        found = _Locks(schema)
        found.add(locks.split(",") if locks else ())
        doubtful = found.is_odd or not schema.is_plain or not text or is_doubtful(text)
        return Held(
            transaction,
            since,
            writes == "t",
            keeps == "t",
            frozenset(found.read),
            frozenset(found.claimed),
            frozenset(found.drawn),
            doubtful,
        )

    def _schema(self, connection: object, backend: Backend, database: str) -> Schema:
        key = (backend.server, database)
        if key not in self._schemas:
            self._schemas[key] = self._read(connection)
        return self._schemas[key]

    def _read(self, connection: object) -> Schema:
        """The schema of a connection's database; one that may hold anything where the server is too old to tell."""
        try:
            with closing(self._backends.visit(connection)) as inquiry:
                return Schema.of(inquiry.ask(_SCHEMA))
        except ResourceError:
            return Schema({}, is_plain=False)


class _Locks:
    """Sorts locks by what they tell of tables and sequences."""

    def __init__(self, schema: Schema) -> None:
        self.read: set[str] = set()
        self.claimed: set[str] = set()
        self.drawn: set[str] = set()
        self.is_odd = False
        self._relations = schema.relations

    def add(self, locks: Iterable[str]) -> None:
        """Each one is its type, its mode, and its relation."""
        for lock in locks:
            locked, mode, *numbers = lock.split(" ")
            number = int(numbers[0]) if locked == "relation" and numbers else 0
            name, kind = self._relations.get(number, ("", "?"))
            if kind in ("?", "f") or not (mode == _READS or mode in _CLAIMS):
                self.is_odd = True
            elif kind not in ("i", "I"):  # an index is locked beside its table
                self.read.add(name)
                if mode in _CLAIMS:
                    (self.drawn if kind == "S" else self.claimed).add(name)


def _sets(text: str) -> bool:
    """Whether a statement leaves its session other than it was, for whoever has the connection next."""
    return _SETTING.search(text) is not None


def _is_piped(connection: object) -> bool:
    """Whether calls are sent before those that came before them are done."""
    wire = getattr(connection, "pgconn", None)
    return wire is None or getattr(wire, "pipeline_status", 1) != 0


def _between(before: Held, now: Held) -> Footprint:
    """What a call touched with which a transaction came from one state to the next."""
    if now.since == before.since:
        return AT_ALL  # the driver did not need the server
    if now.transaction and before.transaction in ("", now.transaction):
        return _stated(before, now)
    if before.transaction and not now.transaction:
        return _ended(before) if before.writes else AT_ALL
    return ANYTHING  # a transaction began and ended within the call


def _stated(before: Held, now: Held) -> Footprint:
    """Of a statement: also what a savepoint had, and does not have any more."""
    claims = frozenset(_claims(now.claimed | before.claimed))
    reads = {_SERVER, *(f"rows {name}" for name in now.read | now.drawn)}
    if now.keeps_snapshot and not before.keeps_snapshot:
        reads.add(_ENDS)
    if (
        not now.writes and not before.writes
    ):  # it has found no row to write or to lock, but may have met others' locks
        return Footprint(frozenset(reads) | claims, frozenset(f"rows {name}" for name in now.drawn))
    return Footprint(frozenset(reads), claims | {f"rows {name}" for name in now.drawn})


def _ended(before: Held) -> Footprint:
    """Of the end of a transaction that has written."""
    rows = (f"rows {name}" for name in before.claimed)
    return Footprint(writes=frozenset((*rows, *_claims(before.claimed), _ENDS)))


def _claims(names: Iterable[str]) -> Iterator[str]:
    return (f"claims {name}" for name in names)
