"""What was paid, exactly."""

from decimal import Decimal

_entries = {}


def post(account, amount):
    _entries.setdefault(account, []).append(Decimal(amount))


def balance(account):
    return sum(_entries.get(account, ()), Decimal(0))
