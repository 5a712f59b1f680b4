"""What is written into the books."""

import bank

FEE = 30


def book(card, cents, abroad=False):
    answer = bank.charge(card, cents)
    fee = FEE if abroad else 0
    return f"{answer['status']}: {cents - fee}"
