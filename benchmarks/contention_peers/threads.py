"""Plain threads: two operations begin at a barrier, as often as asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

from contention_peers.measured import Measured
from contention_peers.programs import RESET, Program


def thread_runs(url: str, program: Program, most: int) -> Measured:
    """How often the bug shows, and when it did first."""
    first, found = None, 0
    with (
        psycopg.connect(url) as one,
        psycopg.connect(url) as two,
        psycopg.connect(url, autocommit=True) as look,
    ):
        began = time.perf_counter()
        for _ in range(most):
            look.execute(RESET)
            errors = _at_once(program, (one, two))
            row = look.execute(program.counted).fetchone()
            if errors or (row is not None and row[0] > 1):
                found += 1
                first = first or time.perf_counter() - began
        seconds = time.perf_counter() - began
        look.execute(RESET)
    return Measured(first, most, seconds, found=found)


def _at_once(program: Program, connections: tuple[psycopg.Connection[Any], ...]) -> list[psycopg.Error]:
    barrier = threading.Barrier(len(connections))
    errors: list[psycopg.Error] = []

    def run(operation: Callable[[Any], None], connection: psycopg.Connection[Any]) -> None:
        barrier.wait()
        try:
            operation(connection)
        except psycopg.Error as error:
            connection.rollback()
            errors.append(error)

    threads = [
        threading.Thread(target=run, args=pair) for pair in zip(program.operations, connections, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors
