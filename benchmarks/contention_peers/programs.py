"""The programs under comparison: each has a bug that needs two of its operations at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SCHEMA = """
CREATE TABLE stock (id int PRIMARY KEY, pieces int);
CREATE TABLE sales (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, piece int);
CREATE TABLE accounts (id int PRIMARY KEY, balance int);
CREATE TABLE members (name text);
INSERT INTO stock VALUES (1, 1);
INSERT INTO accounts VALUES (1, 100), (2, 100);
"""
RESET = """
UPDATE stock SET pieces = 1; DELETE FROM sales; DELETE FROM members; UPDATE accounts SET balance = 100;
"""


def buy(connection: Any) -> None:
    """Sell the last piece, perhaps twice."""
    (pieces,) = connection.execute("SELECT pieces FROM stock WHERE id = 1").fetchone()
    if pieces > 0:
        connection.execute("UPDATE stock SET pieces = %s WHERE id = 1", [pieces - 1])
        connection.execute("INSERT INTO sales (piece) VALUES (1) RETURNING id").fetchone()
    connection.commit()


def transfer(connection: Any, source: int, target: int) -> None:
    """Lock two accounts in the order of the transfer."""
    connection.execute("UPDATE accounts SET balance = balance - 10 WHERE id = %s", [source])
    connection.execute("UPDATE accounts SET balance = balance + 10 WHERE id = %s", [target])
    connection.commit()


def enlist(connection: Any) -> None:
    """Enter a name once, in one statement."""
    connection.execute(
        "INSERT INTO members SELECT 'Ada' WHERE NOT EXISTS (SELECT FROM members WHERE name = 'Ada')"
    )
    connection.commit()


@dataclass(frozen=True)
class Program:
    """Two operations at once on connections of their own, and the statement that counts what must not be more than one.

    A deadlock shows by its exception, and counts nothing.
    """

    name: str
    operations: tuple[Callable[[Any], None], ...]
    counted: str


OVERSELL = Program("oversell", (buy, buy), "SELECT count(*) FROM sales")
DEADLOCK = Program(
    "deadlock",
    (lambda connection: transfer(connection, 1, 2), lambda connection: transfer(connection, 2, 1)),
    "SELECT 0",
)
RACE = Program("split statement", (enlist, enlist), "SELECT count(*) FROM members")
PROGRAMS = {program.name: program for program in (OVERSELL, DEADLOCK, RACE)}
