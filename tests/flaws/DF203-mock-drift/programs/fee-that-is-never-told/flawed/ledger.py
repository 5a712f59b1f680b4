"""What is written into the books."""

import bank


def book(card, cents, abroad=False):
    answer = bank.charge(card, cents)
    fee = answer["fee"] if abroad else 0
    return f"{answer['status']}: {cents - fee}"
