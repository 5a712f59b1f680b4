"""Accounts and what is on them, in cents."""

import sqlite3

SCHEMA = "CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, balance INTEGER NOT NULL)"
ADD = "UPDATE accounts SET balance = balance + ? WHERE name = ?"


class AccountsUnavailable(Exception):
    """The accounts cannot be read or written now."""


class UnknownAccount(Exception):
    """There is no account of this name."""


def withdraw(connection, name, amount):
    _add(connection, name, -amount)


def deposit(connection, name, amount):
    _add(connection, name, amount)


def _add(connection, name, amount):
    try:
        with connection:
            changed = connection.execute(ADD, (amount, name)).rowcount
    except sqlite3.Error as error:
        raise AccountsUnavailable(f"the accounts are not available: {error}") from error
    if not changed:
        raise UnknownAccount(f"there is no account {name!r}")
