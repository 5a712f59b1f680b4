"""Moves money from one account to another."""

import accounts


def transfer(connection, payer, payee, amount):
    accounts.withdraw(connection, payer, amount)
    accounts.deposit(connection, payee, amount)
