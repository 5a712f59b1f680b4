"""The probe that keeps a log of what a trial has done to the world: its writes and sends, and what became of them.

An effect happened where its callee ran to its end, also where the caller was then told otherwise. What a transaction
wrote is undone where that was rolled back, or its connection lost, and open where neither has happened by the end of
the test. To commit, to begin and to set a savepoint are no effects. Neither is what changes nothing: a statement that
meets no row, and the repetition of an idempotent effect (an UPDATE to given values, a DELETE, a request that is
idempotent by its method, or bears the ``Idempotency-Key`` of an earlier one).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.target import DATABASES, Target
from dryfit.model.trial import Effected
from dryfit.probes import dbapi, given, sends, statements
from dryfit.probes.jsonable import jsonable, text_of
from dryfit.probes.ledger import Ledger, Ledgers, Written
from dryfit.probes.sends import Described, Repetitions
from dryfit.probes.statements import Statement
from dryfit.probes.statics import instance_dict
from dryfit.probes.trial import FAULT_MARK

MOST_EFFECTS = 5_000
"""Of a trial with more, only the first are kept."""

_MANY = ("executemany", "do_executemany")


@dataclass(frozen=True, slots=True)
class _Begun:
    """A crossing in progress: who is to be told what becomes of it."""

    crossing: int
    connection: object | None = None
    statement: Statement | None = None
    described: Described | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class _Logged:
    crossing: int
    described: Described
    written: Written


class Effects:
    """Logs one trial after the other.

    ``index`` gives the index of a crossing, -1 for one of no trial; ``target_of`` where a driver's connection leads;
    ``name_of`` how that is called in every trial; ``repeats`` how often a client has done again, by itself, what a
    crossing was to do.
    """

    def __init__(
        self,
        index: Callable[[Crossing], int],
        target_of: Callable[[object], Target | None] = lambda connection: None,
        name_of: Callable[[Target], str] = str,
        repeats: Callable[[Crossing], int] = lambda crossing: 0,
    ) -> None:
        self._index = index
        self._target_of = target_of
        self._name_of = name_of
        self._repeats = repeats
        self._lock = threading.RLock()
        self._ledgers = Ledgers(target_of)
        self.begin()

    def begin(self) -> None:
        """Forget the last trial."""
        self._ledgers.close()
        self._ledgers = Ledgers(self._target_of)
        self._log: list[_Logged] = []
        self._begun: dict[int, _Begun] = {}
        self._sent: list[Described] = []
        self._repetitions = Repetitions()
        self._raises = 0
        self._is_over = False

    def called(self) -> None:
        """The test's call is over: what its teardown does to transactions is not the program's doing."""
        with self._lock:
            self._settle()
            self._is_over = True

    def sent(self) -> tuple[Described, ...]:
        """The mails and the requests that were sent up to now."""
        with self._lock:
            return tuple(self._sent)

    def finish(self) -> tuple[Effected, ...]:
        """What has happened, in that order."""
        self.called()
        self._ledgers.close()
        log = self._log
        return tuple(
            Effected(
                each.crossing,
                each.described.source,
                each.described.what,
                each.described.key,
                each.written.fate,
            )
            for each in _without_repetitions(log)
        )

    def before(self, crossing: Crossing) -> None:
        """Look at what is about to be done; afterwards its values may have changed."""
        with self._lock:
            self._settle()
            number = self._index(crossing) if crossing.callee.is_resource else -1
            if number < 0:
                return
            if crossing.callee.effect in ("write", "send"):
                begun = self._looked_at(crossing, number)
                if not self._is_within_another(begun):
                    self._begun[id(crossing)] = begun
            elif crossing.component in DATABASES:
                self._source(crossing, dbapi.connection_of(crossing))  # names are given in the order of use

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Log what was done."""
        with self._lock:
            self._raises += isinstance(outcome, Raised)
            begun = self._begun.pop(id(crossing), None)
            if begun is not None and self._has_happened(outcome):
                self._happened(begun, crossing, outcome)
            self._settle()
        return outcome

    def _settle(self) -> None:
        if not self._is_over:
            self._ledgers.settle(self._raises)

    def _looked_at(self, crossing: Crossing, number: int) -> _Begun:
        if crossing.component not in DATABASES:
            return _Begun(number, described=sends.described(crossing))
        connection = dbapi.connection_of(crossing)
        statement, described = self._asked(crossing, connection)
        if connection is not None and described is not None:
            self._ledgers.of(connection).begin(connection)
        failed = connection is not None and dbapi.standing(connection) == "failed"
        return _Begun(number, connection, statement, described, failed)

    def _is_within_another(self, begun: _Begun) -> bool:
        """Whether this is what another one asks of the driver, in a thread of its own as aiosqlite's."""
        connection = begun.connection
        return connection is not None and any(each.connection is connection for each in self._begun.values())

    def _asked(self, crossing: Crossing, connection: object | None) -> tuple[Statement, Described | None]:
        """The statement, and what it does where that is an effect."""
        last = crossing.callee.name.rpartition(".")[2].removeprefix("do_")
        if last in ("commit", "rollback"):
            return statements.read(last), None
        sql, arguments = given.of_crossing(crossing)
        statement = statements.read(given.text_of(sql, connection))
        if statement.does != "write":
            return statement, None
        return statement, _described(statement, arguments, self._source(crossing, connection), last in _MANY)

    def _source(self, crossing: Crossing, connection: object | None) -> str:
        target = self._target_of(connection) if connection is not None else None
        return self._name_of(target) if target is not None else crossing.component

    def _happened(self, begun: _Begun, crossing: Crossing, outcome: Outcome) -> None:
        described = begun.described
        value = outcome.value if isinstance(outcome, Returned) else None
        if begun.statement is None or begun.connection is None:
            for _ in range(1 + self._repeats(crossing)):
                self._add(begun.crossing, described)
        elif begun.statement.does != "write":
            _control(self._ledgers.of(begun.connection), begun)
        elif dbapi.affected(crossing, value) != 0:
            written = self._add(begun.crossing, described)
            self._ledgers.of(begun.connection).write(begun.connection, written, self._raises)

    def _has_happened(self, outcome: Outcome) -> bool:
        """Whether the callee ran to its end, whatever its caller is told."""
        if isinstance(outcome, Returned):
            return True
        return (instance_dict(outcome.exception) or {}).get(FAULT_MARK) == "after"

    def _add(self, crossing: int, described: Described | None) -> Written:
        written = Written()
        if described is not None and len(self._log) < MOST_EFFECTS:
            self._log.append(_Logged(crossing, described, written))
            if described.outbox and not self._repetitions.is_one(described):
                self._sent.append(described)
        return written


