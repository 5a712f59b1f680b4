"""Run by frontrun's command in an environment of its own: ``frontrun_runs.py URL PROGRAM TRIES``; prints JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import frontrun
import psycopg
from sqlalchemy import create_engine

sys.path.insert(0, str(Path(__file__).parents[1]))

from contention_peers.mapped import mapped
from contention_peers.programs import PROGRAMS, RESET, Program

LIMIT = 20.0


class State:
    """The data as each run finds them."""

    def __init__(self, url: str, program: Program) -> None:
        self._url, self._program = url, program
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(RESET)

    def is_sound(self) -> bool:
        """Whether what may be there once is."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            row = connection.execute(self._program.counted).fetchone()
            return row is not None and row[0] <= 1

    def run(self, at: int, with_orm: bool) -> None:
        """One operation, on the connection of its worker."""
        if with_orm:
            _sale_by_orm(self._url)()
            return
        connection = _connection(self._url, at)
        try:
            self._program.operations[at](connection)
        except BaseException:
            connection.rollback()
            raise


@cache
def _connection(url: str, worker: int) -> psycopg.Connection[Any]:
    """One for all runs, too."""
    return psycopg.connect(url)


@cache
def _sale_by_orm(url: str) -> Callable[[], None]:
    """One engine for all runs, as a program has."""
    return mapped(create_engine(url.replace("postgresql:", "postgresql+psycopg:")))


def explore(url: str, program: Program, *, with_orm: bool = False, **options: Any) -> Any:
    return frontrun.explore(
        setup=partial(State, url, program),
        workers=[partial(_work, at, with_orm) for at in range(2)],
        invariant=State.is_sound,
        total_timeout=LIMIT,
        warn_nondeterministic_sql=False,
        **options,
    )


def _work(at: int, with_orm: bool, state: State) -> None:
    state.run(at, with_orm)


def main() -> None:
    """Print one JSON after each part, the last of which has everything; the caller may have waited long enough."""
    url, name, tries = sys.argv[1], sys.argv[2], int(sys.argv[3])
    program, with_orm = PROGRAMS[name.removesuffix(" by ORM")], name.endswith(" by ORM")
    told: dict[str, object] = {}
    began = time.perf_counter()
    first = explore(url, program, with_orm=with_orm)
    told["report"] = time.perf_counter() - began if first.property_holds is False else None
    told["replayed"] = f"{first.reproduction_successes}/{first.reproduction_attempts}"
    print(json.dumps(told), flush=True)
    told["found"] = sum(
        explore(url, program, reproduce_on_failure=0).property_holds is False for _ in range(tries)
    )
    print(json.dumps(told), flush=True)
    began = time.perf_counter()
    more = explore(
        url, program, with_orm=with_orm, reproduce_on_failure=0, stop_on_first=False, max_executions=20
    )
    told["ran"], told["seconds"] = more.num_explored, time.perf_counter() - began
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
