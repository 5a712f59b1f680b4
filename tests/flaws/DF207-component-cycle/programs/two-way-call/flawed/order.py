"""Orders and their state."""

import payment

_states = {}


def place(number, cents):
    _states[number] = "open"
    return payment.charge(number, cents)


def mark_paid(number):
    _states[number] = "paid"


def state(number):
    return _states[number]