def _control(ledger: Ledger, begun: _Begun) -> None:
    """Do to the account what a statement has done to the transaction."""
    assert begun.statement is not None
    name = begun.statement.name
    match begun.statement.does:
        case "commit":
            # A server that has refused something rolls back.
            ledger.end("undone" if begun.failed else "lasting")
        case "rollback":
            ledger.end("undone")
        case "savepoint":
            ledger.savepoint(name)
        case "release":
            ledger.release(name)
        case "rollback to":
            ledger.roll_back_to(name)


def _described(statement: Statement, arguments: object, source: str, is_many: bool) -> Described:
    names = dict(enumerate(statement.names))
    rows = arguments if is_many and isinstance(arguments, list | tuple) else [arguments]
    content = [_arguments(row, names, statement.is_secret) for row in rows]
    shown = ", ".join(text_of(value) for row in content[:1] for _, value in row)
    more = f" and {len(content) - 1} more" if len(content) > 1 else ""
    what = statement.text + (f" with {shown}{more}" if shown else "")
    named = [pair for row in content for pair in row]
    found = sends.effect(
        source,
        statement.text,
        [value for _, value in named],
        names=[name for name, _ in named],
        is_idempotent=statement.is_idempotent,
    )
    return Described(source, sends.shortened(what), found.key, found.exact, found.is_idempotent)


def _arguments(row: object, names: dict[int, str], is_secret: bool) -> list[tuple[str, Any]]:
    """The names and values of one row of arguments; of a statement with a secret those without a name are hidden."""
    if isinstance(row, dict):
        pairs = [(str(name), value) for name, value in row.items()]
    elif isinstance(row, list | tuple):
        pairs = [(names.get(place, ""), value) for place, value in enumerate(row)]
    else:
        pairs = []
    return [
        (name, "<secret>" if is_secret and not name and value is not None else jsonable(value, name))
        for name, value in pairs
    ]


def _without_repetitions(log: list[_Logged]) -> Iterator[_Logged]:
    repetitions = Repetitions()
    return (each for each in log if not repetitions.is_one(each.described, each.written.fate))
