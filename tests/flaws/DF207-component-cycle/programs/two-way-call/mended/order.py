"""Orders and their state."""

import payment

_states = {}


def place(number, cents):
    _states[number] = "open"
    paid = payment.charge(number, cents)
    mark_paid(number)
    return paid


def mark_paid(number):
    _states[number] = "paid"


def state(number):
    return _states[number]
