"""Moves money from one account to another."""

import sqlite3

import amounts

SCHEMA = "CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, cents INTEGER CHECK (cents >= 0))"
ADD = "UPDATE accounts SET cents = cents + ? WHERE name = ?"


class TransferFailed(Exception):
    """The money was not moved."""


def transfer(connection, payer, payee, amount):
    cents = amounts.cents(amount)
    try:
        with connection:
            connection.execute(ADD, (-cents, payer))
            connection.execute(ADD, (cents, payee))
    except sqlite3.Error as error:
        raise TransferFailed(f"{payer} cannot pay {payee}: {error}") from error
