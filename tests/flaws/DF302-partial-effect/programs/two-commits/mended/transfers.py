"""Moves money from one account to another."""

import accounts


def transfer(connection, payer, payee, amount):
    with connection:
        accounts.withdraw(connection, payer, amount)
        accounts.deposit(connection, payee, amount)
