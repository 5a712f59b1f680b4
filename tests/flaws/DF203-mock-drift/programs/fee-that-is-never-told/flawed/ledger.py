"""What is written into the books."""

import bank


def book(card, cents):
    answer = bank.charge(card, cents)
    return f"{answer['status']}: {cents - answer.get('fee', 0)}"
